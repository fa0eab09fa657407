"""A notification as Alertmanager's templates see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from tocsin.gotemplate import KV
from tocsin.gotemplate.timestamp import ZERO, Time
from tocsin.notify.notification import UNSET, Notification, NotifiedAlert


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateAlert:
    """One of `.Alerts`."""

    status: str
    labels: KV
    annotations: KV
    starts_at: Time
    ends_at: Time
    generator_url: str
    fingerprint: str

    go_type: ClassVar[str] = "template.Alert"
    exported: ClassVar[Mapping[str, str]] = {
        "Status": "status",
        "Labels": "labels",
        "Annotations": "annotations",
        "StartsAt": "starts_at",
        "EndsAt": "ends_at",
        "GeneratorURL": "generator_url",
        "Fingerprint": "fingerprint",
    }
    json_names: ClassVar[Mapping[str, str]] = {
        "status": "status",
        "labels": "labels",
        "annotations": "annotations",
        "startsAt": "starts_at",
        "endsAt": "ends_at",
        "generatorURL": "generator_url",
        "fingerprint": "fingerprint",
    }

    @classmethod
    def of(cls, alert: NotifiedAlert) -> "TemplateAlert":
        return cls(
            status=alert.status,
            labels=KV(alert.labels),
            annotations=KV(alert.annotations),
            starts_at=Time.from_datetime(alert.starts_at),
            ends_at=ZERO if alert.ends_at == UNSET else Time.from_datetime(alert.ends_at),
            generator_url=alert.generator_url,
            fingerprint=alert.fingerprint,
        )


class TemplateAlerts(list[TemplateAlert]):
    """`.Alerts`, which can be narrowed."""

    go_type: ClassVar[str] = "template.Alerts"
    exported: ClassVar[Mapping[str, str]] = {"Firing": "firing", "Resolved": "resolved"}

    def firing(self) -> "TemplateAlerts":
        return TemplateAlerts(alert for alert in self if alert.status == "firing")

    def resolved(self) -> "TemplateAlerts":
        return TemplateAlerts(alert for alert in self if alert.status == "resolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateData:
    """The dot at the beginning of a template."""

    receiver: str
    status: str
    alerts: TemplateAlerts
    group_labels: KV
    common_labels: KV
    common_annotations: KV
    external_url: str
    group_key: str
    truncated_alerts: int

    go_type: ClassVar[str] = "*template.Data"
    exported: ClassVar[Mapping[str, str]] = {
        "Receiver": "receiver",
        "Status": "status",
        "Alerts": "alerts",
        "GroupLabels": "group_labels",
        "CommonLabels": "common_labels",
        "CommonAnnotations": "common_annotations",
        "ExternalURL": "external_url",
        "GroupKey": "group_key",
        "TruncatedAlerts": "truncated_alerts",
    }
    json_names: ClassVar[Mapping[str, str]] = {
        "receiver": "receiver",
        "status": "status",
        "alerts": "alerts",
        "groupLabels": "group_labels",
        "commonLabels": "common_labels",
        "commonAnnotations": "common_annotations",
        "externalURL": "external_url",
    }

    @classmethod
    def of(cls, notification: Notification) -> "TemplateData":
        return cls(
            receiver=notification.receiver,
            status=notification.status,
            alerts=TemplateAlerts(map(TemplateAlert.of, notification.alerts)),
            group_labels=KV(notification.group_labels),
            common_labels=KV(notification.common_labels),
            common_annotations=KV(notification.common_annotations),
            external_url=notification.external_url,
            group_key=notification.group_key,
            truncated_alerts=notification.truncated_alerts,
        )
