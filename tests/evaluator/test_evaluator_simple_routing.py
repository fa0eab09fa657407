"""Who is told without an alertmanager.yml: the strongest source of each receiver counts."""

import pytest

from tocsin.config import load
from tocsin.evaluator.simple_routing import displaced, simple_routing, told_by

FILE = """
notify:
  oncall: {webhook: "http://oncall.example/", severity: critical}
  default: {webhook: "http://file.example/", slack: "http://slack.example/", file: told.jsonl, console: true}
"""


@pytest.fixture
def settings(tmp_path):
    def settings(text, arguments=None, **environ):
        (tmp_path / "tocsin.yml").write_text(text)
        return load(arguments, environ={"TOCSIN_CONFIG": str(tmp_path / "tocsin.yml"), **environ})

    return settings


def told(settings, receiver="default"):
    given = simple_routing(settings.config).config().receiver(receiver).integrations
    return {each.kind: each.settings.get("url") or each.settings.get("path") for each in given}


@pytest.mark.parametrize(
    ("variable", "value", "kind", "said"),
    [
        ("TOCSIN_WEBHOOK_URL", "http://env.example/", "webhook", "http://env.example/"),
        ("TOCSIN_ALERT_FILE", "elsewhere.jsonl", "file", "elsewhere.jsonl"),
        ("TOCSIN_SLACK_WEBHOOK_URL", "http://env.example/", "slack", None),
    ],
)
def test_the_environment_wins_over_the_file(settings, variable, value, kind, said):
    found = settings(FILE, **{variable: value})
    assert told(found)[kind] == said
    assert told(found, "oncall") == {"webhook": "http://oncall.example/"}
    assert displaced(found) == {f"default.{kind}": variable}
    assert variable in told_by(found)[kind]
    assert told(found).keys() == {"webhook", "slack", "file", "console"}


def test_slack_of_the_environment_is_posted_to(settings):
    found = settings(FILE, TOCSIN_SLACK_WEBHOOK_URL="http://env.example/")
    slack = next(each for each in simple_routing(found.config).config().receiver("default").integrations)
    assert (slack.kind, slack.settings["api_url"]) == ("slack", "http://env.example/")


def test_what_the_file_says_beside_the_address_stays(settings):
    slack = "{api_url_file: /run/slack, channel: '#ops'}"
    found = settings(f"notify: {{default: {{slack: {slack}}}}}", TOCSIN_SLACK_WEBHOOK_URL="http://env.example/")
    (slack,) = simple_routing(found.config).config().receiver("default").integrations
    assert (slack.settings["api_url"], slack.settings["channel"]) == ("http://env.example/", "#ops")


def test_a_switch_of_the_environment_wins_too(settings):
    assert "console" in told(settings(FILE))
    found = settings(FILE, TOCSIN_ALERT_CONSOLE="false")
    assert "console" not in told(found)
    assert displaced(found) == {"default.console": "TOCSIN_ALERT_CONSOLE"}
    assert "console" not in told_by(found)


def test_of_equal_sources_notify_says_more(settings):
    found = settings(f"{FILE}\nwebhook_url: http://single.example/")
    assert (told(found)["webhook"], displaced(found)) == ("http://file.example/", {})
    notify = "{default: {webhook: 'http://env.example/'}}"
    found = settings("", TOCSIN_NOTIFY=notify, TOCSIN_WEBHOOK_URL="http://single.example/")
    assert told(found)["webhook"] == "http://env.example/"
    found = settings("webhook_url: http://single.example/", TOCSIN_NOTIFY=notify)
    assert told(found)["webhook"] == "http://env.example/"
    assert told_by(found) == {"webhook": ["TOCSIN_NOTIFY"]}


def test_an_argument_wins_over_all_unless_it_says_nothing(settings):
    given = {"TOCSIN_NOTIFY": "{default: {webhook: 'http://env.example/'}}"}
    assert told(settings("", {"webhook_url": "http://code.example/"}, **given))["webhook"] == "http://code.example/"
    assert told(settings("", {"webhook_url": None}, **given))["webhook"] == "http://env.example/"


def test_a_value_that_cannot_be_used_displaces_nothing(settings):
    assert told(settings(FILE, TOCSIN_WEBHOOK_URL="nonsense"))["webhook"] == "http://file.example/"


def test_single_receivers_join_those_who_are_told_of_the_rest_whatever_their_name(settings):
    found = settings("notify: {team: {slack: 'http://slack.example/'}}", TOCSIN_WEBHOOK_URL="http://env.example/")
    assert told(found, "team") == {"slack": None, "webhook": "http://env.example/"}
    assert told_by(found)["webhook"] == ["TOCSIN_WEBHOOK_URL"]
