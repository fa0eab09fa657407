"""Rules that write into the head they read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.series import Head, Labels


class HeadSink:
    """Where rules write their series."""

    def __init__(self, head: Head) -> None:
        self._head = head

    def append(self, labels: Labels, at: float, value: float) -> None:
        """Write a sample."""
        self._head.append(labels, round(at * 1000), value)

    def mark_stale(self, labels: Labels, at: float) -> None:
        """End a series."""
        self._head.stale(labels, round(at * 1000))
