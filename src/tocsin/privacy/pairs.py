"""Secrets that are told by the name beside them: `password=…`, `"api_key": "…"`, `--token …`."""

import re

from tocsin.privacy.keys import is_secret

_SCHEME = r"(?:(?i:bearer|basic|token|digest|apikey)\s{1,3})?"
#: What stands between a name and the beginning of its value; `value` is empty and marks that place.
SEPARATOR = re.compile(
    r"(?:(?<=\s)=>?\s{0,2}|=>?|:\s{0,2})b?(?P<escape>\\{0,3})(?P<quote>[\"'])?" + _SCHEME + r"(?P<value>)"
)
#: A command line's option, as one string or as items of a list.
OPTION = re.compile(
    r"(?<![\w-])--(?P<key>[a-z][\w-]{2,40})(?:[\"'],\s{0,2}[\"']|\s{1,2})(?P<value>[^\s\"'\[-][^\s\"']*)"
)
#: A header with more than one value in it.
COOKIE = re.compile(r"[Cc]ookie[\"']?\s{0,2}[:=]\s{0,2}[\"']?(?P<value>[^\s\"'\[][^\n\"']*)")
#: A header's credentials without its name.
CREDENTIALS = re.compile(r"\b(?i:bearer|basic)\s{1,3}(?P<value>[A-Za-z0-9+/._~-]{8,}={0,2})")

_LONGEST_KEY = 96
_KEY_BACKWARDS = re.compile(r"[\"']?\\{0,3}(?P<key>[\w.-]+)")
_QUOTED = {'"': re.compile(r'(?:\\.|[^"\\\n])*'), "'": re.compile(r"(?:\\.|[^'\\\n])*")}
_BARE = re.compile(r"[^\s,;&\"'()<>{}\\]+(?=[\s,;&\"')>}\\]|\Z)")
#: Values that say there is no secret, or that code handles one.
_HARMLESS = re.compile(
    r"(?:none|null|nil|true|false|undefined|str|int|bytes|bool|optional|[a-z_]\w*\.[a-z_.]+|\*+|\.+|\[.*|%\w?|\$.*)?",
    re.IGNORECASE,
)
#: Names that mean a secret even in prose (`password: swordfish`); `token: expected` speaks of something else.
_CERTAIN = re.compile(r"pass|pwd|secret|authorization|credential", re.IGNORECASE)


def secret_length(match: re.Match[str]) -> int:
    """The length of the secret that begins where `SEPARATOR` ends; 0 if the name before it names none."""
    key = _key_before(match.string, match.start())
    if not is_secret(key):
        return 0
    value = _value_at(match)
    if match["quote"]:
        return 0 if value.startswith("[") and value.endswith("]") else len(value)
    is_prose = match[0].startswith(":") and not _CERTAIN.search(key)
    harmless = value == key or _HARMLESS.fullmatch(value) or (is_prose and not looks_random(value))
    return 0 if harmless else len(value)


def option_length(match: re.Match[str]) -> int:
    """The length of a secret option's value."""
    return len(match["value"]) if is_secret(match["key"]) else 0


def credentials_length(match: re.Match[str]) -> int:
    """The length of what follows `bearer` or `basic`; 0 if that is prose."""
    return len(match["value"]) if looks_random(match["value"]) else 0


def looks_random(value: str) -> bool:
    """Whether a value has digits, signs or mixed case: prose goes on with words (`bearer authentication`)."""
    return not value.isalpha() or not (value.islower() or value.istitle() or value.isupper())


def _key_before(text: str, end: int) -> str:
    backwards = text[max(end - _LONGEST_KEY, 0) : end].rstrip(" ")[::-1]
    found = _KEY_BACKWARDS.match(backwards)
    return found["key"][::-1] if found else ""


def _value_at(match: re.Match[str]) -> str:
    text, start = match.string, match.end()
    if match["quote"] and match["escape"]:
        line = text[start : _find(text, "\n", start)]
        return line[: _find(line, match["escape"] + match["quote"], 0)]
    pattern = _QUOTED[match["quote"]] if match["quote"] else _BARE
    found = pattern.match(text, start)
    return found[0] if found else ""


def _find(text: str, what: str, start: int) -> int:
    index = text.find(what, start)
    return index if index >= 0 else len(text)
