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
_DIGITS = bytes(ord("0") if chr(byte) in string.digits else byte for byte in range(256))
#: Digits of a fraction, most first. What two steps leave is too short for a number, or follows a letter.
_FRACTIONS = tuple((b"0." + b"0" * count, b"0." + b"f" * count) for count in (14, 7))
_TOKEN_CHARACTERS = frozenset((string.ascii_letters + string.digits + "_-").encode())
_WORDS = bytes(ord("w") if byte in _TOKEN_CHARACTERS else ord(" ") for byte in range(256))


def shape_of(plain: bytes) -> bytes:
    """Digits as `0`, letters as `A` and `a`, blanks and signs that group digits as `-`; `_`, `+`, `(`, `)`, or `?`."""
    return plain.translate(_SHAPES)


def without_fractions(plain: bytes) -> bytes:
    """Digits as `0`, but for those of long fractions, of which JSON may be full: they are nobody's number."""
    digits = plain.translate(_DIGITS)
    for fraction, hidden in _FRACTIONS:
        digits = digits.replace(fraction, hidden)
    return digits


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
