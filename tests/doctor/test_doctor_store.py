from contextlib import closing

import pytest

from tocsin.doctor.store import check_store
from tocsin.store import Store


@pytest.fixture
def store(tmp_path):
    with closing(Store(tmp_path / "tocsin.db")) as store:
        yield store


def test_it_writes_and_leaves_nothing(store):
    store.metric_batches.after(0)
    written, _ = check_store(store, evaluate=True)
    assert (written.status, written.found) == ("ok", f"{store.path} is writable")
    assert store.metric_batches.after(0) == []


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    (check,) = check_store(Store(tmp_path / "file" / "tocsin.db"), evaluate=True)
    assert check.status == "broken"
    assert str(tmp_path / "file") in check.found
    assert check.fix.startswith("Point TOCSIN_STORE to")


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    check, evaluator = check_store(Store(tmp_path / "state" / "tocsin" / "tocsin.db"), evaluate=True)
    assert check.status == "ok"
    assert check.found.endswith("tocsin.db is not there yet; the application will make it")
    assert "nobody evaluates now" in evaluator.found
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write anywhere
    (check,) = check_store(Store(tmp_path / "tocsin.db"), evaluate=True)
    assert (check.status, check.found.endswith(f"cannot be made in {tmp_path}")) == ("broken", True)


def test_who_evaluates(store, tmp_path):
    *_, nobody = check_store(store, evaluate=True)
    assert (nobody.status, "nobody evaluates now" in nobody.found) == ("ok", True)
    *_, off = check_store(store, evaluate=False)
    assert (off.status, off.fix) == ("warning", "start one with `tocsin run`")
    other = Store(store.path)
    assert other.lock.acquire()
    *_, somebody = check_store(store, evaluate=False)
    assert (somebody.status, somebody.found.split()[0]) == ("ok", "process")
    other.lock.release()
