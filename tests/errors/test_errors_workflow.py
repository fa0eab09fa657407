from types import SimpleNamespace
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import IssueStatus, is_regression, next_status, status_after
from tocsin.errors.workflow import RECENT

statuses = st.sampled_from(get_args(IssueStatus))
times = st.floats(0, 2e9)
releases = st.sampled_from(["", "1.0", "1.1"])


@given(statuses, times, times, releases, releases)
def test_a_sighting_neither_resolves_nor_unmutes(status, since, seen_at, release, last_release):
    following = next_status(status, since=since, seen_at=seen_at, release=release, last_release=last_release)
    assert following in get_args(IssueStatus)
    assert (following == "muted") == (status == "muted")
    assert following != "resolved" or status == "resolved"
    assert following != "regressed" or status in {"resolved", "regressed"}
    assert following != "new" or status == "new"


@given(times, times, releases)
def test_a_resolved_issue_regresses_when_seen_later_only(resolved_at, seen_at, release):
    following = next_status("resolved", since=resolved_at, seen_at=seen_at, release=release, last_release=release)
    assert following == ("regressed" if seen_at > resolved_at else "resolved")


def test_another_release_regresses_whatever_the_clocks_say():
    assert is_regression(resolved_at=100.0, seen_at=99.0, release="1.1", last_release="1.0")
    assert not is_regression(resolved_at=100.0, seen_at=99.0, release="1.0", last_release="1.0")
    assert not is_regression(resolved_at=100.0, seen_at=99.0, release="1.1", last_release="")


def test_new_and_regressed_wear_off():
    for status in ("new", "regressed"):
        assert next_status(status, since=0.0, seen_at=RECENT) == status
        assert next_status(status, since=0.0, seen_at=RECENT + 1) == "ongoing"


def test_an_issue_of_the_store_and_a_sighting_of_it():
    issue = SimpleNamespace(status="resolved", first_seen=1.0, resolved_at=50.0, regressed_at=None, last_release="1.0")
    late, again = (SimpleNamespace(last_at=at, release="1.0") for at in (49.0, 51.0))
    assert status_after(issue, late) == "resolved"
    assert status_after(issue, again) == "regressed"
    issue.status, issue.resolved_at = "new", None
    assert status_after(issue, again) == "new"
