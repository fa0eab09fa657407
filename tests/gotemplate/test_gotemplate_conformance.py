"""Prometheus' and Alertmanager's own cases for their templates."""

import json
import math
import time
from dataclasses import dataclass, field
from datetime import datetime

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
    exported = {"Status": "status", "Labels": "labels"}  # noqa: RUF012
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
    exported = {"Firing": "firing"}  # noqa: RUF012

    def firing(self):
        return [alert for alert in self if alert.status == "firing"]


@dataclass(frozen=True)
class Data:
    alerts: Alerts = field(default_factory=Alerts)
    group_labels: KV = field(default_factory=KV)
    common_labels: KV = field(default_factory=KV)

    go_type = "*template.Data"
    exported = {"Alerts": "alerts", "GroupLabels": "group_labels", "CommonLabels": "common_labels"}  # noqa: RUF012


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
