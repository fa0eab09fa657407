"""What Tocsin says to a person: single lines on stderr, never a traceback, never an exception."""

import sys


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
            sys.stderr.write(f"tocsin: {' '.join(text.split())}\n")
            sys.stderr.flush()
        except (OSError, ValueError, AttributeError):
            return


notices = Notices()
