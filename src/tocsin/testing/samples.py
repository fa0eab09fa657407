"""Notifications to try a receiver with."""

from collections.abc import Mapping
from datetime import datetime, timezone

from tocsin.notify import Notification, NotifiedAlert
from tocsin.notify.notification import UNSET

BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
ENDED = datetime(2026, 3, 1, 12, 5, tzinfo=timezone.utc)
ANNOTATIONS: Mapping[str, str] = {
    "summary": "shop fails 12% of its requests",
    "description": "12% of the requests to shop in the last 5 minutes ended with a status of 500 or above.",
    "value": "12%",
    "threshold": "5%",
    "routes": "/checkout 0.8/s, /cart 0.1/s",
    "runbook": "Look at the newest issues of the service.",
    "runbook_url": "https://runbooks.example/errors",
}


def alert(
    status: str = "firing", *, annotations: Mapping[str, str] | None = None, fingerprint: str = "", **labels: str
) -> NotifiedAlert:
    """A critical alert of the service `shop`; `labels` are further ones, or other values of its own."""
    return NotifiedAlert(
        status=status,
        labels={"alertname": "HighErrorRatio", "job": "shop", "severity": "critical", **labels},
        annotations=dict(ANNOTATIONS if annotations is None else annotations),
        starts_at=BEGAN,
        ends_at=ENDED if status == "resolved" else UNSET,
        fingerprint=fingerprint or "0123456789abcdef",
    )


def notification(*alerts: NotifiedAlert, external_url: str = "https://tocsin.example") -> Notification:
    """One group with these alerts; with one firing alert where none is given."""
    told = alerts or (alert(),)
    common = set.intersection(*(set(each.labels.items()) for each in told))
    return Notification(
        receiver="team",
        status="firing" if any(each.status == "firing" for each in told) else "resolved",
        alerts=told,
        group_labels={"alertname": "HighErrorRatio"},
        common_labels=dict(sorted(common)),
        common_annotations={},
        external_url=external_url,
        group_key='{}:{alertname="HighErrorRatio"}',
    )
