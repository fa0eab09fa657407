"""Alertmanager's job: who is told of which alerts, when, and that they really are.

The decision is pure (`Dispatcher`, whose stages say why an alert is held back), what it decided is durable (the store's
outbox), and `Sender` delivers it.
"""

from tocsin.alerting.alertmanagers import Alertmanagers
from tocsin.alerting.cap import caps
from tocsin.alerting.config import AlertingConfig, Escalation, Integration, ReceiverConfig, Terms
from tocsin.alerting.configfile import AlertingConfigError, load
from tocsin.alerting.dispatch import Decision, Dispatch, Dispatcher, Known, told_key
from tocsin.alerting.fingerprint import fingerprint
from tocsin.alerting.inhibition import InhibitRule
from tocsin.alerting.intervals import TimeInterval
from tocsin.alerting.maintenance import Maintenance
from tocsin.alerting.matcher import Matcher
from tocsin.alerting.routing import Route
from tocsin.alerting.sender import Address, Sender, receivers
from tocsin.alerting.simple import Simple, Timing, simple
from tocsin.alerting.timers import Timer, Timers

__all__ = [
    "Address",
    "AlertingConfig",
    "AlertingConfigError",
    "Alertmanagers",
    "Decision",
    "Dispatch",
    "Dispatcher",
    "Escalation",
    "InhibitRule",
    "Integration",
    "Known",
    "Maintenance",
    "Matcher",
    "ReceiverConfig",
    "Route",
    "Sender",
    "Simple",
    "Terms",
    "TimeInterval",
    "Timer",
    "Timers",
    "Timing",
    "caps",
    "fingerprint",
    "load",
    "receivers",
    "simple",
    "told_key",
]
