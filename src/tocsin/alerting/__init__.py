"""Alertmanager's job: who is told of which alerts, when, and that they really are.

The decision is pure (`dispatch`), what it decided is durable (the store's outbox), and `Sender` delivers it.
"""

from tocsin.alerting.config import AlertingConfig, Integration, ReceiverConfig, simple
from tocsin.alerting.configfile import AlertingConfigError, load
from tocsin.alerting.dispatch import Decision, Dispatch, dispatch
from tocsin.alerting.fingerprint import fingerprint
from tocsin.alerting.matcher import Matcher
from tocsin.alerting.routing import Route
from tocsin.alerting.sender import Address, Sender, receivers
from tocsin.alerting.timers import Timers

__all__ = [
    "Address",
    "AlertingConfig",
    "AlertingConfigError",
    "Decision",
    "Dispatch",
    "Integration",
    "Matcher",
    "ReceiverConfig",
    "Route",
    "Sender",
    "Timers",
    "dispatch",
    "fingerprint",
    "load",
    "receivers",
    "simple",
]
