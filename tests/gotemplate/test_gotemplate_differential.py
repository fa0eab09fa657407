"""Hundreds of random templates, rendered by the real promtool and amtool and by us."""

import json
import os
import random

import pytest
import yaml
from gotemplate.template_writer import Writer
from suites.gotemplate import Alert, Alerts, Data, moment

from tocsin.gotemplate import KV, Template, TemplateError, alertmanager_functions
from tocsin.gotemplate.timestamp import Time
from tocsin.rules import Expander
from tocsin.rules.expansion import parse_template

SEED = int(os.environ.get("TOCSIN_SEED", random.SystemRandom().randrange(2**32)))
SIZE = 300

SERIES = [
    ({"job": "api", "instance": "web1.example.com:9090", "path": "/a b"}, 1234.5),
    ({"job": "High <Load>", "instance": "10.0.0.1:80", "path": ""}, -0.00042),
    ({"job": 'it\'s "x"', "instance": "[::1]:80", "path": "ünï"}, 0.0),
    ({"job": "b", "instance": "db", "path": "%41"}, 86461.25),
    ({"job": "b", "instance": "big", "path": "x|y"}, 1e15),
]
OTHER = [("w", 0.25), ("x", 7.0)]
RULE_TEXTS = [
    "$labels.job",
    "$labels.instance",
    "$labels.path",
    "$labels.nope",
    ".Labels.job",
    "$externalLabels.region",
]
RULE_BLOCKS = [
    "{{ range $name, $text := $labels }}{{ $name }}={{ $text }};{{ end }}",
    '{{ range $i, $x := query "other" | sortByLabel "kind" }}{{ $i }}{{ .Labels.kind }}{{ $x.Value }}INNER{{ end }}',
    '{{ with query "other{kind=\'x\'}" }}{{ . | first | value }}{{ label "kind" (first .) }}{{ end }}',
    '{{ range query "nothing" }}x{{ else }}INNER{{ end }}',
    '{{ block "NAME" (args $labels.job $value) }}{{ .arg0 }}{{ .arg1 }}{{ end }}',
    '{{ $value | humanizeDuration | printf "%s" | toUpper }}',
    '{{ index $labels "job" }}{{ slice $labels.instance 0 2 }}',
    '{{ first (query "nothing") }}',
    '{{ block "NAME" $value }}{{ . }}{{ end }}',
    "{{ range $i, $c := $labels.job }}{{ end }}",
]
NOTIFICATION = {
    "receiver": "team",
    "status": "firing",
    "alerts": [
        {
            "status": status,
            "labels": {"alertname": "High<Load>", "severity": "page", "instance": instance},
            "annotations": annotations,
            "startsAt": "2026-11-21T09:59:29.125Z",
            "endsAt": ends_at,
            "generatorURL": "https://example.com/graph?g0.expr=up > 1",
            "fingerprint": "00000000000000ff",
        }
        for status, instance, annotations, ends_at in (
            ("firing", "web1:80", {"summary": 'a & b "c"'}, "0001-01-01T00:00:00Z"),
            ("resolved", "ünï", {}, "2026-11-21T10:04:29Z"),
        )
    ],
    "groupLabels": {"alertname": "High<Load>"},
    "commonLabels": {"alertname": "High<Load>", "severity": "page"},
    "commonAnnotations": {"summary": "a & b"},
    "externalURL": "https://example.com/alertmanager",
}
NOTIFICATION_TEXTS = [
    ".Status",
    ".Receiver",
    ".ExternalURL",
    ".GroupLabels.alertname",
    ".CommonLabels.nope",
    ".CommonAnnotations.summary",
]
NOTIFICATION_NUMBERS = ["(len .Alerts)", "(len .Alerts.Firing)", "2", "3.5"]
NOTIFICATION_BLOCKS = [
    "{{ range .Alerts }}{{ .Status }} {{ .Labels.instance }} {{ .Annotations.summary }};{{ end }}",
    "{{ range $i, $alert := .Alerts.Firing }}{{ $i }}{{ $alert.Fingerprint }}{{ else }}none{{ end }}",
    "{{ range .CommonLabels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}INNER",
    '{{ .CommonLabels.Names | join "," }}{{ .CommonLabels.Values | join "|" }}',
    '{{ (.CommonLabels.Remove (stringSlice "severity")).SortedPairs }}',
    '{{ (index .Alerts 0).StartsAt.Format "Mon Jan 2 15:04:05.000 MST 2006" }}',
    '{{ (index .Alerts 1).EndsAt | tz "Europe/Paris" | date "2006-01-02T15:04:05Z07:00" }}',
    '{{ (index .Alerts 0).EndsAt.IsZero }}{{ index .GroupLabels "alertname" }}',
    "{{ .CommonLabels }}{{ .Alerts.Resolved | len }}",
    "{{ index .Alerts 5 }}",
    '{{ block "NAME" . }}({{ .Status }}){{ end }}',
    "{{ .Nope }}",
]


class Notification(Data):
    """As amtool gives it to a template: not by reference."""

    go_type = "template.Data"


