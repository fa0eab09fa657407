"""The shape of text: each character by its class, as in `AA00-0000` for a number that begins with two letters."""

import string
from collections.abc import Iterator

_CLASSES = {
    ord("0"): string.digits,
    ord("A"): string.ascii_uppercase,
    ord("a"): string.ascii_lowercase,
    ord("-"): " -./\u00a0",
    ord("_"): "_",
    ord("+"): "+",
    ord("("): "(",
    ord(")"): ")",
}
_OF_CHARACTER = {ord(character): kind for kind, characters in _CLASSES.items() for character in characters}
_SHAPES = bytes(_OF_CHARACTER.get(byte, ord("?")) for byte in range(256))
_TOKEN_CHARACTERS = frozenset((string.ascii_letters + string.digits + "_-").encode())
_WORDS = bytes(ord("w") if byte in _TOKEN_CHARACTERS else ord(" ") for byte in range(256))


def shape_of(plain: bytes) -> bytes:
    """Digits as `0`, letters as `A` and `a`, blanks and signs that group digits as `-`; `_`, `+`, `(`, `)`, or `?`."""
    return plain.translate(_SHAPES)


def positions(shape: bytes, part: bytes) -> Iterator[int]:
    """Where a part begins; of overlapping ones the first."""
    at = shape.find(part)
    while at >= 0:
        yield at
        at = shape.find(part, at + len(part))


def runs(plain: bytes, length: int) -> Iterator[tuple[int, int]]:
    """Begin and end of every unbroken run of at least so many letters, digits, `_` and `-`."""
    words = plain.translate(_WORDS)
    part = b"w" * length
    start = words.find(part)
    while start >= 0:
        end = words.find(b" ", start)
        end = len(words) if end < 0 else end
        yield start, end
        start = words.find(part, end)
