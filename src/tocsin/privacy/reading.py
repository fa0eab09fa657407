"""Text as the detectors look at it."""

import re
from typing import NamedTuple

from tocsin.privacy import shapes

_PLUS = re.compile(r"(?<=\d)\+(?=\d)")


class Finding(NamedTuple):
    """Characters `start` to `end` are personal data or a secret of this kind."""

    start: int
    end: int
    kind: str


class Reading(NamedTuple):
    """A text, and two views of it that have one byte a character, so that positions are the same in all three.

    `lower` is ASCII in lower case; `shape` says of which class each character is (`shapes.shape_of`). Searching them
    for a few bytes is what makes clean text cheap.
    """

    text: str
    lower: bytes
    shape: bytes


def read(text: str) -> Reading:
    """All views of a text. Characters beyond ASCII are `?`; a `+` between digits is a blank, as in query strings."""
    if "+" in text:
        text = _PLUS.sub(" ", text)
    plain = text.encode("ascii", "replace")
    return Reading(text, plain.lower(), shapes.shape_of(plain))
