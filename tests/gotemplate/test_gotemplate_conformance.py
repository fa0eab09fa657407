"""Prometheus' and Alertmanager's own cases for their templates."""

import json
import math
import time
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from tocsin.gotemplate import KV, Pairs, Template, TemplateError, alertmanager_functions, prometheus_functions
from tocsin.gotemplate.alertmanager import route_labels
from tocsin.gotemplate.html import SafeHtml
from tocsin.gotemplate.kv import Pair
from tocsin.gotemplate.timestamp import ZERO, Time
from tocsin.gotemplate.values import AnyMap

SPECIAL = {"+Inf": math.inf, "-Inf": -math.inf, "NaN": math.nan}
# Prometheus' own test says that this result of a signed overflow is an accident of one processor.
OVERFLOW = {"HumanizeDuration - MaxInt64.", "HumanizeDuration - MaxUint64."}


@dataclass(frozen=True)
class Alert:
    status: str = ""
    labels: KV | None = None
    annotations: KV | None = None
    starts_at: Time = ZERO
    ends_at: Time = ZERO
    generator_url: str = ""
    fingerprint: str = ""

    go_type = "template.Alert"
    exported = {  # noqa: RUF012
        "Status": "status",
        "Labels": "labels",
        "Annotations": "annotations",
        "StartsAt": "starts_at",
        "EndsAt": "ends_at",
        "GeneratorURL": "generator_url",
        "Fingerprint": "fingerprint",
    }
    json_names = {  # noqa: RUF012
        "status": "status",
        "labels": "labels",
        "annotations": "annotations",
        "startsAt": "starts_at",
        "endsAt": "ends_at",
        "generatorURL": "generator_url",
        "fingerprint": "fingerprint",
    }


class Alerts(list):
    go_type = "template.Alerts"
    exported = {"Firing": "firing", "Resolved": "resolved"}  # noqa: RUF012

    def firing(self):
        return [alert for alert in self if alert.status == "firing"]

    def resolved(self):
        return [alert for alert in self if alert.status == "resolved"]


@dataclass(frozen=True)
class Data:
    alerts: Alerts = field(default_factory=Alerts)
    group_labels: KV = field(default_factory=KV)
    common_labels: KV = field(default_factory=KV)
    common_annotations: KV = field(default_factory=KV)
    status: str = ""
    receiver: str = ""
    external_url: str = ""

    go_type = "*template.Data"
    exported = {  # noqa: RUF012
        "Alerts": "alerts",
        "GroupLabels": "group_labels",
        "CommonLabels": "common_labels",
        "CommonAnnotations": "common_annotations",
        "Status": "status",
        "Receiver": "receiver",
        "ExternalURL": "external_url",
    }


def notification(value):
    alerts = Alerts(
        Alert(alert["Status"], KV(alert["Labels"]) if "Labels" in alert else None) for alert in value.get("Alerts", ())
    )
    return Data(alerts, KV(value.get("GroupLabels", {})), KV(value.get("CommonLabels", {})))


def to_python(data):
    if data is None:
        return None
    kind, value = data["go_type"], data.get("value")
    if kind == "time.Time":
        seconds = data.get("relative_to_now_seconds")
        return Time(int((time.time() + seconds) * 1e9)) if seconds else Time.from_datetime(moment(value))
    if kind == "Data":
        return notification(value)
    if kind == "map[string]any":
        return AnyMap(value)
    if isinstance(value, list) and "float" in kind:
        return [SPECIAL.get(item, item) for item in value]
    return value


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def rendered(template, data, functions, **options):
    try:
        return template.render(data, functions=functions, **options)
    except TemplateError as error:
        return error


def judge(case, outcome, prefix=""):
    """What is wrong with the outcome of a case; nothing if it is as upstream says."""
    if case.get("must_fail"):
        wrong = not isinstance(outcome, TemplateError) or case.get("error", "").removeprefix(prefix) not in str(outcome)
    else:
        wrong = outcome != case["expected"]
    return [f"{case['template']!r}: {outcome!r}, not {case.get('expected', case.get('error'))!r}"] if wrong else []


def test_prometheus_cases(shared):
    suite = json.loads((shared / "conformance/go-template/prometheus.json").read_text())
    wrong = [text for case in suite["cases"] if case["comment"] not in OVERFLOW for text in prometheus(suite, case)]
    assert wrong == []
    assert len(suite["cases"]) - len(OVERFLOW) == 87


