"""Secrets that are told by the name beside them: `password=…`, `"api_key": "…"`, `--token …`, `<secret>…`."""

import re
from collections.abc import Callable, Iterable, Iterator

from tocsin.privacy.reading import Finding, Reading

#: Of every name that `keys.is_secret` knows some part, which begins with as rare a letter as possible, for then clean
#: text is searched fast: of `token` the `ken`, of `auth` the `uth`.
_PARTS = (
    r"p(?:ass|wd|in(?![a-z])|at(?![a-z])|(?<=otp)(?![a-z]))|k(?:ey|en|ie)|c(?:ret|red|urity|ial|v[vc]|ard|ontrase)|uth"
    r"|s(?:ess|sn|rf|i[dg](?![a-z])|(?<=ds)n)|jwt|fa(?<=mfa)(?![a-z])|gnat|bearer"
)
#: What stands before a credential. With nothing behind it, it is the value itself, also at the end of a line.
_SCHEME = r"(?:(?i:bearer|basic|token|digest|apikey|negotiate)\s{1,3}(?=\S))?"
#: The rest of the name, taken once and for all: going back in it would find nothing, and take long.
_BEHIND = (
    r"(?=(?P<rest>[\w.-]{0,48}))(?P=rest)(?:\]|\\{0,3}[\"'])?"
    r"(?P<separator>\s{0,2}(?:=>?|:=?)|(?<=[\"']),(?=\s{1,2}b?[\"'])|>)"
)
#: What separates, but for commas in pairs; so far before it a name can begin, and so far behind it it is read.
_SEPARATORS = b"=:>"
_SEPARATOR, _COMMA = re.compile(b"[" + _SEPARATORS + b"]"), re.compile(rb",(?<=[\"'],)\s{1,2}b?[\"']")
_BEFORE, _AFTER = 80, 8
#: From behind the separator to the value, which `escape` and `quote` surround.
_OPENING = re.compile(rf"\s{{0,2}}[\[(]{{0,2}}(?:b(?=\\{{0,3}}[\"']))?(?P<escape>\\{{0,3}})(?P<quote>[\"'])?{_SCHEME}")
_OPTION = re.compile(
    r"--(?<![\w-]--)(?P<key>[a-z][\w-]{2,40})(?:[\"'],\s{0,2}[\"']|\s{1,2})(?P<value>[^\s\"'\[-][^\s\"']*)"
)
#: Of lower-case text. What begins with one letter, and a rare one, is searched faster than `in` searches a word.
_COOKIE = re.compile(rb"k(?<=cook)ie[\"']?\s{0,2}[:=]\s{0,2}\[?b?[\"']?(?P<value>[^\s\"'\[][^\n\"']*)")
_CREDENTIALS = re.compile(rb"b(?<!\wb)(?:earer|asic) \s{0,2}(?P<value>[a-z0-9+/._~-]{8,4096}={0,2})")
#: What curl is given: `-u name:password`.
_CURL = re.compile(r"(?<!\S)-(?:u|-user)[ =]{1,2}[\"']?[^\s:\"'\[]{1,128}:(?P<value>[^\s\"'\[]{1,512})")
_USERINFO = re.compile(r"://(?P<user>[^\s/:@\"'<>?#]{0,128})(?::(?P<password>[^\s/\"'<>]{1,512}))?@(?=[\w\[.-])")
_WEB = re.compile(r"(?:https?|wss?|ftps?)\Z")

_PAIR = re.compile(r"\(b?[\"']\Z")
_LONGEST_KEY = 64
#: A name in a query string: whatever its value looks like, it is no code.
_QUERY = re.compile(r"[?&][\w.-]{1,64}=\Z")
_KEY_BACKWARDS = re.compile(r"[\w.-]*")
_KEY_FORWARDS = re.compile(r"[\w.-]*")
_QUOTED = {'"': re.compile(r'(?:\\.|[^"\\\n]){0,8192}'), "'": re.compile(r"(?:\\.|[^'\\\n]){0,8192}")}
_BARE = re.compile(r"[^\s,;&\"'<>)}\\]{1,8192}")
#: What calls a function is code.
_CALL = re.compile(r"[A-Za-z_][\w.]*[(\[{]")
#: Values that say there is no secret, or that code handles one.
_HARMLESS = re.compile(
    r"(?:none|null|nil|true|false|yes|no|on|off|undefined|str|int|bytes|bool|optional|string|missing|invalid|expired|required"
    r"|[a-z_]\w*\.[a-z_.]+|\*+|x{3,}|\.+|…|\[.*|%\w?|\$.*|\{.*|<.*|redacted|filtered|masked|hidden)?",
    re.IGNORECASE,
)
#: Names that mean a secret even in prose (`password: swordfish`); `token: expected` speaks of something else.
_CERTAIN = re.compile(r"pass|pwd|secret|authorization|credential", re.IGNORECASE)

IsSecret = Callable[[str], bool]


def names(more: Iterable[str] = ()) -> re.Pattern[bytes]:
    """What finds names of secrets in lower-case text: every one has a known part, or one of `more`."""
    stems = "|".join((_PARTS, *(re.escape(each.lower()) for each in more)))
    return re.compile(rf"(?:{stems}){_BEHIND}".encode())


