"""Message templates: the words of a message without the values in it."""

import re

#: Names with digits that are words, not values.
_WORDS = (
    r"(?:utf-?(?:8|16|32)|iso-?8859-\d+|latin-?1|cp\d{3,4}|md5|sha-?(?:1|2|3|224|256|384|512)|base(?:16|32|64|85)"
    r"|HTTP/[\d.]+|TLSv?[\d.]+|SSLv?[\d.]+|ipv[46]|x86(?:_64)?|amd64|arm64|int(?:8|16|32|64)|uint(?:8|16|32|64)"
    r"|float(?:16|32|64)|python[\d.]*|oauth2?|s3|ec2|h2|http2|p(?:50|90|95|99))\b"
)
_QUOTED = r"'(?:[^'\\\n]|\\.){0,500}'|\"(?:[^\"\\\n]|\\.){0,500}\"|`[^`\n]{0,500}`|“[^”\n]{0,500}”|«[^»\n]{0,500}»"
_TIME = r"\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
_DAY = r"(?:\d{4}[-/]\d{2}[-/]\d{2}|\d{1,2}/\d{1,2}/\d{2,4})"
_UNITS = r"(?:[nuµm]s|s|secs?|seconds?|m|mins?|minutes?|h|hours?|days?|[KMGT]?i?B|bytes)"
#: Kind of value → its shape; the first that fits wins.
_VALUES = {
    "email": r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}",
    "url": r"[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s'\"<>)\]]+",
    "uuid": r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b",
    "word": _WORDS,
    "str": _QUOTED,
    "date": rf"{_DAY}(?:[T ]{_TIME}(?:Z|[+-]\d{{2}}:?\d{{2}})?)?|{_TIME}",
    "ip": r"\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b|(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4}",
    "hex": r"0[xX][0-9a-fA-F]+|(?=[0-9a-fA-F]{0,63}\d)(?=[0-9a-fA-F]{0,63}[a-fA-F])[0-9a-fA-F]{6,128}\b",
    "path": r"(?:[A-Za-z]:\\|\\\\|~?/|\.{1,2}/)[\w.@+~%-]+(?:[/\\][\w.@+~%-]+)*[/\\]?",
    "duration": rf"\d+(?:\.\d+)?\s?{_UNITS}\b",
    "n": r"[+-]?\d[\d_,]*(?:\.\d+)?(?:[eE][+-]?\d+)?%?(?!\w)",
    "id": r"\w*\d\w*(?:[-:]\w+)*|[A-Za-z]+[-:]\d[\w-]*",
}
#: One identifier looks like a number, the next like hexadecimal digits: which of them it is must not matter.
_IDENTIFIERS = frozenset({"uuid", "hex", "n", "id"})
_VALUE = re.compile(r"(?<!\w)(?:" + "|".join(f"(?P<{name}>{pattern})" for name, pattern in _VALUES.items()) + ")")


def template_of(message: str) -> str:
    """The message with each value replaced by what it is (`<id>`, `<str>`, `<url>`, …).

    Linear in the length of the message: one alternation, every repetition bounded or over disjoint characters.
    """
    return " ".join(_VALUE.sub(_placeholder, message).split())


def _placeholder(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind == "word":
        return match[0]
    return "<id>" if kind in _IDENTIFIERS else f"<{kind}>"
