"""How bad an alert is, and what that means in each channel: the one table."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Severity:
    """`rank` orders them. `quiet` ones make no sound where a channel can do that; `texted` ones are worth an SMS."""

    name: str
    rank: int
    colour: str
    mark: str
    ansi: str
    log_level: int
    pagerduty: str
    opsgenie: str
    sentry: str
    quiet: bool = False
    texted: bool = False

    @property
    def rgb(self) -> int:
        return int(self.colour[1:], 16)


SEVERITIES: Mapping[str, Severity] = {
    each.name: each
    for each in (
        Severity(
            name="info",
            rank=0,
            colour="#2f80ed",
            mark="🔵",
            ansi="\x1b[34m",
            log_level=logging.INFO,
            pagerduty="info",
            opsgenie="P5",
            sentry="info",
            quiet=True,
        ),
        Severity(
            name="warning",
            rank=1,
            colour="#f2c037",
            mark="🟡",
            ansi="\x1b[33m",
            log_level=logging.WARNING,
            pagerduty="warning",
            opsgenie="P3",
            sentry="warning",
        ),
        Severity(
            name="error",
            rank=2,
            colour="#f2711c",
            mark="🟠",
            ansi="\x1b[31m",
            log_level=logging.ERROR,
            pagerduty="error",
            opsgenie="P2",
            sentry="error",
        ),
        Severity(
            name="critical",
            rank=3,
            colour="#d32f2f",
            mark="🔴",
            ansi="\x1b[1;31m",
            log_level=logging.CRITICAL,
            pagerduty="critical",
            opsgenie="P1",
            sentry="fatal",
            texted=True,
        ),
        Severity(
            name="emergency",
            rank=4,
            colour="#8e24aa",
            mark="🚨",
            ansi="\x1b[1;35m",
            log_level=logging.CRITICAL,
            pagerduty="critical",
            opsgenie="P1",
            sentry="fatal",
            texted=True,
        ),
    )
}
#: What others call them; rules of Prometheus' world use several words for one thing.
_ALIASES = {
    **dict.fromkeys(("none", "debug", "notice", "information", "low"), "info"),
    **dict.fromkeys(("warn", "medium", "ticket"), "warning"),
    **dict.fromkeys(("err", "major", "high"), "error"),
    **dict.fromkeys(("crit", "fatal", "page", "alert"), "critical"),
    **dict.fromkeys(("emerg", "panic", "disaster"), "emergency"),
}
#: Of an alert that does not say, or says something that nobody knows.
UNKNOWN = SEVERITIES["error"]
#: What is over.
RESOLVED_COLOUR = "#2e9e4f"
RESOLVED_MARK = "✅"
RESOLVED_ANSI = "\x1b[32m"


def is_severity(word: str) -> bool:
    """Whether it is one of these, or what others call one of them."""
    return word in SEVERITIES or word in _ALIASES


def severity_of(labels: Mapping[str, str]) -> Severity:
    """What the label `severity` means, `UNKNOWN` where it means nothing."""
    said = labels.get("severity", "").strip().lower()
    return SEVERITIES.get(_ALIASES.get(said, said), UNKNOWN)
