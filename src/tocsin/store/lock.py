"""One evaluator at a time: a lock that the kernel frees when its holder dies."""

import contextlib
import fcntl
import os
import weakref
from pathlib import Path


class EvaluatorLock:
    """An exclusive `flock` beside the store.

    Not inherited: a forked child gives up its copy of the descriptor at once, so that the lock is free the moment
    the process that took it is gone. Never blocks.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None
        this = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _forget(this()))

    @property
    def held(self) -> bool:
        """Whether this process holds the lock: the file at the path, not one that was deleted or replaced since."""
        return self._fd is not None and self._is_at_path(self._fd)

    def acquire(self) -> bool:
        """Take the lock if it is free; True while this process holds it. Raises OSError where no file can be made."""
        if self.held:
            return True
        self.release()
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.write(fd, str(os.getpid()).encode())
        except OSError as error:
            os.close(fd)
            if isinstance(error, BlockingIOError):
                return False
            raise
        self._fd = fd
        return self.held

    def release(self) -> None:
        """Give the lock to whoever asks next."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def holder(self) -> int | None:
        """Pid of the process that holds the lock now, or None when nobody does."""
        if self.held:
            return os.getpid()
        with contextlib.suppress(OSError, ValueError), self._path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read())
        return None

    def _is_at_path(self, fd: int) -> bool:
        with contextlib.suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(fd), self._path.stat())
        return False


def _forget(lock: EvaluatorLock | None) -> None:
    if lock is not None:
        lock.release()
