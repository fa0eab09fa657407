"""Who is told of what: the routing tree and the receivers it leads to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.alerting.inhibition import InhibitRule
from tocsin.alerting.intervals import TimeIntervals
from tocsin.alerting.maintenance import Maintenance
from tocsin.alerting.routing import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One way in which a receiver is told; `settings` are the keyword arguments of its kind and hold secrets."""

    kind: str
    settings: Mapping[str, Any] = field(repr=False)
    send_resolved: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """What nobody acknowledges within `after` seconds, another receiver is told of."""

    after: float
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What Alertmanager's file cannot say of a receiver.

    `max_per_hour` is for each integration, together with that of the receivers `capped_with`; 0 means no cap. Ends and
    acknowledgements count, but are told beyond it.
    """

    escalation: Escalation | None = None
    max_per_hour: int | None = None
    capped_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverConfig:
    """A name in the routing tree, and the integrations that Tocsin delivers itself."""

    name: str
    integrations: tuple[Integration, ...] = ()
    terms: Terms = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertingConfig:
    """`undelivered` and `unapplied` name what the file asks for and this version does not do: tell a person."""

    route: Route
    receivers: tuple[ReceiverConfig, ...]
    inhibit_rules: tuple[InhibitRule, ...] = ()
    time_intervals: TimeIntervals = field(default_factory=dict)
    maintenance: tuple[Maintenance, ...] = ()
    undelivered: tuple[str, ...] = ()
    unapplied: tuple[str, ...] = ()
    external_url: str = ""

    def receiver(self, name: str) -> ReceiverConfig:
        """The one of that name, or one without integrations."""
        return next((each for each in self.receivers if each.name == name), ReceiverConfig(name=name))
