"""No more than so many notifications an hour that something fires, and one that says how many there would have been."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from tocsin.alerting.config import AlertingConfig
from tocsin.notify import Notification, NotifiedAlert, decode, encode
from tocsin.notify.severity import severity_of
from tocsin.store import OutboxEntry

HOUR = 3600.0
#: Where the receiver does not say: kinds of which each notification costs money and may wake somebody.
CAPS: Mapping[str, int] = {"twilio": 10}
NAME = "NotificationsSuppressed"


class Cap(NamedTuple):
    """So many notifications an hour, counted over all of the receivers."""

    limit: int
    receivers: tuple[str, ...]

    def free_at(self, sent_at: Sequence[float], *, now: float) -> float:
        """When the next one may be sent, given when those of the last hour were, in order."""
        lately = [at for at in sent_at if now - HOUR < at <= now]
        return lately[-self.limit] + HOUR if len(lately) >= self.limit else now


def caps(config: AlertingConfig) -> dict[tuple[str, int], Cap]:
    """By receiver and position of the integration; those without a cap are left out."""
    found = {
        (each.name, position): Cap(
            _limit(each.terms.max_per_hour, integration.kind), (each.name, *each.terms.capped_with)
        )
        for each in config.receivers
        for position, integration in enumerate(each.integrations)
    }
    return {address: cap for address, cap in found.items() if cap.limit}


def summary(suppressed: Sequence[OutboxEntry], cap: Cap, *, now: float) -> OutboxEntry:
    """One notification in the place of at least one: how many there were, as bad as the worst, and what of."""
    last = suppressed[-1]
    told = [decode(entry.payload) for entry in suppressed]
    alerts = [alert for notification in told for alert in notification.alerts]
    return OutboxEntry(
        key=hashlib.sha256("".join(entry.key for entry in suppressed).encode()).hexdigest(),
        receiver=last.receiver,
        integration=last.integration,
        group_key=f'{{}}:{{alertname="{NAME}"}}',
        payload=encode(_notification(told[-1], alerts, len(told), cap.limit)),
        created_at=now,
    )


def of_what_was_told(entry: OutboxEntry, settled: Iterable[OutboxEntry]) -> OutboxEntry | None:
    """The notification without ends and acknowledgements of alerts that were suppressed; None where nothing is left.

    `settled` is what was sent and suppressed before of its group, in order.
    """
    untold = _untold(settled)
    notification = decode(entry.payload)
    news = {"firing"} if notification.status == "firing" else set()
    alerts = tuple(each for each in notification.alerts if each.status in news or each.fingerprint not in untold)
    if len(alerts) == len(notification.alerts):
        return entry
    return replace(entry, payload=encode(replace(notification, alerts=alerts))) if alerts else None


def _untold(settled: Iterable[OutboxEntry]) -> set[str]:
    """The fingerprints of the alerts that fire for all but the receiver."""
    told: dict[str, bool] = {}
    for entry in settled:
        notification = decode(entry.payload)
        # An acknowledgement names all that fires, and tells of nothing new.
        for alert in notification.alerts if notification.status != "acknowledged" else ():
            if alert.status == "firing":
                told[alert.fingerprint] = entry.state == "sent" or told.get(alert.fingerprint, False)
            elif entry.state == "sent":
                told.pop(alert.fingerprint, None)
    return {fingerprint for fingerprint, is_told in told.items() if not is_told}


def _limit(said: int | None, kind: str) -> int:
    return CAPS.get(kind, 0) if said is None else said


def _notification(last: Notification, alerts: Sequence[NotifiedAlert], count: int, limit: int) -> Notification:
    worst = max((severity_of(alert.labels) for alert in alerts), key=lambda each: each.rank)
    labels = {"alertname": NAME, "severity": worst.name}
    alert = NotifiedAlert(
        status="firing",
        labels=labels,
        annotations={
            "summary": f"{count} more notification{'' if count == 1 else 's'} suppressed",
            "description": f"More than {limit} in an hour. They were about {_names(alerts)}.",
            "runbook": "Run `tocsin alerts` for what fires now; raise max_per_hour if that is too few.",
        },
        starts_at=min(alert.starts_at for alert in alerts),
        fingerprint=hashlib.sha256(NAME.encode()).hexdigest()[:16],
    )
    return Notification(
        receiver=last.receiver,
        status="firing",
        alerts=(alert,),
        group_labels={"alertname": NAME},
        common_labels=labels,
        common_annotations=alert.annotations,
        external_url=last.external_url,
        group_key=f'{{}}:{{alertname="{NAME}"}}',
    )


def _names(alerts: Iterable[NotifiedAlert]) -> str:
    names = list(dict.fromkeys(alert.name for alert in alerts))
    more = f" and {len(names) - 5} others" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
