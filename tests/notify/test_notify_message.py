"""What a notification says before any channel lays it out, and the templates that say something else."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.notices import notices
from tocsin.notify import DeliveryError, Templates
from tocsin.notify.severity import SEVERITIES, UNKNOWN, severity_of
from tocsin.notify.wording.layout import body
from tocsin.notify.wording.links import links_of
from tocsin.notify.wording.markup import HTML, MARKDOWN, MRKDWN, PLAIN
from tocsin.notify.wording.message import message, title
from tocsin.notify.wording.templates import Wording, default_templates
from tocsin.testing import alert, notification

NAMES = [
    *("slack.default.title", "slack.default.username", "slack.default.fallback", "slack.default.titlelink"),
    *("slack.default.pretext", "slack.default.text", "slack.default.footer", "slack.default.callbackid"),
    *("slack.default.iconemoji", "slack.default.iconurl", "email.default.subject", "email.default.html"),
    *("pagerduty.default.description", "pagerduty.default.client", "pagerduty.default.clientURL"),
    *("opsgenie.default.message", "opsgenie.default.description", "opsgenie.default.source"),
    *("discord.default.title", "discord.default.message", "discord.default.content", "telegram.default.message"),
    *("msteams.default.title", "msteams.default.summary", "msteams.default.text"),
    *("msteamsv2.default.title", "msteamsv2.default.text", "__subject", "__alertmanagerURL"),
]


def facts(told):
    return dict(message(told).items[0].facts)


def test_the_worst_alert_leads():
    told = message(
        notification(alert(severity="info", pod="a"), alert(severity="emergency", pod="b"), alert("resolved"))
    )
    assert [item.severity.name for item in told.items] == ["emergency", "info", "critical"]
    assert (told.severity.name, told.colour, told.firing) == ("emergency", "#8e24aa", True)
    assert told.glance == "emergency · 2 firing, 1 resolved · since 2026-03-01 12:00:00 UTC"


def test_titles():
    other = alert(annotations={"summary": "another thing"}, severity="warning")
    assert title(notification(alert(), other)) == "[FIRING:2] critical: shop fails 12% of its requests, and 1 more"
    assert title(notification(alert("resolved"))) == "[RESOLVED] critical: shop fails 12% of its requests"
    assert title(notification(alert(annotations={}, severity="warning"))) == "[FIRING:1] warning: HighErrorRatio"


def test_a_resolved_alert_says_how_long_it_took():
    assert facts(notification(alert("resolved")))["until"] == "2026-03-01 12:05:00 UTC, after 5m"


def test_value_with_and_without_threshold():
    assert facts(notification())["value"] == "12% (threshold 5%)"
    assert facts(notification(alert(annotations={"value": "7"})))["value"] == "7"
    assert "value" not in facts(notification(alert(annotations={"threshold": "7"})))


def test_an_issue_is_told_with_its_frame_and_message():
    issue = alert(issue="4", title="KeyError: 'x'", culprit="shop.cart in add", annotations={"frame": "shop/cart.py:7"})
    told = facts(notification(issue))
    assert (told["issue"], told["raised in"]) == ("4: KeyError: 'x'", "shop.cart in add, shop/cart.py:7")
    assert told["alert"] == "HighErrorRatio (job=shop)"


def test_links_go_to_http_only():
    evil = {"runbook_url": "javascript:alert(1)", "trace_url": "https://traces.example/1", "dashboard_url": "data:x"}
    names = [link.name for link in links_of(notification(alert(annotations=evil)), alert(annotations=evil))]
    assert names == ["Trace", "Acknowledge", "Silence"]
    assert links_of(notification(external_url="javascript:x")) == ()


def test_what_is_over_needs_neither_acknowledgement_nor_silence():
    assert [link.name for link in links_of(notification(alert("resolved")))] == []


def test_a_silence_has_the_labels_of_the_alert_quoted():
    [link] = [each for each in links_of(notification(), alert(path='a"b\\c')) if each.name == "Silence"]
    assert "path%3D%22a%5C%22b%5C%5Cc%22" in link.url


@pytest.mark.parametrize(
    ("said", "meant"),
    [("critical", "critical"), ("PAGE", "critical"), ("warn", "warning"), ("none", "info"), ("?", "error")],
)
def test_severities_by_other_names(said, meant):
    assert severity_of({"severity": said}).name == meant
    assert severity_of({}) is UNKNOWN


def test_the_table_of_severities():
    """Colour, PagerDuty, Opsgenie, Sentry, whether it is quiet, whether it is worth a text message."""
    rows = {
        name: (each.colour, each.pagerduty, each.opsgenie, each.sentry, each.quiet, each.texted)
        for name, each in SEVERITIES.items()
    }
    assert rows == {
        "info": ("#2f80ed", "info", "P5", "info", True, False),
        "warning": ("#f2c037", "warning", "P3", "warning", False, False),
        "error": ("#f2711c", "error", "P2", "error", False, False),
        "critical": ("#d32f2f", "critical", "P1", "fatal", False, True),
        "emergency": ("#8e24aa", "critical", "P1", "fatal", False, True),
    }


@given(text=st.text(max_size=3000), limit=st.integers(min_value=200, max_value=5000))
def test_a_body_is_bounded_and_whole(text, limit):
    told = message(
        notification(*(alert(annotations={"summary": text, "description": text}, pod=str(n)) for n in range(4)))
    )
    for markup in (PLAIN, MRKDWN, MARKDOWN, HTML):
        shown = body(told, markup, limit=limit)
        assert len(shown) <= limit
        assert shown.count("<b>") == shown.count("</b>")
        assert all(char.isprintable() or char in "\n\u200b" for char in shown)


def test_what_does_not_fit_is_counted():
    told = message(notification(*(alert(pod=str(number)) for number in range(25))))
    assert body(told, PLAIN, limit=1500).endswith(" more alerts")
    assert body(told, PLAIN, limit=100_000).endswith("15 more alerts")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "told",
    [notification(alert(), alert("resolved")), notification(alert(annotations={}), external_url="")],
    ids=["both", "bare"],
)
def test_the_templates_that_configurations_refer_to_are_there(name, told):
    shown = default_templates().render(f'{{{{ template "{name}" . }}}}', told, html=name.endswith("html"))
    assert "<no value>" not in shown


def test_the_subject_is_alertmanagers():
    render = default_templates().render
    assert render('{{ template "__subject" . }}', notification()) == "[FIRING:1] HighErrorRatio (shop, critical)"
    told = notification(alert("resolved"))
    assert render('{{ template "__subject" . }}', told) == "[RESOLVED] HighErrorRatio (shop, critical)"


def test_the_data_of_a_template():
    text = (
        "{{ .Receiver }} {{ .Status }} {{ .GroupLabels.alertname }} {{ .CommonLabels.job }} {{ .ExternalURL }} "
        "{{ .Alerts.Firing | len }}/{{ .Alerts.Resolved | len }} "
        '{{ range .Alerts }}{{ .Labels.severity }} {{ .StartsAt.Format "15:04" }} {{ .EndsAt.IsZero }} '
        '{{ .Fingerprint }} {{ .Annotations.SortedPairs.Names | join "," }};{{ end }}'
    )
    told = notification(alert(), alert("resolved", annotations={"summary": "x"}))
    assert default_templates().render(text, told) == (
        "team firing HighErrorRatio shop https://tocsin.example 1/1 "
        "critical 12:00 true 0123456789abcdef "
        "description,routes,runbook,runbook_url,summary,threshold,value;"
        "critical 12:00 false 0123456789abcdef summary;"
    )


def test_a_file_may_redefine_what_ours_build_on():
    templates = Templates({"a.tmpl": '{{ define "__subject" }}mine{{ end }}'})
    assert templates.render('{{ template "slack.default.title" . }}', notification()) == "mine"
    assert Wording(templates, notification()).text("", "__subject") == "mine"
    assert Wording(default_templates(), notification()).text("", "__subject") == ""


def test_files_are_read_by_pattern(tmp_path):
    (tmp_path / "a.tmpl").write_text('{{ define "a" }}A{{ end }}')
    (tmp_path / "b.tmpl").write_text('{{ define "b" }}{{ template "a" . }}B{{ end }}')
    templates = Templates.load(["*.tmpl", "none/*.tmpl"], tmp_path)
    assert templates.render('{{ template "b" . }}', notification()) == "AB"
    (tmp_path / "c.tmpl").write_text("{{ nonsense }}")
    with pytest.raises(ValueError, match=r"c\.tmpl"):
        Templates.load(["*.tmpl"], tmp_path)


@pytest.mark.parametrize(
    "text", ["{{ .Nonsense.x }}", "{{ template }}", "{{ nofunction }}", '{{ template "absent" . }}']
)
def test_a_text_that_fails_gives_way_to_ours_and_is_said(text, monkeypatch):
    said = []
    monkeypatch.setattr(notices, "say", lambda text, once=None: said.append(text))
    assert Wording(default_templates(), notification()).text(text) == ""
    assert said[0].startswith("a text of receiver team is not used: template: ")
    with pytest.raises(DeliveryError, match="its configuration cannot be used") as caught:
        Wording(default_templates(), notification()).exactly(text)
    assert not caught.value.recoverable


def test_a_notification_without_alerts_has_a_title():
    assert title(msgspec.structs.replace(notification(), alerts=(), status="resolved")) == "[RESOLVED] HighErrorRatio"
