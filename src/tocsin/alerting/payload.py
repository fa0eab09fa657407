"""News of a group as the notification that receivers deliver."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from functools import reduce
from operator import and_

import msgspec

from tocsin.alerting.groups import Group, began, fires
from tocsin.notify import Notification, NotifiedAlert
from tocsin.notify.notification import UNSET
from tocsin.store import Alert

#: What Go's `regexp.QuoteMeta` escapes; `receiver` is quoted so, because people match it with regular expressions.
_META = re.compile(r"[\\.+*?()|\[\]{}^$]")


#: What becomes of the values of labels and annotations on their way out.
Mask = Callable[[str], str]


def compose(
    group: Group,
    alerts: Sequence[Alert],
    *,
    receiver: str,
    acknowledged_by: str = "",
    external_url: str = "",
    mask: Mask = str,
) -> Notification:
    """As Alertmanager fills it. `alerts` are those of the group that are told of, at least one.

    The status is `acknowledged` where it says by whom, else `firing` if any of them fires, else `resolved`.
    """
    return Notification(
        receiver=_META.sub(r"\\\g<0>", receiver),
        status="acknowledged" if acknowledged_by else _status(any(map(fires, alerts))),
        alerts=tuple(_notified(alert, mask) for alert in alerts),
        group_labels=_masked(group.place.labels, mask),
        common_labels=_masked(_shared(alert.labels for alert in alerts), mask),
        common_annotations=_masked(_shared(alert.annotations for alert in alerts), mask),
        external_url=external_url,
        group_key=group.place.key,
        acknowledged_by=mask(acknowledged_by) if acknowledged_by else msgspec.UNSET,
    )


def _notified(alert: Alert, mask: Mask) -> NotifiedAlert:
    return NotifiedAlert(
        status=_status(fires(alert)),
        labels=_masked(dict(sorted(alert.labels.items())), mask),
        annotations=_masked(dict(sorted(alert.annotations.items())), mask),
        starts_at=_utc(began(alert)),
        ends_at=UNSET if fires(alert) or alert.resolved_at is None else _utc(alert.resolved_at),
        fingerprint=alert.fingerprint,
    )


def _status(firing: bool) -> str:  # noqa: FBT001  the only thing it depends on
    return "firing" if firing else "resolved"


def _masked(texts: Mapping[str, str], mask: Mask) -> dict[str, str]:
    return {name: mask(text) for name, text in texts.items()}


def _shared(mappings: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The pairs that all of them have."""
    return dict(sorted(reduce(and_, (set(mapping.items()) for mapping in mappings))))


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, tz=timezone.utc)
