"""Silences as Alertmanager's API writes them."""

import uuid
from datetime import datetime, timezone
from typing import Any

import msgspec

from tocsin.alerting.silencing import matchers, silence_matchers, state
from tocsin.store import Silence, SilenceMatcher


class _Matcher(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True


class _Given(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is read of a silence; anything else is ignored."""

    id: str = ""
    matchers: tuple[_Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
    updated_at: datetime | None = None
    annotations: dict[str, str] | None = None


def document(silence: Silence, *, at: float) -> dict[str, Any]:
    """The object of Alertmanager's API, version 2; its state is that at the unix time `at`."""
    found = [
        {"name": each.name, "value": each.value, "isRegex": each.is_regex, "isEqual": each.is_equal}
        for each in silence.matchers
    ]
    return {
        "id": silence.id,
        "status": {"state": state(silence, at=at)},
        "matchers": found,
        "startsAt": _written(silence.starts_at),
        "endsAt": _written(silence.ends_at),
        "updatedAt": _written(silence.updated_at),
        "createdBy": silence.created_by,
        "comment": silence.comment,
        "annotations": dict(silence.annotations),
    }


def decode(text: bytes) -> list[Silence]:
    """A list of them, of which those without an id get one.

    Raises:
        ValueError: it is no such list, or a silence would never or always match.
    """
    try:
        given = msgspec.json.decode(text, type=list[_Given])
    except msgspec.DecodeError as error:
        raise ValueError(f"is no list of Alertmanager's silences: {error}") from error
    return [_silence(each) for each in given]


def _silence(given: _Given) -> Silence:
    starts_at, ends_at = given.starts_at.timestamp(), given.ends_at.timestamp()
    silence = Silence(
        id=given.id or str(uuid.uuid4()),
        matchers=tuple(SilenceMatcher(*msgspec.structs.astuple(each)) for each in given.matchers),
        starts_at=starts_at,
        ends_at=ends_at,
        created_by=given.created_by,
        comment=given.comment,
        updated_at=given.updated_at.timestamp() if given.updated_at else starts_at,
        annotations=given.annotations or {},
    )
    if ends_at < starts_at:
        raise ValueError(f"silence {silence.id}: ends before it begins")
    try:
        silence_matchers(matchers(silence))
    except ValueError as error:
        raise ValueError(f"silence {silence.id}: {error}") from error
    return silence


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, tz=timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
