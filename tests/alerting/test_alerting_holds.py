"""What is held back, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tocsin.alerting import (
    AlertingConfig,
    Dispatcher,
    InhibitRule,
    Integration,
    Known,
    Matcher,
    ReceiverConfig,
    Route,
    TimeInterval,
    fingerprint,
)
from tocsin.alerting.intervals import Range, zone
from tocsin.alerting.lookup import Lookup, Remembered
from tocsin.alerting.silencing import expired, matchers, silence_matchers, state
from tocsin.store import HeldAlert, Silence

RECEIVERS = (ReceiverConfig(name="team", integrations=(Integration(kind="console", settings={}),)),)


def silence(*conditions, starts_at=0.0, ends_at=100.0, name="s"):
    times = {"starts_at": starts_at, "ends_at": ends_at, "updated_at": starts_at}
    return Silence(id=name, matchers=silence_matchers(conditions), created_by="me", comment="", **times)


def look(alerts, *, silences=(), now=50.0, route=None, **config):
    config = AlertingConfig(route=route or Route(receiver="team", group_wait=0.0), receivers=RECEIVERS, **config)
    result = Dispatcher(config).dispatch(Known(alerts=alerts, silences=silences), now=now)
    return result, [(each.fingerprint, each.reason, each.by) for each in result.held]


def test_an_alert_that_is_not_told_says_every_reason(make_alert):
    source, target = make_alert("s", severity="critical"), make_alert("t", severity="warning")
    rule = InhibitRule(
        source=(Matcher("severity", "=", "critical"),),
        target=(Matcher("severity", "=", "warning"),),
        equal=("alertname",),
    )
    route = Route(receiver="team", group_wait=0.0, mute_intervals=("night", "day"))
    result, held = look(
        [source, target],
        silences=[silence(Matcher("pod", "=", "t"), name="one"), silence(Matcher("pod", "=~", "t|x"), name="two")],
        route=route,
        inhibit_rules=(rule,),
        time_intervals={"night": (TimeInterval(),), "day": (TimeInterval(years=()),)},
    )
    assert result.decisions == ()
    assert held == [
        ("s", "muted", ("night",)),
        ("t", "inhibited", ("s",)),
        ("t", "muted", ("night",)),
        ("t", "silenced", ("one", "two")),
    ]
    assert result.held[0] == HeldAlert("s", "{}:{}", "team", "muted", ("night",))


def test_only_what_fires_is_held_back(make_alert, resolve):
    _, held = look([resolve(make_alert("a"), 40)], silences=[silence(Matcher("pod", "=", "a"))])
    assert held == []


@pytest.mark.parametrize(("now", "expected"), [(9.9, "pending"), (10.0, "active"), (20.0, "active"), (20.1, "expired")])
def test_the_state_of_a_silence_follows_from_its_times(now, expected, make_alert):
    given = silence(Matcher("pod", "=", "a"), starts_at=10.0, ends_at=20.0)
    assert state(given, at=now) == expected
    _, held = look([make_alert("a")], silences=[given], now=now)
    assert bool(held) is (expected == "active")


def test_a_silence_that_is_ended_early_keeps_its_beginning():
    given = silence(Matcher("pod", "=", "a"), starts_at=10.0, ends_at=20.0)
    assert (expired(given, at=15.0).starts_at, expired(given, at=15.0).ends_at) == (10.0, 15.0)
    assert (expired(given, at=5.0).starts_at, expired(given, at=5.0).ends_at) == (5.0, 5.0)
    assert state(expired(given, at=5.0), at=5.1) == "expired"


@pytest.mark.parametrize("given", [[], [Matcher("a", "=~", ".*")], [Matcher("a", "!=", "b")], [Matcher("a", "=", "")]])
def test_a_silence_of_everything_is_refused(given):
    with pytest.raises(ValueError, match="at least one"):
        silence_matchers(given)


def test_matchers_of_a_silence_come_back():
    given = (Matcher("a", "=", "b"), Matcher("a", "!=", "c"), Matcher("a", "=~", "d"), Matcher("a", "!~", "e"))
    assert matchers(silence(*given)) == given


def test_a_silence_that_is_taken_back_tells_at_the_next_flush(make_alert):
    config = AlertingConfig(route=Route(receiver="team", group_wait=0.0, group_interval=10.0), receivers=RECEIVERS)
    dispatcher, alert, given = Dispatcher(config), make_alert("a"), silence(Matcher("pod", "=", "a"))
    first = dispatcher.dispatch(Known(alerts=[alert], silences=[given]), now=1.0)
    assert first.decisions == ()
    early = dispatcher.dispatch(Known(alerts=[alert], silences=[], timers=first.timers), now=5.0)
    assert early.decisions == ()
    assert early.held == ()
    later = dispatcher.dispatch(Known(alerts=[alert], silences=[], timers=early.timers), now=11.0)
    assert [logged.firing for _, logged in later.decisions] == [("a",)]


def test_a_source_that_is_itself_silenced_inhibits_all_the_same(make_alert):
    source, target = make_alert("s", kind="source"), make_alert("t", kind="target")
    rule = InhibitRule(source=(Matcher("kind", "=", "source"),), target=(Matcher("kind", "=", "target"),))
    result, held = look([source, target], silences=[silence(Matcher("pod", "=", "s"))], inhibit_rules=(rule,))
    assert held == [("s", "silenced", ("s",)), ("t", "inhibited", ("s",))]
    assert result.decisions == ()


def test_what_matches_both_sides_is_inhibited_only_by_what_does_not(make_alert):
    both, other, source = make_alert("b", t="1", s="1"), make_alert("o", t="1", s="1"), make_alert("s", s="1")
    rule = InhibitRule(source=(Matcher("s", "=", "1"),), target=(Matcher("t", "=", "1"),))
    assert look([both, other], inhibit_rules=(rule,))[1] == []
    assert look([both, other, source], inhibit_rules=(rule,))[1] == [
        ("b", "inhibited", ("s",)),
        ("o", "inhibited", ("s",)),
    ]


def test_a_route_tells_only_in_its_active_intervals(make_alert):
    route = Route(receiver="team", group_wait=0.0, active_intervals=("never", "past"))
    never, past = (TimeInterval(years=()),), (TimeInterval(years=(Range(1960, 1969),)),)
    result, held = look([make_alert("a")], route=route, time_intervals={"never": never, "past": past})
    assert held == [("a", "muted", ("never", "past"))]
    assert result.decisions == ()
    always = (*never, TimeInterval(years=(Range(1970, 1970),)))
    assert look([make_alert("a")], route=route, time_intervals={"never": never, "past": always})[1] == []


def test_a_time_zone_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="'Nowhere/X' is no time zone that this machine knows"):
        zone("Nowhere/X")
    assert zone("Local") is None


def test_an_interval_follows_summer_time():
    berlin = TimeInterval(times=(Range(9 * 60, 17 * 60 - 1),), location="Europe/Berlin")
    winter, summer = 1767945600.0, 1783497600.0  # 08:00 UTC on 2026-01-09 and on 2026-07-08
    assert [berlin.contains(winter), berlin.contains(winter - 60)] == [True, False]
    assert [berlin.contains(summer), berlin.contains(summer - 3600), berlin.contains(summer - 3660)] == [
        True,
        True,
        False,
    ]


NAMES, VALUES = st.sampled_from("abc"), st.sampled_from(["", "x", "y", "xy"])
LABELS = st.dictionaries(NAMES, VALUES.filter(bool))
CONDITION = st.one_of(
    st.builds(Matcher, NAMES, st.sampled_from(["=", "!="]), VALUES),
    st.builds(Matcher, NAMES, st.sampled_from(["=~", "!~"]), st.sampled_from(["x", "x|y", ".*", ".+", "", "(?i)X.*"])),
)


@given(st.lists(st.lists(CONDITION, max_size=3), max_size=8), st.lists(LABELS, min_size=1, max_size=4))
def test_a_lookup_finds_what_asking_every_list_finds(lists, label_sets):
    lookup = Lookup((conditions, position) for position, conditions in enumerate(lists))
    for labels in label_sets:
        expected = [
            position for position, conditions in enumerate(lists) if all(each.matches(labels) for each in conditions)
        ]
        assert list(lookup.fitting(labels)) == expected
        assert list(lookup.fitting(labels)) == expected


def test_what_is_remembered_of_alerts_is_bounded(make_alert, monkeypatch):
    monkeypatch.setattr("tocsin.alerting.lookup.REMEMBERED", 3)
    asked = []
    remembered = Remembered(lambda labels: asked.append(labels["pod"]) or labels["pod"])
    for name in "aabcdda":
        assert remembered(make_alert(name)) == name
    assert asked == ["a", "b", "c", "d", "a"]
    assert len(remembered._known) <= 3


def test_equal_looks_have_equal_outcomes_whatever_was_looked_at_before(make_alert):
    config = AlertingConfig(
        route=Route(receiver="team", group_wait=0.0, group_by=("pod",)),
        receivers=RECEIVERS,
        inhibit_rules=(InhibitRule(source=(Matcher("pod", "=", "a"),), target=(Matcher("pod", "=", "b"),)),),
    )
    alerts = [replace(make_alert(name), fingerprint=fingerprint({"pod": name}.items())) for name in "abc"]
    known = Known(alerts=alerts, silences=[silence(Matcher("pod", "=", "c"))])
    dispatcher = Dispatcher(config)
    dispatcher.dispatch(Known(alerts=alerts[:1]), now=40.0)
    assert dispatcher.dispatch(known, now=50.0) == Dispatcher(config).dispatch(known, now=50.0)
