"""What `notify`, `receiver_terms` and `maintenance` may say, and what is said of what they must not."""

import pytest

from tocsin.alerting import Escalation, load, simple
from tocsin.alerting.extension import with_maintenance, with_terms

ROUTING = """
route: {receiver: team.web}
receivers: [{name: team.web}, {name: boss}, {name: owner}]
"""


@pytest.fixture
def config():
    return load(ROUTING, "alertmanager.yml")


def terms(config, **given):
    return with_terms(config, given, setting="receiver_terms")


def test_terms_belong_to_receivers_of_a_file_that_stays_as_it_is(config):
    given = {"team.web": {"escalate_after": "15m", "escalate_to": "boss", "max_per_hour": 20}}
    found = terms(config, **given).receiver("team.web").terms
    assert (found.escalation, found.max_per_hour) == (Escalation(after=900.0, to="boss"), 20)
    assert terms(config, **given).receiver("boss").terms.escalation is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"nobody": {"max_per_hour": 1}}, "receiver_terms.nobody: there is no such receiver, there are boss"),
        ({"boss": {"escalate_to": "owner"}}, "boss.escalate_after: is missing, an escalation needs both"),
        ({"boss": {"escalate_after": "5m"}}, "boss.escalate_to: is missing, an escalation needs both"),
        ({"boss": {"escalate_after": "5m", "escalate_to": "boss"}}, "'boss' is no other receiver, there are owner"),
        ({"boss": {"escalate_after": "soon", "escalate_to": "owner"}}, "'soon' is no duration, write one like 30s"),
        ({"boss": {"max_per_hour": "many"}}, "receiver_terms.boss.max_per_hour: must be a whole number, not 'many'"),
        ({"boss": {"max_per_hours": 1}}, "max_per_hours: is not known here, did you mean max_per_hour?"),
        ({"boss": 5}, "receiver_terms.boss: must be a mapping"),
        (
            {
                "boss": {"escalate_after": "5m", "escalate_to": "owner"},
                "owner": {"escalate_after": "5m", "escalate_to": "boss"},
            },
            "receiver_terms.boss.escalate_to: goes round in a circle: boss → owner → boss",
        ),
    ],
)  # fmt: skip
def test_terms_that_make_no_sense(config, given, said):
    with pytest.raises(ValueError) as error:
        terms(config, **given)
    assert said in str(error.value)


def test_maintenance_is_read_as_time_intervals_are(config):
    interval = {
        "weekdays": ["tuesday"],
        "times": [{"start_time": "20:00", "end_time": "21:00"}],
        "location": "Europe/Berlin",
    }
    given = {"deploys": {"matchers": ["job=shop"], "time_intervals": [interval]}}
    [window] = with_maintenance(config, given, setting="maintenance").maintenance
    assert (window.name, list(map(str, window.matchers))) == ("deploys", ['job="shop"'])
    assert window.contains(1_780_425_000.0)  # Tuesday, 2 June 2026, 20:30 in Berlin
    assert not window.contains(1_780_425_000.0 + 3600)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"deploys": {}}, "maintenance.deploys.time_intervals: is missing, it says when"),
        ({"deploys": {"matchers": ["a=~("], "time_intervals": [{}]}}, "maintenance.deploys.matchers: invalid regular"),
        ({"deploys": {"when": 1, "time_intervals": [{}]}}, "maintenance.deploys.when: is not known here"),
        ({"deploys": {"time_intervals": [{"weekdays": ["tuesdey"]}]}}, "'tuesdey' is none of the weekdays"),
    ],
)
def test_maintenance_that_makes_no_sense(config, given, said):
    with pytest.raises(ValueError) as error:
        with_maintenance(config, given, setting="maintenance")
    assert said in str(error.value)


def test_notify_says_the_same_of_its_entries():
    notify = {
        "oncall": {"webhook": "http://x/", "severity": "critical", "escalate_after": "15m", "escalate_to": "boss"},
        "boss": {"webhook": "http://y/", "matchers": ["team=none"], "max_per_hour": 3},
        "default": {"webhook": "http://z/"},
    }
    config = simple(notify).config()
    assert config.receiver("oncall").terms.escalation == Escalation(after=900.0, to="boss")
    assert config.receiver("oncall-issues").terms.escalation == Escalation(after=900.0, to="boss-issues")
    assert config.receiver("boss-issues").terms.max_per_hour == 3
    assert "escalate" not in simple(notify).alertmanager_yml()


def test_what_notify_must_not_say_is_said_in_its_own_terms():
    notify = {"default": {"webhook": "http://x/", "escalate_after": "5m", "escalate_to": "bos", "max_per_hour": -1}}
    with pytest.raises(ValueError) as error:
        simple(notify).config()
    assert str(error.value).splitlines() == [
        "notify.default.escalate_to: 'bos' is no other receiver, there are none",
        "notify.default.max_per_hour: must be a whole number, not '-1'",
    ]
