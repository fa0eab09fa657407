"""What Tocsin says to a person: single lines on stderr, never a traceback, never an exception."""

import os
import sys
from typing import Any


class Notices:
    """Writes lines to stderr; a line with a key is written once in the life of the process."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def say(self, text: str, *, once: str | None = None) -> None:
        """Write `tocsin: text` as one line. A closed or broken stderr loses the line and nothing else."""
        if once is not None:
            if once in self._said:
                return
            self._said.add(once)
        try:
            _write(sys.stderr, f"tocsin: {' '.join(text.split())}\n")
        except (OSError, ValueError, AttributeError, RuntimeError):
            # A signal handler that interrupts another write is told so by a RuntimeError.
            return


def _write(stream: Any, line: str) -> None:
    """Past the stream's buffer: what cannot be written would stay there, and make the exit of the process fail."""
    descriptor = _descriptor(stream)
    if descriptor is None:
        stream.write(line)
        stream.flush()
    else:
        os.write(descriptor, line.encode(stream.encoding or "utf-8", "backslashreplace"))


def _descriptor(stream: Any) -> int | None:
    """None for what stands in for a file: a test's, a notebook's, Celery's."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None
    return descriptor if isinstance(descriptor, int) else None


notices = Notices()
