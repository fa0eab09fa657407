"""Tocsin and the way of telemetry: series that make each alert fire, and series that nearly do."""

from pack_cases.case import Case, steady

CASES = [
    Case(
        "something was dropped",
        "telemetry",
        {'tocsin_self_dropped_total{job="shop",instance="a"}': "0x20 4x20"},
        450,
        (("TelemetryDropped", "warning", "Tocsin loses data in shop"),),
    ),
    Case("nothing was dropped lately", "telemetry", {'tocsin_self_dropped_total{job="shop"}': "4x60"}, 600),
    Case(
        "two minutes late",
        "telemetry",
        {'tocsin_self_evaluation_lag_seconds{job="shop",instance="a"}': "120x60"},
        600,
        (("EvaluatorLags", "critical", "Rules are evaluated 2m 0s late"),),
    ),
    Case("a minute late", "telemetry", {'tocsin_self_evaluation_lag_seconds{job="shop"}': "60x60"}, 600),
    Case(
        "more series than are kept",
        "telemetry",
        {'tocsin_self_series_overflow_total{job="shop",bound="series"}': "0x20 40x20"},
        450,
        (("SeriesOverflow", "warning", "Rules of shop do not see all series"),),
    ),
    Case(
        "Tocsin fails",
        "telemetry",
        {'tocsin_self_guard_failures_total{job="shop",where="metrics"}': "0x20 4x20"},
        450,
        (("TocsinFails", "warning", "Tocsin fails in shop"),),
    ),
    Case(
        "a tenth of the spans is not exported",
        "telemetry",
        {
            'otel_sdk_exporter_span_exported_total{job="shop"}': steady(9),
            'otel_sdk_exporter_span_exported_total{job="shop",error_type="TimeoutError"}': steady(1),
        },
        900,
        (("ExportFails", "warning", "10% of the telemetry of shop is lost on its way"),),
    ),
    Case(
        "one span in a hundred is not exported",
        "telemetry",
        {
            'otel_sdk_exporter_span_exported_total{job="shop"}': steady(99),
            'otel_sdk_exporter_span_exported_total{job="shop",error_type="TimeoutError"}': steady(1),
        },
        900,
    ),
]
