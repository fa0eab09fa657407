"""What to mask beyond, or instead of, what is known: the block `masking` of `tocsin.yml`."""

import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from tocsin.privacy.patterns import PatternError, compile_bounded

KINDS = (
    "private_key", "secret", "jwt", "token", "sql", "email", "iban", "card", "ssn", "nino", "de_tax_id", "nir", "dni",
    "codice_fiscale", "bsn", "pesel", "personnummer", "cpf", "cnpj", "aadhaar", "sin", "ahv", "rrn", "phone", "ip",
)  # fmt: skip
_LISTS = ("skip", "keys", "keep_keys", "keep")
_ALLOWED = (*_LISTS, "patterns", "callback")
_KIND = re.compile(r"[a-z][a-z0-9_]{1,31}")
_CALLBACK = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class Flaw(Struct, frozen=True):
    """An entry that cannot be used, and what to do about it."""

    key: str
    value: str
    fix: str


class Policy(Struct, frozen=True):
    """Rules of an application.

    `skip` are kinds that are not looked for. Values under `keys` (globs, any case) are masked whole; those under
    `keep_keys` never. `patterns` are by the kind that they find. What one of `keep` matches as a whole is never masked.
    `callback` is `package.module:function`. `flaws` could not be used, and have no effect.
    """

    skip: frozenset[str] = frozenset()
    keys: tuple[str, ...] = ()
    keep_keys: tuple[str, ...] = ()
    keep: tuple[re.Pattern[str], ...] = ()
    patterns: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    callback: str = ""
    flaws: tuple[Flaw, ...] = ()

    @classmethod
    def of(cls, block: Mapping[str, Any]) -> "Policy":
        """Read a block as it is in the file. Never raises: every entry that can be used is used."""
        flaws: list[Flaw] = []
        _refuse_unknown(block, flaws)
        names = {name: _names(block, name, flaws) for name in _LISTS}
        patterns = block.get("patterns") or {}
        if not isinstance(patterns, Mapping):
            flaws.append(Flaw("patterns", str(patterns), "must be a mapping of kinds to regular expressions"))
            patterns = {}
        return cls(
            skip=frozenset(_kinds(names["skip"], flaws)),
            keys=tuple(each.lower() for each in names["keys"]),
            keep_keys=tuple(each.lower() for each in names["keep_keys"]),
            keep=tuple(_compiled("keep", dict(zip(names["keep"], names["keep"], strict=True)), flaws).values()),
            patterns=_compiled("patterns", {str(kind): str(each) for kind, each in patterns.items()}, flaws),
            callback=_callback(block.get("callback"), flaws),
            flaws=tuple(flaws),
        )

    def masks(self, key: str) -> bool:
        """Whether the application wants everything under this name masked."""
        return any(fnmatch.fnmatchcase(key.lower(), pattern) for pattern in self.keys)

    def keeps(self, key: str) -> bool:
        """Whether the application wants nothing under this name masked."""
        return any(fnmatch.fnmatchcase(key.lower(), pattern) for pattern in self.keep_keys)


def _refuse_unknown(block: Mapping[str, Any], flaws: list[Flaw]) -> None:
    known = f"is not known; allowed are {', '.join(_ALLOWED)}"
    flaws.extend(Flaw(str(name), "", known) for name in block if name not in _ALLOWED)


def _names(block: Mapping[str, Any], name: str, flaws: list[Flaw]) -> list[str]:
    given = block.get(name) or []
    if isinstance(given, str):
        return [given]
    if not isinstance(given, list | tuple):
        flaws.append(Flaw(name, str(given), "must be a list"))
        return []
    return [str(each) for each in given]


def _kinds(names: Iterable[str], flaws: list[Flaw]) -> Iterator[str]:
    for name in names:
        if name in KINDS:
            yield name
        else:
            flaws.append(Flaw("skip", name, f"must be of {', '.join(KINDS)}"))


def _compiled(where: str, patterns: Mapping[str, str], flaws: list[Flaw]) -> dict[str, re.Pattern[str]]:
    found = {name: _pattern(where, name, pattern, flaws) for name, pattern in patterns.items()}
    return {name: pattern for name, pattern in found.items() if pattern is not None}


def _pattern(where: str, name: str, pattern: str, flaws: list[Flaw]) -> re.Pattern[str] | None:
    key = f"{where}.{name}" if where == "patterns" else where
    if where == "patterns" and not _KIND.fullmatch(name):
        flaws.append(Flaw(key, pattern, "has no effect: the name of a kind must be lower-case letters, digits and _"))
        return None
    try:
        return compile_bounded(pattern)
    except PatternError as error:
        flaws.append(Flaw(key, pattern, f"has no effect: {error}"))
        return None


def _callback(given: object, flaws: list[Flaw]) -> str:
    if given is None or _CALLBACK.fullmatch(str(given)):
        return str(given or "")
    flaws.append(Flaw("callback", str(given), "must be package.module:function"))
    return ""
