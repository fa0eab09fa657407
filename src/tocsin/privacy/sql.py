"""Literals in SQL, and what statements were given: nobody knows which of them are somebody's."""

import re
from collections.abc import Iterator

from tocsin.privacy.reading import Finding, Reading

_LITERAL = re.compile(
    # MySQL's strings; with a dot behind them, or elsewhere, they are names.
    r"(?P<text>(?:(?<==)|(?<== )|(?i:(?<=like )))\"(?:[^\"\\]|\"\"|\\.)*(?:\"(?!\.)|\Z))"
    r"|(?P<string>'(?:[^'\\]|''|\\.)*(?:'|\Z))"
    r"|(?P<dollar>\$(?P<tag>\w{0,32})\$.*?(?:\$(?P=tag)\$|\Z))"
    r'|"(?:[^"]|"")*(?:"|\Z)|`[^`]*(?:`|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)'
    r"|(?P<number>(?<![\w.$:%@?\[])(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.]))",
    re.DOTALL,
)
#: What SQLAlchemy's messages repeat, each up to a bracket at the end of a line.
_STATEMENT, _PARAMETERS = "[SQL: ", "[parameters: "
#: PostgreSQL's details; MySQL's and SQL's own way to set a password.
_ROW = re.compile(r"Failing row contains \((?P<value>[^\n]*)\)")
_PASSWORD = re.compile(r"\b(?:identified\s+by|password)\s+'(?P<value>[^'\n\[][^'\n]{0,255})'", re.IGNORECASE)


#: Strings and numbers in JSON that are no names, for databases of documents.
_JSON_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"(?P<name>\s*:)?|(?<![\w."-])-?\d+(?:\.\d+)?(?![\w.])')


def literals(statement: str) -> str:
    """The statement with `?` for every literal; names, also quoted ones, and comments stay."""
    if statement.lstrip()[:1] in {"{", "["}:
        return _JSON_VALUE.sub(lambda match: match[0] if match["name"] or match[0] == '"?"' else '"?"', statement)
    return _LITERAL.sub(_placeholder, statement)


def _placeholder(match: re.Match[str]) -> str:
    return "?" if match["text"] or match["string"] or match["dollar"] or match["number"] else match[0]


def statements(reading: Reading) -> Iterator[Finding]:
    """What messages of databases repeat of statements: parameters, rows and literals."""
    text = reading.text
    if "[" in text:
        for start, end in _blocks(text, _STATEMENT):
            yield from _strings(text, start, end)
        yield from (Finding(start, end, "sql") for start, end in _blocks(text, _PARAMETERS))
    if "Failing row" in text:
        yield from (Finding(*match.span("value"), "sql") for match in _ROW.finditer(text))
    if "'" in text and (b"identified " in reading.lower or b"password '" in reading.lower):
        yield from (Finding(*match.span("value"), "secret") for match in _PASSWORD.finditer(text))


def _blocks(text: str, opening: str) -> Iterator[tuple[int, int]]:
    """Begin and end of what is in such brackets; where it was cut off, to the end of the text."""
    at = text.find(opening)
    while at >= 0:
        start, end = at + len(opening), text.find("]\n", at)
        if end < 0:
            end = len(text) - text.endswith("]")
        if not text.startswith("[sql", start):
            yield start, end
        at = text.find(opening, max(end, start))


def _strings(text: str, start: int, end: int) -> Iterator[Finding]:
    for match in _LITERAL.finditer(text, start, end):
        inside = match.start() + 1, match.end() - 1
        if match["string"] and inside[0] < inside[1] and text[inside[0] : inside[0] + 4] != "[sql":
            yield Finding(*inside, "sql")
