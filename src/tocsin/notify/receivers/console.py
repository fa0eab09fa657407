"""Notifications for the person at the terminal."""

import sys
from datetime import datetime, timezone
from typing import TextIO

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.notification import Notification, NotifiedAlert
from tocsin.notify.severity import RESOLVED_ANSI, severity_of

_RESET = "\x1b[0m"


class Console:
    """Writes one line an alert to `stream`, by default to whatever stderr is at that moment; colour on a tty only."""

    def __init__(self, *, stream: TextIO | None = None) -> None:
        self._stream = stream

    def deliver(self, notification: Notification, *, key: str) -> None:  # noqa: ARG002  a line may come twice
        """Write it; see `Receiver`. A closed stream will not open again."""
        stream = self._stream or sys.stderr
        try:
            colour = stream.isatty()
            stream.write("".join(f"{line(alert, colour=colour)}\n" for alert in notification.alerts))
            stream.flush()
        except (OSError, ValueError, AttributeError) as error:
            raise DeliveryError(f"console: {error}", recoverable=False) from error

    def preview(self, notification: Notification) -> str:
        return "\n".join(line(alert, colour=False) for alert in notification.alerts)


def line(alert: NotifiedAlert, *, colour: bool) -> str:
    """`FIRING HighLatency: 95 % of requests take 2 s (service_name=shop) since 12:30:00 UTC`."""
    status = alert.status.upper()
    if colour:
        ansi = severity_of(alert.labels).ansi if alert.status == "firing" else RESOLVED_ANSI
        status = f"{ansi}{status}{_RESET}"
    summary = f": {alert.summary}" if alert.summary else ""
    labels = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()) if name != "alertname")
    told = f"{alert.name}{summary} ({labels})" if labels else f"{alert.name}{summary}"
    return f"{status} {_printable(told)} {_times(alert)}"


def _printable(text: str) -> str:
    """On one line and without control characters: labels may hold what somebody sent us."""
    return "".join(character if character.isprintable() else " " for character in text)


def _times(alert: NotifiedAlert) -> str:
    if alert.status == "resolved":
        return f"from {_clock(alert.starts_at)} to {_clock(alert.ends_at)}"
    return f"since {_clock(alert.starts_at)}"


def _clock(at: datetime) -> str:
    return at.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
