"""Quoted texts: Go's literals as strconv writes and reads them, and label values as Prometheus writes them."""

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
_CHARACTERS = {escape[1]: character for character, escape in _ESCAPES.items()} | {"'": "'"}
_PART = re.compile(
    r"""\\(?:(?P<simple>[abfnrtv\\"'])|x(?P<hex>[0-9a-fA-F]{2})|(?P<octal>[0-3][0-7]{2})"""
    r"""|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8}))|(?P<plain>[^\\]+)"""
)


def quote(text: str) -> str:
    """As `strconv.Quote`: in double quotes, what cannot be printed escaped."""
    return f'"{"".join(map(_escaped, text))}"'


def quote_rune(code: int) -> str:
    """As `strconv.QuoteRune`; what is no character is the one that stands for it."""
    character = chr(code) if 0 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"
    return "'" + {"'": "\\'", '"': '"'}.get(character, _escaped(character)) + "'"


def quote_value(text: str) -> str:
    """A label value in a matcher or a series: only the double quote, the backslash and the line feed are escaped."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'


def unquote(literal: str, *, errors: str = "strict") -> str:
    """As `strconv.Unquote` reads a literal in any quotes; `errors` is for bytes, written as escapes, that are no UTF-8.

    Raises:
        ValueError: an escape that Go does not know.
    """
    if literal.startswith("`"):
        return literal[1:-1].replace("\r", "")
    return b"".join(map(_bytes, _parts(literal[1:-1]))).decode(errors=errors)


def unquote_rune(literal: str) -> int:
    """The code point of a character literal.

    Raises:
        ValueError: not exactly one character.
    """
    text = "".join(part["plain"] or chr(_code(part)) for part in _parts(literal[1:-1]))
    if len(text) != 1:
        raise ValueError(f"malformed character constant: {literal}")
    return ord(text)


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _parts(body: str) -> list[re.Match[str]]:
    parts = list(_PART.finditer(body))
    if sum(len(part[0]) for part in parts) != len(body):
        raise ValueError("invalid syntax")
    return parts


def _bytes(part: re.Match[str]) -> bytes:
    if part["plain"]:
        return part["plain"].encode(errors="surrogateescape")
    code = _code(part)
    return bytes([code]) if part["hex"] or part["octal"] else chr(code).encode()


def _code(part: re.Match[str]) -> int:
    if part["simple"]:
        return ord(_CHARACTERS[part["simple"]])
    return int(part["octal"], 8) if part["octal"] else int(part["hex"] or part["short"] or part["long"], 16)
