"""Go's literals: strings, characters and numbers."""

import re

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"', "'": "'"}
_DECIMAL = re.compile(r"[+-]?(\d+(_\d+)*)?(\.(\d+(_\d+)*)?)?([eE][+-]?\d+)?")
_INTEGER_BASE = {"0x": 16, "0o": 8, "0b": 2}


def unquote(literal: str) -> str:
    """The text of a quoted, raw or character literal.

    Raises:
        ValueError: An escape that Go does not know.
    """
    if literal.startswith("`"):
        return literal[1:-1].replace("\r", "")
    return _ESCAPE.sub(_unescape, literal[1:-1])


def character(literal: str) -> int:
    """The code point of a character literal.

    Raises:
        ValueError: Not exactly one character.
    """
    text = unquote(literal)
    if len(text) != 1:
        raise ValueError(f"malformed character constant: {literal}")
    return ord(text)


def _unescape(escape: "re.Match[str]") -> str:
    byte, short, long, octal, simple = escape.groups()
    if simple is not None:
        if simple not in _SIMPLE:
            raise ValueError("invalid syntax")
        return _SIMPLE[simple]
    return chr(int(octal, 8) if octal else int(byte or short or long, 16))


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
