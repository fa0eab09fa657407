import itertools
import sqlite3
from contextlib import closing

import pytest

from tocsin.errors import muted, resolved, status_after
from tocsin.store import IssueEvent, Occurrence, Retention, Sighting, Store
from tocsin.store.counts import DAY, HOUR, MINUTE, OTHER, USERS, VALUES
from tocsin.store.samples import FIRST, LATEST, OCCURRENCES_PER_ISSUE
from tocsin.store.schema import MIGRATIONS

NOON = 1_000_000 * HOUR
RESOLVED = {"status": "resolved"}


def sighting(fingerprint="v1:aa", *, at=NOON, count=1, **changes):
    values = {
        "service": "shop",
        "fingerprint": fingerprint,
        "title": "ValueError",
        "culprit": "shop.parse",
        "error_type": "ValueError",
        "category": "validation",
        "severity": "error",
        "handled": False,
        "release": "1.0",
        "count": count,
        "first_at": at,
        "last_at": at,
    }
    return Sighting(**values | changes)


@pytest.fixture
def store(tmp_path):
    with closing(Store(tmp_path / "tocsin.db")) as store:
        yield store


@pytest.fixture
def see(store):
    def see(*sightings):
        store.issues.record(sightings, status_after=status_after)
        return store.issues.recent()

    return see


def standing(verdict):
    return {name: getattr(verdict, name) for name in verdict.__struct_fields__}


def test_what_people_decide_is_remembered_with_who_did_it_and_ends_by_itself(store, see):
    see(sighting(count=4))
    store.issues.decide(1, standing(muted(count=3)), at=NOON + 1, actor="jane", detail="known")
    assert see(sighting(at=NOON + 2, count=2))[0].status == "muted"
    (issue,) = see(sighting(at=NOON + 3))
    assert (issue.status, issue.status_since, issue.until_count) == ("ongoing", NOON + 3, None)
    assert store.issues.history(1) == [
        IssueEvent(at=NOON + 1, actor="jane", action="muted", detail="known"),
        IssueEvent(at=NOON + 3, actor="", action="ongoing", detail="was muted"),
    ]


def test_a_rate_is_counted_over_its_window_only(store, see):
    see(sighting(count=100))
    store.issues.decide(1, standing(muted(count=10, within=300.0)), at=NOON, actor="")
    assert see(sighting(at=NOON + 600, count=9))[0].status == "muted"
    assert see(sighting(at=NOON + 1200, count=9))[0].status == "muted"
    assert see(sighting(at=NOON + 1260, count=1))[0].status == "ongoing"


def test_releases_are_in_the_order_in_which_they_were_seen(store, see):
    see(sighting(release="c3d4"), sighting(at=NOON + 1, release="a1b2"))
    store.issues.decide(1, standing(resolved(after_release="a1b2")), at=NOON + 2, actor="")
    assert see(sighting(at=NOON + 3, release="c3d4"))[0].status == "resolved"
    assert see(sighting(at=NOON + 4, release="0000"))[0].status == "regressed"


def test_merged_issues_are_one_and_can_be_taken_apart_with_what_came_meanwhile(store, see):
    sample = Occurrence(at=NOON, message="of b")
    see(sighting("v1:aa", count=3), sighting("v1:bb", count=5, at=NOON - 50, samples=(sample,)))
    store.issues.merge([2], into=1, at=NOON, actor="jane")
    (issue,) = see(sighting("v1:bb", at=NOON + 100, count=2))
    assert (issue.id, issue.count, issue.first_seen, issue.last_seen) == (1, 10, NOON - 50, NOON + 100)
    assert [each.message for each in store.issues.occurrences(1)] == ["of b"]
    assert sum(bucket.occurrences for bucket in store.issues.trend(1, grain=DAY, since=0)) == 10
    assert [issue.id for issue in store.issues.find("v1:bb")] == [1]

    assert store.issues.unmerge(2, at=NOON + 200, actor="joe")
    assert {issue.id: issue.count for issue in see()} == {1: 3, 2: 7}
    assert [each.message for each in store.issues.occurrences(2)] == ["of b"]
    assert store.issues.occurrences(1) == []
    assert [event.action for event in store.issues.history(2)] == ["merged into 1", "unmerged from 1"]
    assert not store.issues.unmerge(2, at=NOON, actor="joe")


def test_what_was_merged_before_goes_along(store, see):
    see(*(sighting(f"v1:{name}") for name in "abc"))
    store.issues.merge([1], into=2, at=NOON, actor="")
    store.issues.merge([2], into=3, at=NOON, actor="")
    assert [(issue.id, issue.count) for issue in see()] == [(3, 3)]
    assert store.issues.unmerge(1, at=NOON, actor="")
    assert {issue.id: issue.count for issue in see()} == {3: 2, 1: 1}


