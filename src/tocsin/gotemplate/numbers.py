"""Go's literals of numbers."""

import re

_DECIMAL = re.compile(r"[+-]?(\d+(_\d+)*)?(\.(\d+(_\d+)*)?)?([eE][+-]?\d+)?")
_INTEGER_BASE = {"0x": 16, "0o": 8, "0b": 2}


def number(literal: str) -> int | float:
    """An int, or a float where the literal has a point or an exponent.

    Raises:
        ValueError: Not a number, or an integer beyond 64 bits.
    """
    digits = literal.lstrip("+-")
    base = _INTEGER_BASE.get(digits[:2].lower())
    if base == 16 and "p" in digits.lower():
        return float.fromhex(literal.replace("_", ""))
    if base is not None:
        return _signed(literal, int(digits[2:].replace("_", ""), base))
    if not _DECIMAL.fullmatch(literal):
        raise ValueError(f'bad number syntax: "{literal}"')
    if any(mark in digits for mark in ".eE"):
        return float(literal.replace("_", ""))
    if digits.startswith("0") and not set(digits) <= set("01234567_"):
        raise ValueError(f'integer overflow: "{literal}"')
    return _signed(literal, int(digits.replace("_", ""), 8 if digits.startswith("0") else 10))


def _signed(literal: str, magnitude: int) -> int:
    if magnitude >= 1 << 63:
        raise ValueError(f'integer overflow: "{literal}"')
    return -magnitude if literal.startswith("-") else magnitude
