from dataclasses import dataclass
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from tocsin.errors import IssueStatus, acknowledged, muted, reopened, resolved, status_after
from tocsin.errors.release import is_later
from tocsin.errors.trend import HOUR, rise
from tocsin.errors.workflow import RECENT


@dataclass
class Known:
    status: str
    status_since: float = 100.0
    status_count: int = 10
    count: int = 10
    last_release: str = ""
    until_at: float | None = None
    until_count: int | None = None
    within: float | None = None
    until_release: str = ""


@dataclass
class Seen:
    last_at: float = 200.0
    count: int = 1
    release: str = ""


class Before:
    def __init__(self, *releases, occurrences=0):
        self._releases = releases
        self._occurrences = occurrences

    def releases(self):
        return self._releases

    def occurrences(self, seconds):
        assert seconds > 0
        return self._occurrences


def decided(standing, **changes):
    return Known(**asdict(standing) | changes)


releases = st.sampled_from(["", "1.0", "1.1", "a1b2", "c3d4"])
times = st.floats(0, 2e9)
standings = st.one_of(
    st.builds(acknowledged),
    st.builds(reopened),
    st.builds(resolved, in_release=releases),
    st.builds(resolved, after_release=releases),
    st.builds(
        muted,
        until=st.none() | times,
        count=st.none() | st.integers(1, 50),
        within=st.none() | st.floats(1, 1e6),
        after_release=st.none() | releases,
    ),
)
issues = st.builds(
    lambda standing, status, **facts: Known(**asdict(standing) | {"status": status or standing.status} | facts),
    standings,
    st.sampled_from(["", "new", "ongoing", "regressed"]),
    status_since=times,
    count=st.integers(10, 100),
    last_release=releases,
)
sightings = st.builds(Seen, last_at=times, count=st.integers(1, 100), release=releases)
pasts = st.builds(lambda seen, n: Before(*seen, occurrences=n), st.lists(releases, unique=True), st.integers(0, 100))


@given(issues, sightings, pasts)
def test_a_sighting_decides_nothing_that_people_decide(issue, sighting, past):
    following = status_after(issue, sighting, past)
    assert following in get_args(IssueStatus)
    for decision in ("acknowledged", "resolved", "muted", "new"):
        assert following != decision or issue.status == decision
    assert following != "regressed" or issue.status in {"resolved", "regressed"}
    assert issue.status != "acknowledged" or following == "acknowledged"
    assert issue.status != "muted" or following in {"muted", "ongoing"}
    assert issue.status != "resolved" or following in {"resolved", "regressed"}


@given(issues, sightings, pasts, st.integers(1, 100), st.floats(0, 1e6))
def test_more_and_later_sightings_never_keep_an_issue_quieter(issue, sighting, past, more, later):
    loud = {"regressed", "ongoing", "new", "acknowledged"}
    if status_after(issue, sighting, past) in loud:
        again = Seen(last_at=sighting.last_at + later, count=sighting.count + more, release=sighting.release)
        assert status_after(issue, again, past) in loud


def test_resolved_at_once():
    issue = decided(resolved(), last_release="1.0")
    assert status_after(issue, Seen(100.5), Before()) == "regressed"
    assert status_after(issue, Seen(99.0, release="1.0"), Before()) == "resolved"  # arrived late
    assert status_after(issue, Seen(99.0, release="1.1"), Before("1.0")) == "regressed"  # clocks disagree


@pytest.mark.parametrize(
    ("release", "status"), [("1.9", "resolved"), ("2.0", "regressed"), ("v2.0.1", "regressed"), ("2.0rc1", "resolved")]
)
def test_resolved_in_a_release_leaves_earlier_ones_in_peace(release, status):
    assert status_after(decided(resolved(in_release="2.0")), Seen(release=release), Before("1.9")) == status


@pytest.mark.parametrize(
    ("release", "status"),
    [("1.9", "resolved"), ("1.10", "regressed"), ("1.8", "resolved"), ("never-seen", "regressed"), ("", "regressed")],
)
def test_resolved_in_the_next_release(release, status):
    issue = decided(resolved(after_release="1.9"), last_release="1.9")
    assert status_after(issue, Seen(release=release), Before("1.8", "1.9")) == status


def test_resolved_in_the_next_release_of_who_never_said_one():
    issue = decided(resolved(after_release=""))
    assert status_after(issue, Seen(release="1.0"), Before("1.0")) == "regressed"


def test_muted_until_a_time():
    issue = decided(muted(until=150.0))
    assert status_after(issue, Seen(149.0), Before()) == "muted"
    assert status_after(issue, Seen(150.0), Before()) == "ongoing"


def test_muted_until_a_count():
    issue = decided(muted(count=5), status_count=10, count=13)
    assert status_after(issue, Seen(count=1), Before()) == "muted"
    assert status_after(issue, Seen(count=2), Before()) == "ongoing"


def test_muted_until_a_rate():
    issue = decided(muted(count=5, within=60.0), status_count=0, count=1000)
    assert status_after(issue, Seen(), Before(occurrences=3)) == "muted"
    assert status_after(issue, Seen(), Before(occurrences=4)) == "ongoing"


def test_muted_until_a_new_release():
    issue = decided(muted(after_release="a1b2"))
    assert status_after(issue, Seen(release="a1b2"), Before("c3d4", "a1b2")) == "muted"
    assert status_after(issue, Seen(release="c3d4"), Before("c3d4", "a1b2")) == "muted"
    assert status_after(issue, Seen(release="e5f6"), Before("c3d4", "a1b2")) == "ongoing"


def test_muted_for_good():
    assert status_after(decided(muted()), Seen(2e9, count=10_000, release="9.9"), Before()) == "muted"


def test_new_and_regressed_wear_off():
    for status in ("new", "regressed"):
        issue = Known(status, status_since=0.0)
        assert status_after(issue, Seen(RECENT), Before()) == status
        assert status_after(issue, Seen(RECENT + 1), Before()) == "ongoing"


@pytest.mark.parametrize(
    ("release", "than"), [("1.10.0", "1.9.0"), ("shop@2.0", "shop@1.0"), ("v2.0", "2.0rc1"), ("2026.11.21", "2026.2.3")]
)
def test_versions_are_compared_as_such(release, than):
    assert is_later(release, than, seen=(release, than))
    assert not is_later(than, release, seen=())


@given(st.permutations(["a1b2c3d", "1234567", "12a3456", "main", "1.x"]))
def test_other_releases_are_in_the_order_in_which_they_were_seen(seen):
    for place, release in enumerate(seen):
        assert [is_later(other, release, seen=seen) for other in seen] == [at > place for at in range(len(seen))]


def test_a_rise_is_the_last_hour_against_the_day_before():
    now = 100 * HOUR + HOUR / 2
    usual = {100 * HOUR - HOUR * ago: 10 for ago in range(1, 25)}
    assert rise(usual | {100 * HOUR: 5}, now=now) == 1.0
    assert rise(usual | {100 * HOUR: 95}, now=now) == 10.0
    assert rise({100 * HOUR: 3}, now=now) == 72.0  # three times where once a day is as if usual
    assert rise({}, now=now) == 0.0
