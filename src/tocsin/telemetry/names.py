"""OpenTelemetry's names as Prometheus' OTLP receiver translates them by default.

Source of the rules: prometheus/otlptranslator, strategy `UnderscoreEscapingWithSuffixes` with both label options on,
which are the receiver's defaults.
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
_UNIT_SEPARATOR = re.compile(r"[^a-zA-Z0-9:]+")
_NO_LABEL_CHARACTER = re.compile(r"[^a-zA-Z0-9]")


class UnusableNameError(ValueError):
    """Nothing is left of a name that Prometheus could use; the receiver drops what bears it."""


class Kind(Enum):
    """What decides a metric's suffix."""

    COUNTER = "total"
    GAUGE = "ratio"
    UP_DOWN_COUNTER = ""
    HISTOGRAM = "histogram"


@lru_cache(maxsize=4096)
def metric_name(name: str, unit: str, kind: Kind) -> str:
    """The Prometheus name, without the `_bucket`, `_sum` and `_count` of histograms. Raises UnusableNameError."""
    tokens = _NAME_TOKEN.findall(name)
    tokens += _unit_tokens(unit, tokens)
    if kind is Kind.COUNTER or (kind is Kind.GAUGE and unit == "1"):
        tokens = [token for token in tokens if token != kind.value] + [kind.value]
    translated = "_".join(tokens)
    if not translated:
        raise UnusableNameError(f"metric name {name!r} holds no letter and no digit")
    return "_" + translated if translated[0].isdigit() else translated


@lru_cache(maxsize=4096)
def label_name(name: str) -> str:
    """The Prometheus label of an attribute. Raises UnusableNameError."""
    translated = _NO_LABEL_CHARACTER.sub("_", name)
    if not translated.strip("_"):
        raise UnusableNameError(f"attribute name {name!r} holds no letter and no digit")
    if translated[0].isdigit():
        return "key_" + translated
    if translated[0] == "_" and translated[1] != "_":
        return "key" + translated
    return translated


def _unit_tokens(unit: str, tokens: list[str]) -> list[str]:
    """What the unit adds to a name that does not say it already: `By/s` adds `bytes` and `per_second`."""
    main, _, per = unit.partition("/")
    main, per = _word(main, _UNITS), _word(per, _PER_UNITS).removesuffix("_")
    added = [token for token in (main, per and f"per_{per}") if token and token not in tokens]
    return [token.removesuffix("_") for token in added[:-1]] + added[-1:]


def _word(unit: str, words: dict[str, str]) -> str:
    """Annotations in braces are no units."""
    unit = unit.strip()
    if "{" in unit or "}" in unit:
        return ""
    return _UNIT_SEPARATOR.sub("_", words.get(unit, unit)).removeprefix("_")
