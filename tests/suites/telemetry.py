"""The names and labels that Prometheus gives to OpenTelemetry's metrics and attributes."""

import json

from tocsin.telemetry import Kind, Strategy, Translation, UnusableNameError, label_name, metric_name
from tocsin.telemetry.labels import series_labels, target_of
from tocsin.telemetry.otlp import ScopeKey, attributes

KINDS = {
    "monotonic-sum": Kind.COUNTER,
    "gauge": Kind.GAUGE,
    "histogram": Kind.HISTOGRAM,
    "exponential-histogram": Kind.HISTOGRAM,
    "summary": Kind.SUMMARY,
}


def metrics(folder):
    """With every translation strategy; a namespace is nothing that the receiver can be told."""
    for case in cases(folder, "metrics"):
        if "namespace" not in case:
            kind = KINDS.get(case["type"], Kind.UP_DOWN_COUNTER)
            got = translated(metric_name, case["name"], case["unit"], kind, Strategy(case["strategy"]))
            yield f"{case['case']}, {case['strategy']}", difference(got, case["expected"])


def labels(folder):
    """With every setting of the receiver."""
    for case in cases(folder, "labels"):
        options = {
            "escape": not case["utf8_allowed"],
            "sanitize_underscore": case.get("underscore_sanitization", True),
            "keep_underscores": case.get("preserve_multiple_underscores", True),
        }
        yield (
            f"{case['label']}, {options}",
            difference(translated(label_name, case["label"], **options), case["expected"]),
        )


def label_sets(folder):
    """Of a resource, a scope and a data point, with the part of the receiver's settings that each case has."""
    for case in cases(folder, "attributes"):
        scope = case["scope"]
        key = ScopeKey(
            scope.get("name", ""),
            scope.get("version", ""),
            scope.get("schema_url", ""),
            bytes(attributes(scope.get("attributes"))),
        )
        target = target_of(bytes(attributes(case["resource"])), key, Translation.of(case["otlp"]))
        # Only target_info leaves attributes out, those of a resource.
        kept = {name: value for name, value in case["attributes"].items() if name not in case["ignore_attributes"]}
        got = dict(series_labels(case["metric"], target, bytes(attributes(kept))))
        yield case["case"], difference(got, case["expected"])


def cases(folder, name):
    return json.loads((folder / "otlp-names" / f"{name}.json").read_text())["cases"]


def difference(got, expected):
    return None if got == expected else f"got {got}, expected {expected}"


def translated(translate, *arguments, **options):
    """The name, None where it is refused."""
    try:
        return translate(*arguments, **options)
    except UnusableNameError:
        return None
