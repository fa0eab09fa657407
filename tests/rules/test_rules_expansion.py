# ruff: noqa: E501  a template is a line, however long
"""Templates in labels and annotations, compared with what the real Prometheus makes of them."""

import pytest
import yaml

from tocsin.rules import Expander

TEMPLATES = [
    "plain",
    "{{ $labels.job }} at {{ $labels.instance }} is {{ $value }}",
    "{{ .Labels.job }} {{ .Value }} [{{ $labels.nope }}]",
    "{{ $value | humanize }} {{ $value | humanize1024 }} {{ $value | humanizeDuration }} {{ $value | humanizePercentage }}",
    '{{ printf "%.2f" $value }} {{ printf "%d" $value }} {{ printf "%s" $value }} {{ printf "%5.1f|%-8.3f|" $value $value }}',
    '{{ printf "%s %q %v %d" $labels.job $labels.job $labels.job $labels.job }}',
    '{{ if gt $value 1000.0 }}high{{ else if eq $labels.job "b" }}b{{ else }}low{{ end }}',
    "{{ if gt $value 1000 }}high{{ end }}",
    "{{ if $labels.nope }}there{{ else }}not there{{ end }}",
    "{{ with $labels.job }}job {{ . }}{{ end }}{{ with $labels.nope }}x{{ else }}none{{ end }}",
    "{{ range $name, $text := $labels }}{{ $name }}={{ $text }};{{ end }}",
    "{{ $labels }}",
    '{{ with query "other{kind=\'x\'}" }}{{ . | first | value }} {{ . | first | label "kind" }}{{ end }}',
    '{{ range query "other" | sortByLabel "kind" }}{{ .Labels.kind }}:{{ .Value }};{{ end }}',
    '{{ query "nothing" | first | value }}',
    '{{ query "other" | sortByLabel "kind" | first | value | humanize }}',
    '{{ reReplaceAll "(.*):.*" "$1" $labels.instance }} {{ $labels.instance | stripPort }} {{ $labels.instance | stripDomain }}',
    '{{ match "^w" $labels.instance }} {{ toUpper $labels.job }} {{ title "a b-c it\'s" }} {{ $labels.job | toLower }}',
    "{{ $externalLabels.region }} {{ $externalURL }}",
    '{{ graphLink "up{job=\\"a b\\"} > 1" }} {{ tableLink "up" }}',
    '{{ parseDuration "1h30m" }} {{ (1435065584.128 | toTime).Format "2006-01-02T15:04:05.000Z07:00" }}',
    "{{ 1435065584.128 | humanizeTimestamp }} {{ 1e300 | humanizeTimestamp }}",
    '{{ "x" | humanize }}',
    "{{ $labels.job.name }}",
    '{{ len $labels.job }} {{ index $labels "job" }} {{ slice $labels.job 0 1 }}',
    '{{ define "t" }}[{{ . }}]{{ end }}{{ template "t" $labels.job }}',
    '{{ define "t" }}{{ .arg0 }}-{{ .arg1 }}{{ .arg2 }}{{ end }}{{ template "t" (args $labels.job 2) }}',
    '{{ $value | printf "%.1f" | printf "%s%%" }}',
    '{{ eq $labels.job "a" "api" }} {{ and 1 $labels.job }} {{ or $labels.nope "fallback" }} {{ not $labels.nope }}',
    "a  {{- $labels.job -}}  b {{/* a comment */}}c",
    "{{ 0.1 }} {{ 1e6 }} {{ 123456789.0 }} {{ 1e-5 }} {{ 100 }}",
    "{{ -0.00001234 | humanize }} {{ 0.5 | humanizeDuration }} {{ 123456.0 | humanize }} {{ 999.99 | humanize }} {{ 999.999 | humanize }}",
    '{{ "<a href=x>" | safeHtml }} {{ html "<b>" }} {{ urlquery "a b" }} {{ js "\'" }}',
    '{{ $x := 1 }}{{ range $i, $e := query "other" }}{{ $x = $i }}{{ end }}{{ $x }}',
    "{{ if and (gt $value 1.0) (lt $value 2e3) }}between{{ end }}",
    '{{ stripPort "[::1]:80" }} {{ stripDomain "10.0.0.1:80" }} {{ stripDomain "a.b.c" }}',
    "{{ humanize1024 1024.0 }} {{ humanize1024 1e30 }} {{ humanizeDuration 86461.0 }} {{ humanizeDuration -3.5 }}",
    '{{ strvalue (query "other{kind=\'x\'}" | first) }}|{{ print 1 2 "a" }}|{{ println $labels.job }}',
]
SERIES = {
    'metric{job="api",instance="web1.example.com:9090"}': "1234.5x5",
    'other{kind="x"}': "7x5",
    'other{kind="w"}': "0.25x5",
}
LABELS = {"__name__": "metric", "job": "api", "instance": "web1.example.com:9090"}
OTHER = {"other{kind='x'}": [("x", 7.0)], "other": [("x", 7.0), ("w", 0.25)], "nothing": []}


def query(text):
    return [({"__name__": "other", "kind": kind}, value) for kind, value in OTHER[text]]


@pytest.fixture
def expander():
    return Expander(at=60.0, query=query, external_labels={"region": "eu"}, external_url="https://example.com/prom")


def expand(expander, template, alert="A"):
    return expander.expand(template, alert=alert, labels=LABELS, value=1234.5)


def test_promtool_expands_alike(promtool, tmp_path, expander):
    templates = {f"A{index}": text for index, text in enumerate(TEMPLATES)}
    rules = [{"alert": name, "expr": "metric", "annotations": {"text": text}} for name, text in templates.items()]
    expected = {name: expand(expander, text, name) for name, text in templates.items()}
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}))
    (tmp_path / "test.yml").write_text(yaml.safe_dump(promtool_test(expected)))
    status, output = promtool("test", "rules", tmp_path / "test.yml")
    assert status == 0, output


def promtool_test(expected):
    labels = {"job": "api", "instance": "web1.example.com:9090"}
    return {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "external_labels": {"region": "eu"},
                "external_url": "https://example.com/prom",
                "input_series": [{"series": name, "values": values} for name, values in SERIES.items()],
                "alert_rule_test": [
                    {
                        "eval_time": "60s",
                        "alertname": name,
                        "exp_alerts": [{"exp_labels": labels, "exp_annotations": {"text": text}}],
                    }
                    for name, text in expected.items()
                ],
            }
        ],
    }


def test_a_template_that_fails_is_said_in_its_place(expander):
    assert expand(expander, '{{ query "nothing" | first }}') == (
        "<error expanding template: error executing template __alert_A: template: __alert_A:1:133: "
        'executing "__alert_A" at <first>: error calling first: first() called on vector with no elements>'
    )
    assert expand(expander, "{{ $value | nope }}") == (
        "<error expanding template: error parsing template __alert_A: template: __alert_A:1: "
        'function "nope" not defined>'
    )


def test_without_braces_nothing_is_parsed(expander):
    assert expand(expander, "}} $labels.job {") == "}} $labels.job {"


def test_queries_are_refused_where_there_is_nothing_to_query():
    assert "the template may not query: up" in expand(Expander(at=0.0), '{{ query "up" }}')


def test_external_labels_and_url(expander):
    assert (
        expand(expander, "{{ $externalLabels.region }} {{ externalURL }} {{ pathPrefix }}")
        == "eu https://example.com/prom /prom"
    )
