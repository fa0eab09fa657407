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
    """What is wrong with the outcome of a case; None if it is as upstream says."""
    if case.get("must_fail"):
        wrong = not isinstance(outcome, TemplateError) or case.get("error", "").removeprefix(prefix) not in str(outcome)
    else:
        wrong = outcome != case["expected"]
    return f"{outcome!r}, not {case.get('expected', case.get('error'))!r}" if wrong else None


def prometheus_cases(folder):
    suite = json.loads((folder / "go-template/prometheus.json").read_text())
    for case in suite["cases"]:
        if case["comment"] not in OVERFLOW:
            yield case["template"], prometheus(suite, case)


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


def alertmanager_cases(folder):
    for case in json.loads((folder / "go-template/alertmanager.json").read_text())["cases"]:
        yield case["template"], alertmanager(case)


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


def pairs(folder):
    for case in json.loads((folder / "go-template/alertmanager.json").read_text())["kv_cases"]:
        wrong = [name for name, got in _pairs(case) if got != case[name]]
        yield json.dumps(case)[:80], f"{', '.join(wrong)} differ" if wrong else None


def _pairs(case):
    kv = KV(case.get("kv", {}))
    if "sorted_pairs" in case:
        yield "sorted_pairs", [[pair.name, pair.value] for pair in kv.sorted_pairs()]
    if "remove" in case:
        yield "names", kv.remove(case["remove"]).sorted_names()
    if "pairs" in case:
        yield "string", str(Pairs(Pair(*pair) for pair in case["pairs"]))
