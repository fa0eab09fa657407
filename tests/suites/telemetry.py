"""The names that Prometheus gives to OpenTelemetry's metrics and attributes."""

import json

from tocsin.telemetry import Kind, UnusableNameError, label_name, metric_name

KINDS = {"monotonic-sum": Kind.COUNTER, "gauge": Kind.GAUGE, "histogram": Kind.HISTOGRAM}


def metrics(folder):
    """With the translation strategy that is the default."""
    for case in json.loads((folder / "otlp-names" / "metrics.json").read_text())["cases"]:
        if case["strategy"] == "UnderscoreEscapingWithSuffixes" and "namespace" not in case:
            kind = KINDS.get(case["type"], Kind.UP_DOWN_COUNTER)
            got = translated(metric_name, case["name"], case["unit"], kind)
            yield case["case"], None if got == case["expected"] else f"got {got}, expected {case['expected']}"


def labels(folder):
    """With the settings of Prometheus' OTLP receiver."""
    for case in json.loads((folder / "otlp-names" / "labels.json").read_text())["cases"]:
        if case.get("prometheus_default"):
            got = translated(label_name, case["label"])
            yield case["label"], None if got == case["expected"] else f"got {got}, expected {case['expected']}"


def translated(translate, *arguments):
    """The name, None where it is refused."""
    try:
        return translate(*arguments)
    except UnusableNameError:
        return None
