"""What is masked in text, rule by rule.

Every pattern is linear: its repetitions are bounded, or begin only where their characters begin. A pattern starts
with the characters it can start with and looks behind them afterwards, for then the engine skips clean text fast.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tocsin.privacy import pairs
from tocsin.privacy.checksums import card_length, iban_length

#: What a secret becomes.
SECRET = "[secret]"  # noqa: S105  the placeholder

_DIGITS = tuple("0123456789")


def _whole(match: re.Match[str]) -> int:
    return len(match["value"])


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of sensitive data: what the group `value` of `pattern` marks becomes `[kind]`.

    `length` tells how many characters from the beginning of the group are to go; 0 if it only looked like it. Only
    text that holds one of `hints` is searched.
    """

    kind: str
    pattern: re.Pattern[str]
    hints: tuple[str, ...] = ()
    length: Callable[[re.Match[str]], int] = _whole

    def apply(self, text: str) -> str:
        """The text with every finding replaced."""
        if self.hints and not any(hint in text for hint in self.hints):
            return text
        done = 0
        kept: list[str] = []
        for start, end in self._findings(text):
            kept += text[done:start], f"[{self.kind}]"
            done = end
        return "".join((*kept, text[done:])) if kept else text

    def _findings(self, text: str) -> Iterator[tuple[int, int]]:
        match = self.pattern.search(text)
        while match is not None:
            start = match.start("value")
            end = start + self.length(match)
            if end > start:
                yield start, end
            # What only looked like a finding may contain one.
            match = self.pattern.search(text, max(end, match.start() + 1))


def _phone(match: re.Match[str]) -> int:
    digits = sum(map(str.isdigit, match["value"]))
    return len(match["value"]) if 10 <= digits <= 15 else 0


#: What is in every token of a kind → the token.
_TOKENS = {
    "AKIA": r"AKIA[A-Z0-9]{16}",
    "ASIA": r"ASIA[A-Z0-9]{16}",
    **{f"gh{kind}_": rf"gh{kind}_[A-Za-z0-9]{{36,255}}" for kind in "pousr"},
    "github_pat_": r"github_pat_\w{22,255}",
    "glpat-": r"glpat-[\w-]{20,255}",
    "xox": r"xox[abeoprs]-[\w-]{10,255}",
    "xapp-": r"xapp-[\w-]{10,255}",
    "hooks.slack": r"hooks\.slack\.com/services/[\w/]{20,100}",
    "_live_": r"[srp]k_live_\w{16,255}",
    "_test_": r"[srp]k_test_\w{16,255}",
    "whsec_": r"whsec_[\w+/=]{16,255}",
    "sk-": r"sk-[\w-]{20,255}",
    "AIza": r"AIza[\w-]{35}",
    "ya29.": r"ya29\.[\w-]{20,512}",
    "SG.": r"SG\.[\w-]{16,64}\.[\w-]{16,64}",
    "npm_": r"npm_[A-Za-z0-9]{36}",
    "pypi-": r"pypi-[\w-]{50,512}",
    "hvs.": r"hvs\.[\w-]{20,255}",
}

RULES: tuple[Rule, ...] = (
    Rule(
        "private_key",
        re.compile(
            r"(?P<value>-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [^-\n]{0,60}-----|\Z))",
            re.DOTALL,
        ),
        hints=("PRIVATE KEY",),
    ),
    Rule("secret", re.compile(r"://[^\s/:@\"'<>]{0,128}:(?P<value>[^\s/\"'<>]{1,512})@"), hints=("://",)),
    Rule("secret", pairs.COOKIE, hints=("ookie",)),
    Rule("secret", pairs.SEPARATOR, hints=("=", ":"), length=pairs.secret_length),
    Rule("secret", pairs.OPTION, hints=("--",), length=pairs.option_length),
    Rule(
        "secret",
        pairs.CREDENTIALS,
        hints=("earer ", "asic ", "EARER ", "ASIC "),
        length=pairs.credentials_length,
    ),
    Rule("jwt", re.compile(r"(?P<value>eyJ(?<![\w-]eyJ)[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3})"), hints=("eyJ",)),
    Rule("secret", re.compile(rf"(?<![A-Za-z0-9])(?P<value>{'|'.join(_TOKENS.values())})"), hints=tuple(_TOKENS)),
    Rule(
        "email",
        re.compile(
            r"(?<![\w.+-])(?P<value>[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z]{2,24})\b"
        ),
        hints=("@",),
    ),
    Rule(
        "iban",
        re.compile(r"(?P<value>[A-Z](?<![A-Za-z0-9][A-Z])[A-Z]\d\d(?: ?[A-Z0-9]){11,34})"),
        hints=_DIGITS,
        length=lambda match: iban_length(match["value"]),
    ),
    Rule(
        "card",
        re.compile(r"(?P<value>[2-6](?<![\w.-][2-6])\d{3}(?:[ -]?\d){8,18})"),
        hints=_DIGITS,
        length=lambda match: card_length(match.string[match.start() : match.end() + 1]),
    ),
    Rule(
        "ssn",
        re.compile(r"(?P<value>[0-8](?<![\w-][0-8])(?!00|66(?<=666))\d\d-(?!00)\d\d-(?!0000)\d{4})(?![\w-])"),
        hints=("-",),
    ),
    Rule(
        "phone",
        re.compile(
            r"(?P<value>[+(](?<![\w+.)-][+(])(?:(?<=\+)[1-9]\d{0,2}(?:[ .-]?\(?\d{1,4}\)?){2,5}"
            r"|(?<=\()\d{3}\) ?\d{3}[.-]\d{4}))(?![\w-])"
        ),
        hints=("+", ")"),
        length=_phone,
    ),
)

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_HEXTET = r"[0-9A-Fa-f]{1,4}"
IP_RULE = Rule(
    "ip",
    re.compile(
        rf"(?<![\w.:])(?P<value>{_OCTET}(?:\.{_OCTET}){{3}}(?!\w|\.\d)"
        rf"|(?:{_HEXTET}(?::{_HEXTET}){{7}}|::{_HEXTET}(?::{_HEXTET}){{0,6}}"
        rf"|{_HEXTET}(?::{_HEXTET}){{0,5}}::(?:{_HEXTET}(?::{_HEXTET}){{0,5}})?)(?![\w:]))"
    ),
    hints=(".", ":"),
)