def named(reading: Reading, pattern: re.Pattern[bytes], is_secret: IsSecret) -> Iterator[Finding]:
    """Values behind a name that `is_secret` says is a secret's; `pattern` is of `names`."""
    text = reading.text
    done = 0
    for match in _candidates(reading.lower, pattern):
        if match.start() < done:
            continue  # a name within a secret
        key_start, key = _key_around(text, match.start())
        separator = match["separator"].strip().decode()
        if len(key) <= _LONGEST_KEY and is_secret(key) and _is_pair(text, key_start, separator):
            start, end = _value(text, key, match.end(), separator)
            if end > start:
                yield Finding(start, end, "secret")
                done = end
    for option in _OPTION.finditer(text):
        if is_secret(option["key"]):
            yield Finding(*option.span("value"), "secret")


def _candidates(lower: bytes, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """All matches; where little separates, as in stack traces, only what is before a separator is searched."""
    count = len(lower) - len(lower.translate(None, _SEPARATORS))
    has_pairs = (b"'" in lower or b'"' in lower) and _COMMA.search(lower)
    if has_pairs or count * (_BEFORE + _AFTER) > len(lower):
        yield from pattern.finditer(lower)
        return
    done = 0
    for separator in _SEPARATOR.finditer(lower) if count else ():
        at = separator.start()
        for match in pattern.finditer(lower, max(at - _BEFORE, done), at + _AFTER):
            done = match.end()
            yield match


def headers(reading: Reading) -> Iterator[Finding]:
    """Cookies, which are more than one value, and credentials without the name of their header."""
    text, lower, _ = reading
    yield from (Finding(*match.span("value"), "secret") for match in _COOKIE.finditer(lower))
    if b"curl " in lower:
        yield from (Finding(*match.span("value"), "secret") for match in _CURL.finditer(text))
    for match in _CREDENTIALS.finditer(lower):
        start, end = match.span("value")
        if looks_random(text[start:end]):
            yield Finding(start, end, "secret")


def userinfo(reading: Reading) -> Iterator[Finding]:
    """Passwords in URLs and connection strings; where a web address has a user only, that is a token."""
    text = reading.text
    if "@" not in text or "://" not in text:
        return
    for match in _USERINFO.finditer(text):
        if match["password"]:
            yield Finding(*match.span("password"), "secret")
        if match["user"] and _WEB.search(text, max(match.start() - 5, 0), match.start()):
            yield Finding(*match.span("user"), "secret")


def looks_random(value: str) -> bool:
    """Whether a value has digits, signs or mixed case: prose goes on with words (`bearer authentication`)."""
    return not value.isalpha() or not (value.islower() or value.istitle() or value.isupper())


def _key_around(text: str, position: int) -> tuple[int, str]:
    """The whole name of which a part begins here, and where it begins."""
    backwards = _KEY_BACKWARDS.match(text[max(position - _LONGEST_KEY, 0) : position][::-1])
    start = position - (backwards.end() if backwards else 0)
    forwards = _KEY_FORWARDS.match(text, start)
    return start, forwards[0].lstrip(".-") if forwards else ""


def _is_pair(text: str, key_start: int, separator: str) -> bool:
    """Whether `,` stands in a pair (`('password', '…')`) and `>` ends an element's name (`<password>…`)."""
    if separator == ",":
        return _PAIR.search(text, max(key_start - 3, 0), key_start) is not None
    return separator != ">" or text[max(key_start - 1, 0) : key_start] == "<"


def _value(text: str, key: str, position: int, separator: str) -> tuple[int, int]:
    """Where the secret begins and ends; the same place twice if there is none."""
    opening = _OPENING.match(text, position)
    if opening is None:
        return position, position
    start, quote = opening.end(), opening["quote"]
    value = _until(text, start, quote, opening["escape"])
    is_spaced = text[position : position + 1].isspace()
    if quote:
        is_harmless = value.startswith("[") and value.endswith("]")
    elif is_spaced and separator == "=" and not text[position - 2 : position - 1].isspace():
        is_harmless = True  # `password= next`
    else:
        is_harmless = _is_harmless(key, value, in_prose=separator == ":" and is_spaced)
        is_harmless = is_harmless and not (value and _QUERY.search(text, max(position - _LONGEST_KEY, 0), position))
    return start, start if is_harmless else start + len(value)


def _is_harmless(key: str, value: str, *, in_prose: bool) -> bool:
    if value == key or _HARMLESS.fullmatch(value) or _CALL.match(value):
        return True
    return in_prose and not _CERTAIN.search(key) and not looks_random(value)


def _until(text: str, start: int, quote: str | None, escape: str) -> str:
    if quote and escape:
        line = text[start : _find(text, "\n", start)]
        return line[: _find(line, escape + quote, 0)]
    found = (_QUOTED[quote] if quote else _BARE).match(text, start)
    return found[0] if found else ""


def _find(text: str, what: str, start: int) -> int:
    index = text.find(what, start)
    return index if index >= 0 else len(text)
