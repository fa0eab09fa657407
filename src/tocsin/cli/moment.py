"""Points in time as people say them."""

from datetime import datetime, timezone

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def ago(at: float, *, now: float) -> str:
    """How long ago, in the largest unit that fits. Clocks of machines differ: the future is `now`."""
    seconds = int(now - at)
    return next((f"{seconds // size}{unit} ago" for unit, size in _UNITS if seconds >= size), "now")


def utc(at: float) -> str:
    """Date and time to the second, in UTC."""
    return datetime.fromtimestamp(at, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
