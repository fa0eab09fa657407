"""The templates that come with Alertmanager, rendered by the real amtool and by us."""

import json

import pytest
from suites.gotemplate import Alert, Alerts, Data, moment

from tocsin.gotemplate import KV, Template, alertmanager_functions
from tocsin.gotemplate.timestamp import Time

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
