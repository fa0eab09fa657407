"""A notification that says of itself that it is a test."""

from datetime import datetime, timedelta, timezone

from tocsin.notify.notification import UNSET, Notification, NotifiedAlert

NAME = "TocsinTest"


def sample(*, receiver: str, severity: str, now: float, resolved: bool = False, external_url: str = "") -> Notification:
    """One alert with all that an alert can say, that has fired for five minutes; `now` is in unix seconds."""
    at = datetime.fromtimestamp(now, tz=timezone.utc)
    status = "resolved" if resolved else "firing"
    labels = {"alertname": NAME, "service_name": "shop", "severity": severity}
    annotations = {
        "summary": f"This is a test of the receiver {receiver}, nothing is wrong",
        "description": "Sent by `tocsin notify`. A real alert says here what its rule says of it.",
        "value": "12%",
        "threshold": "5%",
        "routes": "/checkout 0.8/s, /cart 0.1/s",
        "runbook": "Nothing: tell who sent it that it arrived.",
    }
    alert = NotifiedAlert(
        status=status,
        labels=labels,
        annotations=annotations,
        starts_at=at - timedelta(minutes=5),
        ends_at=at if resolved else UNSET,
        fingerprint="0" * 16,
    )
    return Notification(
        receiver=receiver,
        status=status,
        alerts=(alert,),
        group_labels={"alertname": NAME},
        common_labels=labels,
        common_annotations=annotations,
        external_url=external_url,
        group_key=f'{{}}:{{alertname="{NAME}"}}',
    )
