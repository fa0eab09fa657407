"""Discriminators that the message of an error carries and its stack does not.

Read from the text only, so that an exception and its exported form have the same codes.
"""

import re
from functools import lru_cache
from typing import NamedTuple

#: Codes that a protocol defines: whatever line raises them, another code is another cause.
PROTOCOL_CODES = frozenset(
    {
        "api.error",
        "api.operation",
        "errno",
        "exit.status",
        "http.status",
        "name",
        "nested",
        "port",
        "receiver",
        "rpc.status",
        "sqlstate",
    }
)
#: What a database says about data and schema.
DATABASE_CODES = frozenset({"sqlstate", "rule", "constraint", "column", "table"})

#: A name that cannot be resolved: which of these a resolver says depends on the machine.
_UNRESOLVED = frozenset({"-2", "-3", "-5"})
_DIGITS = re.compile(r"\d+")
_NAME = r"[\"'`]?(?P<value>[A-Za-z_][\w$.-]{0,127})"
_HOST = r"(?P<value>[A-Za-z][\w-]{0,62}(?:\.[\w-]{1,63}){0,8})"
_STATUS = r"(?P<value>[45]\d\d)(?![\w%]|\.\d|,\d| [a-z]+s\b)"
_ANSWERED = r"\b(?:returned|responded|answered|replied|got|received|with|response|->)(?: an?| code)? " + _STATUS
_QUOTED = r"[\"'`](?P<value>[^\"'`]{1,128})[\"'`]"


class _Reading(NamedTuple):
    """How a code is read: only messages that hold `hint` are searched."""

    code: str
    hint: str
    pattern: re.Pattern[str]


_READINGS = tuple(
    _Reading(code, hint, re.compile(pattern))
    for code, hint, pattern in (
        ("http.status", " Error", r"^(?P<value>[1-5]\d\d) (?:Client|Server) Error\b"),
        ("http.status", " error '", r"^(?:Client|Server|Redirect) (?:error|response) '(?P<value>[1-5]\d\d)\b"),
        ("http.status", "rror", r"^(?:HTTP Error|Error code:?) (?P<value>[1-5]\d\d)\b"),
        ("http.status", "HTTP", r"\bHTTP(?: status)?(?: code)?:? (?P<value>[1-5]\d\d)\b"),
        ("http.status", "tatus", r"(?<!exit )\b[Ss]tatus(?:[_ ]?[Cc]ode)?[:= ]{1,3}(?P<value>[1-5]\d\d)\b"),
        ("http.status", "", r"^(?P<value>[45]\d\d)(?:,|:| [A-Z][A-Za-z' ]{2,40}(?::|$))"),
        ("http.status", " 4", _ANSWERED),
        ("http.status", " 5", _ANSWERED),
        ("rpc.status", "StatusCode.", r"\bStatusCode\.(?P<value>[A-Z_]{2,40})"),
        ("api.error", "An error occurred (", r"\bAn error occurred \((?P<value>\w{1,80})\)"),
        ("api.operation", "when calling the ", r"\bwhen calling the (?P<value>\w{1,80}) operation"),
        ("errno", "rr", r"\[(?:Errno|WinError) (?P<value>-?\d+)\]"),
        ("errno", "(", r"(?:^|\) )\((?P<value>[1-4]\d{3}), [\"']"),
        ("sqlstate", "SQLSTATE", r"\bSQLSTATE[\[(:= ]{1,3}(?P<value>[0-9A-Z]{5})\b"),
        ("errno", "Error ", r"\bError (?P<value>-?\d{1,3}) (?:connecting|while (?:writing|reading))\b"),
        ("host", "://", r"\bfor (?:url|URL):? '?https?://(?:[^\s/@]{1,200}@)?" + _HOST),
        ("host", "://", r"\bhttps?://(?:[^\s/@]{1,200}@)?" + _HOST),
        ("host", "host='", r"\bhost='" + _HOST),
        ("host", " host ", r"\bto host " + _HOST + r":\d"),
        ("host", "connecting to ", r"\bconnecting to " + _HOST + r":\d"),
        ("host", "server at ", r"\bserver at \"" + _HOST),
        ("nested", "(", r"(?<!aused by )\b(?P<value>[A-Z]\w{1,60}(?:Error|Exception|Timeout|Refused|Failed))\("),
        ("exit.status", "exit ", r"\bexit (?:status|code) (?P<value>-?\d+)"),
        ("rule", "constraint failed", r"\b(?P<value>UNIQUE|NOT NULL|CHECK|FOREIGN KEY|PRIMARY KEY) constraint failed"),
        ("rule", "violates ", r"\bviolates (?P<value>unique|not-null|check|foreign key|exclusion) constraint"),
        ("constraint", "constraint failed: ", r"\bconstraint failed: " + _NAME),
        ("constraint", "constraint ", r"\bconstraint " + _QUOTED),
        ("constraint", "unique index ", r"\bunique index " + _QUOTED),
        ("constraint", "for key ", r"\bDuplicate entry .{0,500} for key " + _QUOTED),
        ("column", "column", r"\bcolumn(?:: | named | )" + _NAME),
        ("column", "Column '", r"\bColumn " + _QUOTED),
        ("table", "no such table: ", r"\bno such table: " + _NAME),
        ("table", "relation ", r"\brelation " + _QUOTED),
        ("table", "able '", r"\b[Tt]able " + _QUOTED),
        ("schema", "validation error", r"\bvalidation errors? for (?P<value>[A-Za-z_][\w.]{0,127})"),
        ("name", "has no attribute '", r"\bhas no attribute '(?P<value>[A-Za-z_]\w{0,127})'"),
        ("receiver", "'NoneType' ", r"^'(?P<value>NoneType)' object has no attribute '"),
        ("name", "' is ", r"^(?:name )?'(?P<value>[A-Za-z_]\w{0,127})' is (?:un|not )defined"),
        ("name", "(reading '", r"\(reading '(?P<value>[A-Za-z_$][\w$]{0,127})'\)"),
        ("name", "ndefined method ", r"\bundefined method [`'](?P<value>\w{1,128}[?!=]?)'"),
        ("name", "member function ", r"\bmember function (?P<value>\w{1,128})\(\)"),
        ("name", "because ", r"\bbecause \"(?P<value>[^\"]{1,128})\" is null"),
        ("port", "ECONNREFUSED", r"\bECONNREFUSED \S{1,64}:(?P<value>[12]?\d{1,4})\b"),
        ("setting", "'", r"^'(?P<value>[A-Z][A-Z0-9_]{2,127})'$"),
    )
)


@lru_cache(maxsize=512)
def codes_in(headline: str) -> tuple[tuple[str, str], ...]:
    """The codes in the first line of a message, sorted by name. Numbers inside names are data: `report_<n>`."""
    found: dict[str, str] = {}
    for code, hint, pattern in _READINGS:
        if hint in headline and code not in found and (match := pattern.search(headline)):
            found[code] = match["value"] if code == "sqlstate" else _without_data(match["value"])
    if found.get("host") in {"localhost", None}:
        found.pop("host", None)
    if found.get("errno") in _UNRESOLVED:
        found["errno"] = "-2"
    return tuple(sorted(found.items()))


def _without_data(value: str) -> str:
    return value if value.lstrip("-").isdigit() else _DIGITS.sub("<n>", value)
