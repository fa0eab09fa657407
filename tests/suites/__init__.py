"""Upstream projects' own tests, run on us: each suite gives its cases, and what is wrong with our answer to each.

They are read from the folder with the conformance data, which is not part of the repository.
"""

from suites import alerting, gotemplate, promql, rules, telemetry

#: Each gives pairs of a case's name and what is wrong with it, None if nothing is; with the number of cases in scope.
SUITES = {
    "promqltest": (promql.answers, 891),
    "promqltest, syntax of 3.14": (promql.newer_answers, 51),
    "promqltest, names dropped late": (promql.late_answers, 891),
    "promql-parse": (promql.queries, 350),
    "series notation": (promql.notation, 23),
    "rule files": (rules.files, 31),
    "rule templates": (rules.templates, 5),
    "go-template, Prometheus": (gotemplate.prometheus_cases, 87),
    "go-template, Alertmanager": (gotemplate.alertmanager_cases, 66),
    "go-template, key/value": (gotemplate.pairs, 3),
    "otlp metric names": (telemetry.metrics, 77),
    "otlp label names": (telemetry.labels, 80),
    "otlp label sets": (telemetry.label_sets, 22),
    "alertmanager.yml": (alerting.configurations, 51),
    "routing": (alerting.routes, 28),
    "routing trees": (alerting.trees, 3),
    "inhibition": (alerting.inhibitions, 26),
    "time intervals": (alerting.time_intervals, 54),
}
