"""Who evaluates, and what happens where nobody can."""

import gc
import importlib.util
import os
import threading
import weakref

import pytest
from opentelemetry.sdk.metrics import MeterProvider

from tocsin.config import Config
from tocsin.evaluator import candidate as room
from tocsin.evaluator.evaluator import Evaluator
from tocsin.store import Store, StoreError
from tocsin.store.metrics import RETENTION
from tocsin.telemetry import samples

ALWAYS = "groups: [{name: g, rules: [{alert: Always, expr: vector(1)}]}]"


@pytest.fixture
def rules(scene):
    return (scene.write("rules.yml", ALWAYS),)


@pytest.fixture
def written(scene):
    """The names of the series that were written since the last time."""
    seen = 0

    def written():
        nonlocal seen
        batches = scene.store().metric_batches.after(seen)
        seen = batches[-1].id if batches else seen
        return {dict(labels)["__name__"] for batch in batches for labels, _, _ in samples(batch.payload)}

    return written


def test_one_evaluates_and_another_when_that_one_lets_go(scene, rules):
    first, second = scene.candidate(rules=rules), scene.candidate(rules=rules)
    assert scene.step(first, second, times=3) == [True, False]
    first.leave()
    assert scene.step(second, first, times=3) == [True, False]


def test_only_who_evaluates_speaks_for_the_machine_and_for_the_issues(scene, sighting, written):
    first, second = scene.candidate(), scene.candidate()
    first._store.issues.record([sighting(at=scene.clock())], status_after=lambda issue, *_: issue.status)
    scene.step(first)
    spoken = {
        "tocsin_issue_first_seen_timestamp_seconds",
        "system_memory_usage_bytes",
        "tocsin_self_evaluation_lag_seconds",
    }
    assert spoken <= written()
    first.leave()
    first._collect()
    assert not spoken & written()
    scene.step(second)
    assert spoken <= written()


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_neither_evaluates_nor_speaks(scene, rules, written):
    candidate = scene.candidate(rules=rules)
    scene.step(candidate)
    written()
    child = os.fork()
    if child == 0:
        candidate._collect()
        os._exit(int(candidate.step() or bool(written())))
    assert os.waitpid(child, 0)[1] == 0
    assert candidate.step()


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_that_takes_over_begins_with_what_the_store_holds(scene, rules):
    """Not with what its parent knew at the fork, nor waiting for a step that no thread of the child is at."""
    candidate = scene.candidate(rules=rules)
    scene.step(candidate)
    ready, go = os.pipe()
    with candidate._stepping:
        child = os.fork()
    if child == 0:
        os.read(ready, 1)
        scene.clock.advance(60)
        os._exit(0 if candidate.step() and scene.states() == {} else 1)
    scene.write("rules.yml", "groups: []")
    candidate.leave(timeout=10)
    scene.store().alerts.replace([], gone=scene.store().alerts.current())
    os.write(go, b"!")
    assert os.waitpid(child, 0)[1] == 0


def test_two_threads_do_not_evaluate_at_once(scene, rules, monkeypatch):
    candidate = scene.candidate(rules=rules)
    entered, released = threading.Event(), threading.Event()

    def slow(_self, _now):
        entered.set()
        assert released.wait(10)

    monkeypatch.setattr(Evaluator, "tick", slow)
    stepping = threading.Thread(target=candidate.step)
    stepping.start()
    assert entered.wait(10)
    assert not candidate.step()
    candidate.leave()
    assert candidate._store.lock.held
    released.set()
    stepping.join()


def test_without_numpy_nothing_happens_and_others_may_evaluate(scene, rules, said, monkeypatch):
    find = importlib.util.find_spec
    without, other = scene.candidate(rules=rules), scene.candidate(rules=rules)
    monkeypatch.setattr(room, "find_spec", lambda name: None if name == "numpy" else find(name))
    assert scene.step(without, times=2) == [False]
    assert room.outlook(scene.config()) == "off (pip install 'tocsin[engine]')"
    monkeypatch.setattr(room, "find_spec", find)
    assert scene.step(other) == [True]
    assert said() == []


def test_who_cannot_evaluate_does_not_keep_others_from_it(scene, rules, monkeypatch):
    broken, other = scene.candidate(rules=rules), scene.candidate(rules=rules)

    def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr(Evaluator, "__init__", fail)
    with pytest.raises(RuntimeError):
        broken.step()
    monkeypatch.undo()
    assert scene.step(other, broken) == [True, False]


def test_a_store_that_cannot_be_used_is_said_once_and_used_when_it_can(scene, rules, said):
    scene.folder.joinpath("tocsin.db").mkdir()
    candidate = scene.candidate(rules=rules)
    assert scene.step(candidate, times=3) == [False]
    (line,) = said()
    assert line.startswith(f"tocsin: nothing is saved and nobody is alerted: store {scene.path}: ")
    scene.folder.joinpath("tocsin.db").rmdir()
    assert scene.step(candidate) == [True]
    assert scene.told() == [("firing", "Always")]


def test_a_folder_that_cannot_be_made_is_said_once(tmp_path, said, clock):
    (tmp_path / "file").write_text("")
    config = Config(store=tmp_path / "file" / "tocsin.db", packs=())
    meter = MeterProvider(shutdown_on_exit=False).get_meter("test")
    candidate = room.Candidate(config, store=Store(config.store), meter=meter, collect=list, clock=clock)
    assert [candidate.step(), candidate.step()] == [False, False]
    (line,) = said()
    assert "alerts are off" in line
    assert str(tmp_path / "file") in line


def test_a_tick_that_could_not_be_stored_has_not_happened(scene, rules, said, monkeypatch):
    candidate = scene.candidate(rules=rules)
    scene.step(candidate)
    scene.write("told.jsonl", "")
    store = candidate._store
    scene.store().alerts.replace([], gone=scene.store().alerts.current())

    def fail(_decisions):
        raise StoreError("store tocsin.db: disk full")

    monkeypatch.setattr(store.notifications, "enqueue", fail)
    history = scene.store().alerts.history()
    assert scene.step(candidate) == [False]
    assert scene.store().alerts.history() == history
    monkeypatch.undo()
    assert scene.step(candidate) == [True]


def test_a_candidate_is_not_kept_alive_by_its_fork_handler(scene):
    candidate = weakref.ref(scene.candidate())
    scene._exits.pop_all()
    gc.collect()
    assert candidate() is None


def test_lag_is_what_a_slow_evaluation_adds(scene, rules, clock, written):
    candidate = scene.candidate(rules=rules)
    scene.step(candidate)

    def lag():
        return round(candidate._metrics.lag.seconds())

    assert lag() == 0
    clock.advance(15)
    assert lag() == 0
    clock.advance(40)
    assert lag() == 40
    candidate.step()
    assert lag() == 0
    assert "tocsin_self_evaluation_lag_seconds" in written()


def test_the_store_forgets_what_nobody_needs(scene, rules, clock):
    candidate = scene.candidate(rules=rules, repeat_interval=7 * 86400.0)
    scene.step(candidate)
    assert scene.told() == [("firing", "Always")]
    store = scene.store()
    clock.advance(6 * 86400)
    scene.step(candidate)
    assert len(store.notifications.logged()) == 1
    assert scene.told() == [("firing", "Always")]
    clock.advance(8 * 86400)
    scene.step(candidate, times=2)
    assert scene.told() == [("firing", "Always")] * 2
    assert len(store.notifications.history()) == 1
    assert len(store.metric_batches.after(0, limit=1000)) < RETENTION / 15
