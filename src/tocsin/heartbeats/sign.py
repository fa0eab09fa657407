"""A sign of life as people write it, checked."""

import re

from tocsin.setting_kinds import DURATION
from tocsin.store import Beat

NAME_LENGTH = 200
NOTE_LENGTH = 500
#: Rules of Prometheus' world use several words for one severity.
_WORD = re.compile(r"[a-z]{0,20}")


def sign(
    name: str,
    *,
    at: float,
    status: str = "ok",
    every: str | float | None = None,
    grace: str | float | None = None,
    severity: str = "",
    note: str = "",
) -> Beat:
    """`every` and `grace` are durations such as 1d or 30m, or seconds.

    Raises:
        ValueError: one of them cannot be used.
    """
    if not name.isprintable() or not 0 < len(name) <= NAME_LENGTH:
        raise ValueError(f"name is {name!r}, write up to {NAME_LENGTH} printable characters, such as nightly-etl")
    if not _WORD.fullmatch(severity):
        raise ValueError(f"severity is {severity!r}, use info, warning, error, critical or emergency")
    return Beat(
        name=name,
        at=at,
        status=status,
        every=_seconds("every", every),
        grace=_seconds("grace", grace),
        severity=severity,
        note=note[:NOTE_LENGTH],
    )


def _seconds(key: str, said: str | float | None) -> float | None:
    if said is None:
        return None
    try:
        seconds = float(str(DURATION.read(said)))
    except ValueError:
        raise ValueError(f"{key} is {said!r}, write {DURATION.allowed}") from None
    if key == "every" and not seconds:
        raise ValueError("every is 0, write how often the sign of life comes, such as 1d")
    return seconds