def test_trends_are_bounded_however_long_it_goes_on(store, see):
    for minute in range(0, 3 * DAY // MINUTE, 10):
        see(sighting(at=NOON + minute * MINUTE))
    end = NOON + 3 * DAY
    minutes, hours, days = (store.issues.trend(1, grain=grain, since=0) for grain in (MINUTE, HOUR, DAY))
    assert all(bucket.start > end - 2 * HOUR - 2 * 600 for bucket in minutes)
    assert len(hours) == 72
    assert {bucket.occurrences for bucket in hours} == {6}
    assert sum(bucket.occurrences for bucket in days) == 432
    assert store.issues.hourly(since=end - 2 * HOUR)[1] == hours[-2:]


def test_tags_and_users_are_bounded(store, see):
    for number in range(VALUES + 5):
        sample = Occurrence(at=NOON + number, message="m", release="1.0", attributes={"http.route": f"/{number}"})
        users = frozenset(f"{number}-{user}" for user in range(100))
        see(sighting(at=NOON + number, samples=(sample,), users=users))
    tags = store.issues.tags(1)
    assert tags["release"] == {"1.0": VALUES + 5}
    assert (len(tags["http.route"]), tags["http.route"][OTHER]) == (VALUES + 1, 5)
    assert store.issues.get(1).users == USERS


def test_the_kept_samples_are_the_first_the_latest_and_some_between(store, see):
    for number in range(300):
        see(sighting(at=NOON + number, samples=(Occurrence(at=NOON + number, message=str(number)),)))
    kept = sorted(int(sample.message) for sample in store.issues.occurrences(1))
    assert len(kept) == OCCURRENCES_PER_ISSUE
    assert kept[:FIRST] == list(range(FIRST))
    assert kept[-LATEST:] == list(range(300 - LATEST, 300))
    between = kept[FIRST - 1 : -LATEST + 1]
    assert max(later - earlier for earlier, later in itertools.pairwise(between)) < 60


def test_what_is_old_goes(tmp_path):
    with closing(Store(tmp_path / "tocsin.db", retention=Retention(age=10.0 * DAY, occurrence_age=DAY))) as store:
        old = sighting("v1:old", at=NOON, samples=(Occurrence(at=NOON, message="m"),))
        store.issues.record([old], status_after=status_after)
        store.issues.record([sighting("v1:new", at=NOON + 2 * DAY)], status_after=status_after)
        assert store.issues.occurrences(1) == []
        store.issues.record([sighting("v1:new", at=NOON + 11 * DAY)], status_after=status_after)
        assert [issue.fingerprint for issue in store.issues.recent()] == ["v1:new"]


def test_a_file_that_is_too_large_loses_the_oldest_stack_traces_and_no_count(tmp_path):
    with closing(Store(tmp_path / "tocsin.db", retention=Retention(size=2_000_000))) as store:
        for number in range(100):
            samples = tuple(Occurrence(at=NOON + number, message="m", stacktrace="x" * 10_000) for _ in range(5))
            seen = sighting(f"v1:{number}", at=NOON + 400 * number, samples=samples)
            store.issues.record([seen], status_after=status_after)
        assert len(store.issues.recent()) == 100
        assert store.issues.occurrences(1) == []
        assert len(store.issues.occurrences(100)) == 5


def test_a_store_of_an_earlier_version_keeps_its_issues(tmp_path):
    path = tmp_path / "tocsin.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(";".join((*MIGRATIONS[:2], "PRAGMA user_version = 2")))
        row = "'ValueError', 'shop.parse', 'ValueError', 'validation', 'error', 0, 'ongoing', 7, 10.0, 20.0, '1', '2'"
        old.execute(f"INSERT INTO issues VALUES (5, 'shop', 'v1:aa', {row}, NULL, NULL)")
        old.execute("INSERT INTO fingerprints VALUES ('shop', 'v1:aa', 5)")
        old.execute("INSERT INTO occurrences VALUES (1, 5, 20.0, 'm', 's', 0, '2', '', '', '{}')")
        old.commit()
    with closing(Store(path)) as store:
        store.issues.record([sighting(at=NOON)], status_after=status_after)
        (issue,) = store.issues.recent()
        assert (issue.id, issue.count, issue.first_seen, issue.status_since) == (5, 8, 10.0, 10.0)
    with closing(sqlite3.connect(path)) as read:
        assert read.execute("SELECT count FROM fingerprints").fetchall() == [(8,)]


def test_decisions_about_an_issue_that_is_not_there(store):
    assert not store.issues.decide(9, RESOLVED, at=NOON, actor="")
    assert not store.issues.assign(9, "jane", at=NOON, actor="")
    assert not store.issues.unmerge(9, at=NOON, actor="")
