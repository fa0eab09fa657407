"""What masking remembers: the attributes of telemetry repeat, and so do the frames of stack traces."""

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

#: What remembering one thing takes beside its characters.
_OVERHEAD = 200


class Memory(Generic[T]):
    """Things that were looked at lately: those that are clean, and what became of the others.

    `clean` and `changed` are for reading: `attributes.items() <= memory.clean` asks for all at once, at the speed of C.
    Holds some `size` bytes at most; when it is full, it begins anew: what is in use is soon back. Thread-safe.
    """

    def __init__(self, size: int) -> None:
        self.clean: set[Hashable] = set()
        self.changed: dict[Hashable, T] = {}
        self._size = size
        self._held = 0

    def remember(self, thing: Hashable, outcome: T | None, *, length: int) -> None:
        """Keep a thing of so many characters: clean, or with what became of it."""
        self._held += length + _OVERHEAD
        if self._held > self._size:
            self.clean.clear()
            self.changed.clear()
            self._held = length + _OVERHEAD
        if outcome is None:
            self.clean.add(thing)
        else:
            self.changed[thing] = outcome
