"""Files that are read again when they change."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

#: What changes when a file is written: whether it is worth reading is known without opening it.
Stamp = tuple[int, int, int, int]


def stamp(path: Path) -> Stamp:
    """Raises OSError."""
    status = path.stat()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


class Look(Struct, frozen=True):
    """A file as it was last: None and nothing where it could not be read."""

    stamp: Stamp | None = None
    digest: bytes = b""


class Watched:
    """Tells changes of content from files that were only touched."""

    def __init__(self) -> None:
        self._looks: dict[Path, Look] = {}

    def changed(self, paths: Iterable[Path]) -> bool:
        """Whether any came, went, or has another content than at the last call; the first call gives the first look."""
        before = self._looks
        self._looks = {path: _look(path, before.get(path, Look())) for path in paths}
        return {path: look.digest for path, look in self._looks.items()} != {
            path: look.digest for path, look in before.items()
        }


def _look(path: Path, last: Look) -> Look:
    try:
        found = stamp(path)
        return last if found == last.stamp else Look(found, hashlib.sha256(path.read_bytes()).digest())
    except OSError:
        return Look()
