"""Go's way of writing strings, which is part of every group key."""

import re

_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    '"': r"\"",
    "\\": r"\\",
}
_CHARACTERS = {escape: character for character, escape in _ESCAPES.items()}
_ESCAPED = re.compile(rb'\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|([^\\])')


def quote(text: str) -> str:
    """As `strconv.Quote`: in double quotes, what cannot be printed escaped."""
    return '"' + "".join(_ESCAPES.get(character) or _printable(character) for character in text) + '"'


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(text: str) -> str | None:
    """As `strconv.Unquote` reads double quotes; text without quotes is returned as it is, malformed text is None."""
    if not text.startswith('"'):
        return text
    body = text[1:-1].encode()
    parts = list(_ESCAPED.finditer(body))
    if sum(len(part[0]) for part in parts) != len(body):
        return None
    try:
        return b"".join(_unescaped(part) for part in parts).decode()
    except (UnicodeDecodeError, ValueError, OverflowError):
        return None


def _unescaped(part: re.Match[bytes]) -> bytes:
    simple, hexadecimal, octal, short, long, plain = part.groups()
    if plain is not None:
        return bytes(plain)
    if simple is not None:
        return _CHARACTERS["\\" + simple.decode()].encode()
    if short or long:
        return chr(int(short or long, 16)).encode()
    return bytes([int(hexadecimal, 16) if hexadecimal else int(octal, 8)])
