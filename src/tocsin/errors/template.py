"""Message templates: the words of a message without the values in it."""

import re

#: Longer text is cut: what it is about stands at its beginning.
MAX_LENGTH = 8192

#: Names with digits that are words, not values.
_WORDS = (
    r"(?:utf-?(?:8|16|32)(?:-?(?:le|be|sig))?|iso-?8859-\d+|latin-?1|cp-?\d{3,4}|windows-125\d|koi8-[ru]|big5|gb2312|gb18030"
    r"|md[245]|sha-?(?:1|2|3|224|256|384|512)|crc32|[HREP]S(?:256|384|512)|AES-?(?:128|192|256)(?:-[A-Z]{3})?|base(?:16|32|58|64|85)"
    r"|HTTP/[\d.]+|TLSv?[\d.]+|SSLv?[\d.]+|ipv[46]|x86(?:_64)?|amd64|arm64|(?:u?int|float|complex)(?:8|16|32|64|128)"
    r"|(?:python|py|pypy|cpython)[23](?:\.\d+)*|oauth[12]?|s3|ec2|h[23]|http[23]|web3|x509|ed25519|k8s|i18n|l10n|mp[34]|log4j|[1-5]xx"
    r"|p(?:50|90|95|99)|(?:ORA|DPI|DPY|TNS|PLS)-\d{4,5}|(?:sqlite|psycopg|urllib|boto|jinja|httplib|argon|bs|cp)\d)(?![\w-])"
)
_QUOTED = (
    r"'(?:[^'\\\n]|\\.){0,500}'|\"(?:[^\"\\\n]|\\.){0,500}\"|`[^`'\n]{0,500}[`']|“[^”\n]{0,500}”|«[^»\n]{0,500}»"
    r"|\u2018[^\u2019\n]{0,500}\u2019"
)
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?[AaPp][Mm]\b)?(?![\w:]*:)"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})\b)?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_WEEKDAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? "
_DAY = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}/\d{{1,2}}/\d{{2,4}}|\d{{1,2}}\.\d{{1,2}}\.\d{{4}}|\d{{8}}(?=T\d)"
    rf"|\d{{1,2}}[ /-]{_MONTH}[ /-]\d{{2,4}}|{_MONTH} \d{{1,2}},? \d{{4}}|{_MONTH} +\d{{1,2}}(?= \d{{2}}:))"
)
_DATE = (
    rf"(?:{_WEEKDAY})?{_DAY}(?:[T :]+(?:{_TIME}|\d{{6}}){_ZONE})?(?: \d{{4}}\b)?"
    rf"|datetime\.(?:datetime|date|time)\([^()\n]{{0,100}}\)|{_TIME}{_ZONE}"
)
_UNITS = (
    r"(?:[nuµm]s|msecs?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|weeks?"
    r"|[KMGTP]?i?[Bb]|bytes?)"
)
_DURATION = (
    rf"\d+(?:\.\d+)?\s?{_UNITS}(?:\s?\d+(?:\.\d+)?\s?{_UNITS}){{0,5}}(?:, {_TIME})?(?![\w])"
    r"|P(?:\d+[YMWD]){1,4}(?:T(?:[\d.]+[HMS]){1,3})?\b|PT(?:[\d.]+[HMS]){1,3}\b"
)
_TOP_LEVEL = (
    r"(?:com|org|net|io|dev|app|edu|gov|mil|int|info|biz|cloud|ai|co|uk|de|fr|eu|nl|ch|es|pl|cz|se|dk|fi|ru|cn|jp|kr|br|au|ca"
    r"|local|internal|intranet|lan|corp|localdomain|invalid|test|example|svc|cluster|onion|arpa)"
)
_HOST = rf"(?:[A-Za-z0-9](?:[\w-]{{0,62}})\.){{1,8}}{_TOP_LEVEL}(?![\w-]|\.\w|\()(?::\d{{1,5}})?"
#: What stands for a value that was masked: `[email]`, `[card:3fa9c1]`.
_MASKED = r"\[(?P<masked>[a-z][a-z0-9_]{0,40})(?::[0-9a-f]{6,64})?\]"
_PLACEHOLDER = r"\[[a-z][a-z0-9_]{0,40}(?::[0-9a-f]{6,64})?\]"
_SEGMENT = rf"(?:[\w.@+~%=-]|{_PLACEHOLDER})+"
_NAME_OF_DATE = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
#: Kind of value → its shape; the first that fits wins.
_VALUES = {
    # Most of a message; it goes first to be fast.
    "plain": rf"(?!{_NAME_OF_DATE})[A-Za-z]{{1,15}}(?=\s|$)",
    "mask": _MASKED,
    "email": rf"(?:[\w.+-]{{1,64}}|{_PLACEHOLDER})@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,8}}",
    "url": rf"[a-zA-Z][a-zA-Z0-9+.-]{{1,20}}://(?:[^\s'\"<>)\]\[]|{_PLACEHOLDER})+",
    "uuid": r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b",
    "word": rf"(?i:{_WORDS})",
    "str": _QUOTED,
    "mac": r"[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}(?![\w:-])|[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4}){2}(?![\w.])",
    "date": _DATE,
    "ip": r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2}|:\d{1,5})?\b"
    r"|\[?(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}(?:%\w+)?(?:\]:\d{1,5})?(?<=[0-9a-fA-F:])(?!\w)",
    "host": _HOST,
    "hex": r"0[xX][0-9a-fA-F]+|(?=[0-9a-fA-F]{0,63}\d)(?=[0-9a-fA-F]{0,63}[a-fA-F])[0-9a-fA-F]{6,128}(?![\w-])",
    "path": (
        rf"(?:[A-Za-z]:\\|\\\\|~?/|\.{{1,2}}/){_SEGMENT}(?:[/\\]{_SEGMENT})*[/\\]?"
        r"|[\w.-]{1,100}(?:/[\w.-]{1,100}){1,20}(?<=[\w-]\.[A-Za-z]\w)\w{0,3}(?![\w/])"
    ),
    "duration": _DURATION,
    "n": r"[+-]?[$€£#]?\d(?:[\d_,]*\d)?"
    r"(?:(?:[.' \u00a0\u202f]\d{3})+(?!\d)(?:,\d+)?)?(?:\.\d+)?(?:[eE][+-]?\d+)?%?(?!\w)",
    "id": r"\w*\d\w*(?:[-:]\w+)*|[A-Za-z]+[-:]\d[\w-]*",
    "bool": r"(?<==)(?:[Tt]rue|[Ff]alse|[Nn]one|null)\b",
    "letters": r"[A-Za-z]{16,}\b",
}
#: One identifier looks like a number, the next like hexadecimal digits: which of them it is must not matter.
_IDENTIFIERS = frozenset({"uuid", "hex", "n", "id"})
#: Masked values that have a token of their own.
_OWN_TOKEN = frozenset({"email", "ip", "mac", "url", "host", "path", "date"})
_VALUE = re.compile(r"(?<!\w)(?:" + "|".join(f"(?P<{name}>{pattern})" for name, pattern in _VALUES.items()) + ")")
#: Numbers in groups: a card, an IBAN, a telephone number, a token with dots.
_GROUPS = re.compile(r"\+?(?:\(<id>\)|<id>)(?:[ ./-]{0,2}(?:\(<id>\)|<id>))+")
#: However many there are.
_LIST = re.compile(r"(?<=[\[({])<\w+>(?:, ?<\w+>)*,?(?=[\])}])")
_JSON = re.compile(r"\{<str>: ?[^{}]*\}")
#: What follows the name of a secret is one, whatever it looks like.
_SECRET = re.compile(
    r"(?i)((?<!\[)(?:password|passwd|pwd|secret|token|api_?key)\s?[=:]\s?)[^\s,;&'\"]+|((?:bearer|basic) )[^\s,;'\"]+"
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{3,40}-----(?:.*?-----END [A-Z ]{3,40}-----|.*)", re.DOTALL)
#: A digit that is part of a name (`sha256`, `HTTP/1.1`): which one it is matters. Elsewhere none does.
_NAMED = re.compile(r"[^\W\d][-./+]?\d|\d[-./+]?[^\W\d]")
_ZEROS = {ord(digit): "0" for digit in "123456789"}
_SWITCH = re.compile(r"[a-z][A-Z]|[A-Z][a-z]")


def template_of(message: str) -> str:
    """The message with each value replaced by what it is (`<id>`, `<str>`, `<url>`, …).

    A value that was masked gives the same as the value itself. Linear in the length of the message: one alternation,
    every repetition bounded or over disjoint characters.
    """
    text = _SECRET.sub(r"\1\2[secret]", message[:MAX_LENGTH])
    text = _PRIVATE_KEY.sub("[private_key]", text) if "-----" in text else text
    text = " ".join(_VALUE.sub(_placeholder, text).split())
    if "<id>" in text:
        text = _GROUPS.sub("<id>", text)
    return _JSON.sub("<json>", _JSON.sub("<json>", _LIST.sub("<list>", text)))


def without_numbers(message: str) -> str:
    """The same text for messages that differ in their numbers alone: they have one template, and the same words.

    But for a template with a zero in it: there, digits were left over (`Jan 12 20245`), and the message has its own.
    """
    return message if _NAMED.search(message) else message.translate(_ZEROS)


def _placeholder(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if masked := match["masked"]:
        return f"<{masked}>" if masked in _OWN_TOKEN else "<id>"
    if kind in {"plain", "word"} or (kind == "letters" and not _is_random(match[0])):
        return match[0]
    return "<id>" if kind in _IDENTIFIERS or kind == "letters" else f"<{kind}>"


def _is_random(letters: str) -> bool:
    """Whether capitals come as often as chance would have it; in names they begin words."""
    return 3 * len(_SWITCH.findall(letters)) > len(letters)
