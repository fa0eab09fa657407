import multiprocessing
import os
import signal

from tocsin.store import EvaluatorLock


def test_one_holder_at_a_time(tmp_path):
    first, second = EvaluatorLock(tmp_path / "lock"), EvaluatorLock(tmp_path / "lock")
    assert first.acquire()
    assert not second.acquire()
    assert second.holder() == os.getpid()
    first.release()
    assert second.holder() is None
    assert second.acquire()
    second.release()


def _hold(path, ready, wait):
    EvaluatorLock(path).acquire() and ready.set()
    wait.wait(30)


def test_the_kernel_frees_the_lock_of_a_killed_process(tmp_path):
    spawn = multiprocessing.get_context("fork")
    ready, wait = spawn.Event(), spawn.Event()
    holder = spawn.Process(target=_hold, args=(tmp_path / "lock", ready, wait))
    holder.start()
    assert ready.wait(10)
    mine = EvaluatorLock(tmp_path / "lock")
    assert not mine.acquire()
    assert mine.holder() == holder.pid
    os.kill(holder.pid, signal.SIGKILL)
    holder.join()
    assert mine.acquire()
    mine.release()


def _try(path, lock, result):
    result.put((lock.held, EvaluatorLock(path).acquire()))


def test_a_forked_child_neither_holds_nor_frees_its_parents_lock(tmp_path):
    lock = EvaluatorLock(tmp_path / "lock")
    assert lock.acquire()
    fork = multiprocessing.get_context("fork")
    result = fork.SimpleQueue()
    child = fork.Process(target=_try, args=(tmp_path / "lock", lock, result))
    child.start()
    child.join()
    assert result.get() == (False, False)
    assert not EvaluatorLock(tmp_path / "lock").acquire()
    lock.release()


def test_a_lock_whose_file_was_deleted_is_held_no_longer(tmp_path):
    first, second = EvaluatorLock(tmp_path / "lock"), EvaluatorLock(tmp_path / "lock")
    assert first.acquire()
    (tmp_path / "lock").unlink()
    assert not first.held
    assert second.acquire()
    assert not first.acquire()
    assert first.holder() == os.getpid()
    second.release()
    assert first.acquire()
    first.release()
