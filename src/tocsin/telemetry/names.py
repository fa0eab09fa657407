"""OpenTelemetry's names as Prometheus' OTLP receiver translates them.

Source of the rules: prometheus/otlptranslator. Defaults are the receiver's: `UnderscoreEscapingWithSuffixes`, both
options for labels on.
"""

import re
from enum import Enum
from functools import lru_cache

_UNITS = {
    "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds",
    "ns": "nanoseconds", "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes",
    "TiBy": "tibibytes", "KBy": "kilobytes", "MBy": "megabytes", "GBy": "gigabytes", "TBy": "terabytes",
    "m": "meters", "V": "volts", "A": "amperes", "J": "joules", "W": "watts", "g": "grams", "Cel": "celsius",
    "Hz": "hertz", "1": "", "%": "percent",
}  # fmt: skip
_PER_UNITS = {
    "s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year",
}  # fmt: skip

_NAME_TOKEN = re.compile(r"[a-zA-Z0-9:]+")
_NAME_PART = re.compile(r"[a-zA-Z0-9:_]+")
_UNIT_SEPARATOR = re.compile(r"[^a-zA-Z0-9:]+")
_NO_LABEL_CHARACTER = re.compile(r"[^a-zA-Z0-9]")
_UNDERSCORES = re.compile(r"__+")
_RESERVED = re.compile(r"__(.*[^_].*)__")


class UnusableNameError(ValueError):
    """Nothing is left of a name that Prometheus could use; the receiver drops what bears it."""


class Kind(Enum):
    """What decides a metric's suffix."""

    COUNTER = "total"
    GAUGE = "ratio"
    UP_DOWN_COUNTER = ""
    HISTOGRAM = "histogram"
    SUMMARY = "summary"


class Strategy(Enum):
    """Prometheus' `translation_strategy`."""

    ESCAPED_WITH_SUFFIXES = "UnderscoreEscapingWithSuffixes"
    ESCAPED = "UnderscoreEscapingWithoutSuffixes"
    WITH_SUFFIXES = "NoUTF8EscapingWithSuffixes"
    VERBATIM = "NoTranslation"

    @property
    def escapes(self) -> bool:
        """Whether names hold ASCII letters, digits, `_` and `:` only."""
        return self in {Strategy.ESCAPED_WITH_SUFFIXES, Strategy.ESCAPED}


@lru_cache(maxsize=4096)
def metric_name(name: str, unit: str, kind: Kind, strategy: Strategy = Strategy.ESCAPED_WITH_SUFFIXES) -> str:
    """The Prometheus name, without the `_bucket`, `_sum` and `_count` of histograms. Raises UnusableNameError."""
    match strategy:
        case Strategy.ESCAPED_WITH_SUFFIXES:
            translated = "_".join(_tokens(name, unit, kind))
        case Strategy.ESCAPED:
            translated = "_".join(_NAME_PART.findall(name))
        case Strategy.WITH_SUFFIXES:
            translated = _suffixed(name, unit, kind)
        case Strategy.VERBATIM:
            translated = name
    if not translated or (translated != name and not translated.strip("_")):
        raise UnusableNameError(f"metric name {name!r} holds no letter and no digit")
    return "_" + translated if strategy.escapes and translated[0].isdigit() else translated


@lru_cache(maxsize=4096)
def label_name(
    name: str, *, escape: bool = True, sanitize_underscore: bool = True, keep_underscores: bool = True
) -> str:
    """The Prometheus label of an attribute; the options are those of the receiver. Raises UnusableNameError."""
    if not name.strip("_"):
        raise UnusableNameError(f"attribute name {name!r} holds no letter and no digit")
    if not escape:
        return name
    translated = _NO_LABEL_CHARACTER.sub("_", name)
    if not keep_underscores:
        translated = _collapsed(translated)
    if not translated.strip("_"):
        raise UnusableNameError(f"attribute name {name!r} holds no letter and no digit")
    if translated[0].isdigit():
        return "key_" + translated
    if sanitize_underscore and translated[0] == "_" and translated[1] != "_":
        return "key" + translated
    return translated


def _collapsed(label: str) -> str:
    """Around a reserved name, two underscores stay."""
    reserved = _RESERVED.fullmatch(label)
    return f"__{_UNDERSCORES.sub('_', reserved[1])}__" if reserved else _UNDERSCORES.sub("_", label)


def _type_suffix(unit: str, kind: Kind) -> str:
    return kind.value if kind is Kind.COUNTER or (kind is Kind.GAUGE and unit == "1") else ""


def _tokens(name: str, unit: str, kind: Kind) -> list[str]:
    tokens = _NAME_TOKEN.findall(name)
    tokens += _unit_tokens(unit, tokens)
    suffix = _type_suffix(unit, kind)
    return [token for token in tokens if token != suffix] + [suffix] if suffix else tokens


def _unit_tokens(unit: str, tokens: list[str]) -> list[str]:
    """What the unit adds to a name that does not say it already: `By/s` adds `bytes` and `per_second`."""
    main, per = (_UNIT_SEPARATOR.sub("_", word).removeprefix("_") for word in _unit_words(unit))
    per = per.removesuffix("_")
    added = [token for token in (main, per and f"per_{per}") if token and token not in tokens]
    return [token.removesuffix("_") for token in added[:-1]] + added[-1:]


def _suffixed(name: str, unit: str, kind: Kind) -> str:
    """The name as it is; what it already ends with is not said twice."""
    main, per = _unit_words(unit)
    suffixes = [suffix for suffix in (per and f"per_{per}", _type_suffix(unit, kind)) if suffix]
    for suffix in reversed(suffixes):
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            name = name[: -len(suffix) - 1]
    if main and not name.endswith(main):
        suffixes.insert(0, main)
    return "_".join([name, *suffixes])


def _unit_words(unit: str) -> tuple[str, str]:
    """Of `By/s`: bytes, second."""
    main, _, per = unit.partition("/")
    return _word(main, _UNITS), _word(per, _PER_UNITS)


def _word(unit: str, words: dict[str, str]) -> str:
    """Annotations in braces are no units."""
    unit = unit.strip()
    return "" if "{" in unit or "}" in unit else words.get(unit, unit)