def prometheus(suite, case):
    result = [(sample["labels"], float(sample["value"])) for sample in case.get("query_result", ())]
    functions = dict(
        prometheus_functions(
            query=lambda _: result, external_url=suite["external_url"], now=suite["eval_timestamp_ms"] / 1000
        )
    )
    html = case.get("html", False)
    functions["tmpl"] = lambda name, data: SafeHtml(template.named(name).render(data, functions=functions, html=True))
    strict = "missingkey=error" in (case.get("options") or ())
    try:
        template = Template.parse(case["template"], name=suite["template_name"], functions=functions)
    except TemplateError as error:
        return judge(case, error, "error parsing template test: ")
    outcome = rendered(template, to_python(case.get("data")), functions, html=html, missing_key_fails=strict)
    return judge(case, outcome, "error executing template test: ")


def test_alertmanager_cases(shared):
    suite = json.loads((shared / "conformance/go-template/alertmanager.json").read_text())
    assert [text for case in suite["cases"] for text in alertmanager(case)] == []
    assert len(suite["cases"]) == 66


def alertmanager(case):
    functions = dict(alertmanager_functions())
    data = to_python(case.get("data"))
    labels = case.get("data", {}).get("value", {}).get("RouteLabels", {}) if isinstance(data, Data) else {}
    functions["routeLabels"] = route_labels(labels, lambda text: Template.parse(text).render(data, functions=functions))
    try:
        template = Template.parse(case["template"], functions=functions)
    except TemplateError as error:
        return judge(case, error)
    return judge(case, rendered(template, data, functions, html=case.get("html", False)))


def test_pairs(shared):
    for case in json.loads((shared / "conformance/go-template/alertmanager.json").read_text())["kv_cases"]:
        kv = KV(case.get("kv", {}))
        if "sorted_pairs" in case:
            assert [[pair.name, pair.value] for pair in kv.sorted_pairs()] == case["sorted_pairs"]
        if "remove" in case:
            assert kv.remove(case["remove"]).sorted_names() == case["names"]
        if "pairs" in case:
            assert str(Pairs(Pair(*pair) for pair in case["pairs"])) == case["string"]


NOTIFICATION = {
    "receiver": "team",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "High<Load>", "severity": "page", "instance": "web1:80"},
            "annotations": {"summary": 'a & b "c"', "description": "x\ny"},
            "startsAt": "2026-11-21T09:59:29Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://example.com/graph?g0.expr=up > 1&x=\u00e9",
        },
        {
            "status": "resolved",
            "labels": {"alertname": "High<Load>", "severity": "page", "instance": "web2:80"},
            "annotations": {},
            "startsAt": "2026-11-21T09:54:29Z",
            "endsAt": "2026-11-21T10:04:29Z",
            "generatorURL": "javascript:alert(1)",
        },
    ],
    "groupLabels": {"alertname": "High<Load>"},
    "commonLabels": {"alertname": "High<Load>", "severity": "page"},
    "commonAnnotations": {"summary": "a & b"},
    "externalURL": "https://example.com/alertmanager",
}


def received(data):
    """The notification as Alertmanager gives it to a template."""
    alerts = Alerts(
        Alert(
            status=alert["status"],
            labels=KV(alert["labels"]),
            annotations=KV(alert["annotations"]),
            starts_at=Time.from_datetime(moment(alert["startsAt"])),
            ends_at=Time.from_datetime(moment(alert["endsAt"])),
            generator_url=alert["generatorURL"],
        )
        for alert in data["alerts"]
    )
    labels = [KV(data[name]) for name in ("groupLabels", "commonLabels", "commonAnnotations")]
    return Data(alerts, *labels, data["status"], data["receiver"], data["externalURL"])


@pytest.mark.parametrize("kind", ["text", "html"])
def test_the_templates_of_alertmanager_itself(amtool, default_templates, tmp_path, kind):
    (tmp_path / "data.json").write_text(json.dumps(NOTIFICATION))
    options = (f"--template.type={kind}", f"--template.data={tmp_path / 'data.json'}")
    functions, base = alertmanager_functions(), None
    for file in ("default.tmpl", "email.tmpl"):
        base = Template.parse((default_templates / file).read_text(), name=file, functions=functions, base=base)
    # All in one call; pagerduty's list and the text lists take alerts, not the notification.
    names = [name for name in sorted(base.defined) if "alert_list" not in name and not name.endswith(".instances")]
    text = "\n----\n".join(f'{{{{ template "{name}" . }}}}' for name in names)
    text += '{{ template "__text_alert_list" .Alerts.Firing }}{{ template "pagerduty.default.instances" .Alerts }}'
    ours = Template.parse(text, base=base).render(received(NOTIFICATION), functions=functions, html=kind == "html")
    assert ours == amtool(text, *options, files=default_templates / "*.tmpl")
    assert len(names) > 50
