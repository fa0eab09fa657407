"""Numbers and strings as PromQL writes them."""

from __future__ import annotations

import re

_OCTAL = re.compile(r"0[0-7_]+")

_LITERAL_RUN = re.compile(r"[^\\\n\"'`\ud800-\udfff]+")
_SIMPLE_ESCAPES = dict(zip("abfnrtv\\", "\a\b\f\n\r\t\v\\", strict=True))
_NUMERIC_ESCAPES = {"x": (2, 16), "u": (4, 16), "U": (8, 16)}
_DIGITS = "0123456789abcdef"


def number(text: str) -> float:
    """As Go's `ParseInt(…, 0, 64)` and then `ParseFloat` read it: `0755` is octal, `1_000` is a thousand.

    Raises:
        ValueError: `text` is no number, or one that a float cannot hold.
    """
    if text.lower() in {"inf", "nan"}:
        return float(text)
    if text[:2] in {"0x", "0X"}:
        return float(int(text, 16))
    if _OCTAL.fullmatch(text):
        return float(int(text, 8))
    value = float(text)
    if value == float("inf"):
        raise ValueError(f'error parsing number: strconv.ParseFloat: parsing "{text}": value out of range')
    return value


def string(source: str, start: int) -> tuple[str, int]:
    """The value of the string literal that starts at `start`, and where it ends.

    Raises:
        ValueError: the literal is not closed, or an escape in it is wrong.
    """
    delimiter = source[start]
    if delimiter == "`":
        return _raw_string(source, start)
    value = bytearray()
    position = start + 1
    while (character := source[position : position + 1]) != delimiter:
        if run := _LITERAL_RUN.match(source, position):
            value += run[0].encode()
            position = run.end()
        elif character == "\\":
            piece, position = _escape(source, position + 1, delimiter)
            value += piece
        else:
            value += _ordinary(character)
            position += 1
    return value.decode("utf-8", "surrogateescape"), position + 1


def _ordinary(character: str) -> bytes:
    if character in {"", "\n"}:
        raise ValueError("unterminated quoted string")
    try:
        return character.encode()
    except UnicodeEncodeError:
        raise ValueError("invalid UTF-8 rune") from None


def _raw_string(source: str, start: int) -> tuple[str, int]:
    end = source.find("`", start + 1)
    if end < 0:
        raise ValueError("unterminated raw string")
    value = source[start + 1 : end]
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("invalid UTF-8 rune")
    return value, end + 1


def _escape(source: str, position: int, delimiter: str) -> tuple[bytes, int]:
    character = source[position : position + 1]
    if character == delimiter:
        return delimiter.encode(), position + 1
    if character and character in _SIMPLE_ESCAPES:
        return _SIMPLE_ESCAPES[character].encode(), position + 1
    if character in _NUMERIC_ESCAPES:
        length, base = _NUMERIC_ESCAPES[character]
        return _code_point(source[position + 1 : position + 1 + length], length, base, character), position + 1 + length
    if character and character in "01234567":
        return _code_point(source[position : position + 3], 3, 8, "x"), position + 3
    if not character:
        raise ValueError("escape sequence not terminated")
    raise ValueError(f"unknown escape sequence U+{ord(character):04X} '{character}'")


def _code_point(digits: str, length: int, base: int, kind: str) -> bytes:
    for digit in digits:
        if digit.lower() not in _DIGITS[:base]:
            raise ValueError(f"illegal character U+{ord(digit):04X} '{digit}' in escape sequence")
    if len(digits) < length:
        raise ValueError("escape sequence not terminated")
    code = int(digits, base)
    limit = 255 if kind == "x" else 0x10FFFF
    if code > limit or 0xD800 <= code < 0xE000:
        raise ValueError("escape sequence is an invalid Unicode code point")
    return bytes([code]) if kind == "x" else chr(code).encode()
