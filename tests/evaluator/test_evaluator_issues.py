"""The shipped rules about issues, on issues as processes record them."""

import pytest
from msgspec.structs import asdict

from tocsin.errors import acknowledged, muted, resolved
from tocsin.evaluator import issue_metrics

DAY = 86400.0


def keep(issue, *_):
    return issue.status


@pytest.fixture
def record(scene, sighting):
    store = scene.store()

    def record(fingerprint="v1:00", *, status_after=keep, **changes):
        store.issues.record([sighting(fingerprint, at=scene.clock(), **changes)], status_after=status_after)

    return record


@pytest.fixture
def candidate(scene):
    return lambda: scene.candidate(packs=("issues",))


def test_a_new_issue_is_told_once_and_not_that_it_is_no_longer_new(scene, record, candidate):
    evaluator = candidate()
    record()
    scene.step(evaluator)
    assert scene.told() == [("firing", "NewIssue")]
    scene.step(evaluator, times=130)
    record()
    scene.step(evaluator, times=3)
    assert scene.states() == {}
    assert scene.told() == [("firing", "NewIssue")]


def test_an_issue_that_came_back_is_told_each_time(scene, record, candidate):
    evaluator = candidate()
    record()
    for _ in range(2):
        scene.clock.advance(2 * DAY)
        scene.store().issues.decide(1, {"status": "resolved"}, at=scene.clock(), actor="")
        record(status_after=lambda *_: "regressed")
        scene.step(evaluator, times=80)
    assert scene.told() == [("firing", "RegressedIssue")] * 2


def test_another_evaluator_does_not_tell_of_an_issue_again(scene, record, candidate):
    record()
    for _ in range(5):
        evaluator = candidate()
        scene.step(evaluator, times=2)
        evaluator.leave(timeout=10)
    assert scene.told() == [("firing", "NewIssue")]


def test_nor_does_one_that_comes_after_all_series_have_ended(scene, record, candidate):
    record()
    first = candidate()
    scene.step(first)
    first.leave(timeout=10)
    scene.clock.advance(600)
    scene.step(candidate(), times=3)
    assert scene.states() == {"NewIssue": "firing"}
    assert scene.told() == [("firing", "NewIssue")]


def test_an_issue_begun_while_nobody_evaluated_is_told(scene, record, candidate):
    record()
    scene.clock.advance(600)
    scene.step(candidate())
    assert scene.told() == [("firing", "NewIssue")]


def test_a_new_issue_is_told_among_more_issues_than_have_series(scene, record, candidate, monkeypatch):
    monkeypatch.setattr(issue_metrics, "SERIES", 20)
    for number in range(30):
        record(f"v1:{number}")
    scene.clock.advance(DAY)
    record("v1:new")
    for number in range(30):
        record(f"v1:{number}")
    scene.step(candidate())
    assert scene.told() == [("firing", "NewIssue")]


@pytest.mark.parametrize("standing", [muted(), resolved(), acknowledged()], ids=lambda it: it.status)
def test_what_is_decided_about_an_issue_ends_its_alert_at_once(scene, record, candidate, standing):
    evaluator = candidate()
    record()
    scene.step(evaluator, times=2)
    assert scene.states() == {"NewIssue": "firing"}
    scene.store().issues.decide(1, asdict(standing), at=scene.clock(), actor="jane")
    scene.step(evaluator)
    assert scene.states() == {"NewIssue": "inactive"}


def test_an_issue_that_is_merged_ends_its_alert_at_once(scene, record, candidate):
    evaluator = candidate()
    record("v1:00")
    scene.clock.advance(1800)
    record("v1:01")
    scene.step(evaluator, times=2)
    assert scene.states() == {"NewIssue": "firing"}
    scene.store().issues.merge([2], into=1, at=scene.clock(), actor="jane")
    scene.step(evaluator)
    assert scene.states() == {"NewIssue": "inactive"}
