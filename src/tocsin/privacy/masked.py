"""What becomes of a text."""

from typing import NamedTuple


class Masked(NamedTuple):
    """Text after masking, and the kind of each value that was found in it (`email`, `card`, `secret`, …), in order."""

    text: str
    found: tuple[str, ...] = ()