DATA = Notification(
    Alerts(
        Alert(
            status=alert["status"],
            labels=KV(alert["labels"]),
            annotations=KV(alert["annotations"]),
            starts_at=Time.from_datetime(moment(alert["startsAt"])),
            ends_at=Time.from_datetime(moment(alert["endsAt"])),
            generator_url=alert["generatorURL"],
            fingerprint=alert["fingerprint"],
        )
        for alert in NOTIFICATION["alerts"]
    ),
    *(KV(NOTIFICATION[name]) for name in ("groupLabels", "commonLabels", "commonAnnotations")),
    NOTIFICATION["status"],
    NOTIFICATION["receiver"],
    NOTIFICATION["externalURL"],
)
#: In HTML, Go allows these at the end of a pipeline only.
OF_TEXT = {"text": ["html", "urlquery"], "html": []}
SEPARATOR = "\n=====\n"
#: Templates that are refused, each of which takes a process.
REFUSED = 30


@pytest.fixture
def chance(record_property):
    record_property("seed", SEED)
    print(f"TOCSIN_SEED={SEED}")  # noqa: T201  shown where the test fails
    return random.Random(SEED)


def test_annotations_as_promtool_expands_them(promtool, tmp_path, chance):
    writer = Writer(
        chance,
        texts=RULE_TEXTS,
        numbers=["$value", ".Value", "$value"],
        functions=["toUpper", "toLower", "title", "stripPort", "stripDomain", "safeHtml", "print", "html", "urlquery"],
        numeric=["humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp"],
        blocks=RULE_BLOCKS,
    )
    written = {f"A{index}": writer.template() for index in range(SIZE)}
    templates = {name: text for name, text in written.items() if is_accepted(name, text)}
    assert len(templates) > SIZE / 2
    rules = [{"alert": name, "expr": "metric", "annotations": {"text": text}} for name, text in templates.items()]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}))
    (tmp_path / "test.yml").write_text(yaml.safe_dump(unit_test(templates)))
    status, output = promtool("test", "rules", tmp_path / "test.yml")
    assert status == 0, output[:20000]


def is_accepted(name, text):
    try:
        parse_template(text, name)
    except TemplateError:
        return False
    return True


def unit_test(templates):
    return {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "external_labels": {"region": "eu"},
                "external_url": "https://example.com/prom",
                "input_series": [
                    *({"series": notation("metric", labels), "values": f"{value!r}x5"} for labels, value in SERIES),
                    *({"series": notation("other", {"kind": kind}), "values": f"{value}x5"} for kind, value in OTHER),
                ],
                "alert_rule_test": [
                    {"eval_time": "60s", "alertname": name, "exp_alerts": expected(name, text)}
                    for name, text in templates.items()
                ],
            }
        ],
    }


def notation(name, labels):
    return f"{name}{{{','.join(f'{key}={json.dumps(text, ensure_ascii=False)}' for key, text in labels.items())}}}"


def expected(name, text):
    expander = Expander(at=60.0, query=query, external_labels={"region": "eu"}, external_url="https://example.com/prom")
    kept = [({key: text for key, text in labels.items() if text}, value) for labels, value in SERIES]
    return [
        {
            "exp_labels": labels,
            "exp_annotations": {
                "text": expander.expand(text, alert=name, labels={"__name__": "metric", **labels}, value=value)
            },
        }
        for labels, value in kept
    ]


def query(text):
    wanted = {"other{kind='x'}": ("x",), "other": ("w", "x"), "nothing": ()}[text]
    return [({"__name__": "other", "kind": kind}, value) for kind, value in OTHER if kind in wanted]


@pytest.mark.parametrize("kind", ["text", "html"])
def test_notifications_as_amtool_renders_them(amtool, tmp_path, chance, kind):
    writer = Writer(
        chance,
        texts=NOTIFICATION_TEXTS,
        numbers=NOTIFICATION_NUMBERS,
        functions=["toUpper", "toLower", "title", "trimSpace", "safeHtml", "print", *OF_TEXT[kind]],
        numeric=['printf "%v"', "humanizeDuration"],
        blocks=NOTIFICATION_BLOCKS,
    )
    (tmp_path / "data.json").write_text(json.dumps(NOTIFICATION))
    options = (f"--template.type={kind}", f"--template.data={tmp_path / 'data.json'}")
    templates = [writer.template() for _ in range(SIZE)]
    fine = [text for text in templates if is_rendered(text, kind)]
    assert len(fine) > SIZE / 4
    together = SEPARATOR.join(fine)
    if rendered(together, kind) != amtool(together, *options):
        assert [each for each in fine if rendered(each, kind) != amtool(each, *options)] == []
    for text in [text for text in templates if text not in fine][:REFUSED]:
        assert (text, rendered(text, kind)) == (text, amtool(text, *options).partition("\n")[0])


def rendered(text, kind):
    """The output, or the complaint."""
    functions = alertmanager_functions()
    try:
        return Template.parse(text, functions=functions).render(DATA, functions=functions, html=kind == "html")
    except TemplateError as error:
        return str(error)


def is_rendered(text, kind):
    functions = alertmanager_functions()
    try:
        Template.parse(text, functions=functions).render(DATA, functions=functions, html=kind == "html")
    except TemplateError:
        return False
    return True
