"""Numbers for people, as Prometheus and Alertmanager write them: four significant digits and a unit."""

import math
from collections.abc import Sequence

from tocsin.gotemplate.duration import Duration
from tocsin.gotemplate.printf import printf
from tocsin.gotemplate.timestamp import Time
from tocsin.gotemplate.values import is_number, type_name
from tocsin.syntax.quoting import quote

_LARGE = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
_SMALL = ("", "m", "u", "n", "p", "f", "a", "z", "y")
_BINARY = ("", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")


def number(value: object) -> float:
    """The value as a float: a number, the text of one, or the seconds of a duration.

    Raises:
        ValueError: It is none of these.
    """
    if is_number(value):
        return float(value)
    if isinstance(value, Duration):
        return value.seconds()
    if not isinstance(value, str):
        raise ValueError(f"can't convert {type_name(value)} to float")  # noqa: TRY004  a failure of the template
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"strconv.ParseFloat: parsing {quote(value)}: invalid syntax") from None


def humanize(value: object) -> str:
    """With a metric prefix: `1.235M`, `120m`."""
    amount = number(value)
    if amount == 0 or not math.isfinite(amount):
        return _four(amount)
    return _scaled(amount, 1000, _LARGE) if abs(amount) >= 1 else _fraction(amount)


def humanize1024(value: object) -> str:
    """With a binary prefix: `1.177Mi`."""
    amount = number(value)
    return _four(amount) if abs(amount) <= 1 or not math.isfinite(amount) else _scaled(amount, 1024, _BINARY)


def humanize_percentage(value: object) -> str:
    """A ratio as percent: `12.35%`."""
    return _four(number(value) * 100) + "%"


def humanize_duration(value: object) -> str:
    """Seconds as `1d 2h 3m 4s`; below a minute with four digits, as in `1.234s` and `123.5ms`."""
    amount = number(value)
    if not math.isfinite(amount):
        return _four(amount)
    if abs(amount) < 1:
        return (_fraction(amount) if amount else "0") + "s"
    sign = "-" if amount < 0 else ""
    return sign + _clock(int(abs(amount))) if abs(amount) >= 60 else f"{_four(amount)}s"


def humanize_timestamp(value: object) -> str:
    """A unix time as `2015-06-23 13:19:44.128 +0000 UTC`."""
    amount = number(value)
    return str(Time.from_seconds(amount)) if math.isfinite(amount) else _four(amount)


def _four(value: float) -> str:
    return printf("%.4g", [value])


def _scaled(value: float, base: int, prefixes: Sequence[str]) -> str:
    step = 0
    while abs(value) >= base and step < len(prefixes) - 1:
        value, step = value / base, step + 1
    return _four(value) + prefixes[step]


def _fraction(value: float) -> str:
    step = 0
    while abs(value) < 1 and step < len(_SMALL) - 1:
        value, step = value * 1000, step + 1
    return _four(value) + _SMALL[step]


def _clock(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    first = next(index for index, (count, _) in enumerate(parts) if count)
    return " ".join(f"{count}{unit}" for count, unit in parts[first:])
