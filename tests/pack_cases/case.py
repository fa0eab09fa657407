"""What a case is, and the series that several packs look at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """Series in promtool's notation, a sample every 15 s; and what fires at `at` seconds: summaries by severity."""

    title: str
    pack: str
    series: dict[str, str]
    at: int
    fires: tuple[tuple[str, str, str], ...] = ()

    def __str__(self):
        return self.title


def steady(rate, length=60):
    """A counter that grows so much every 15 s."""
    return f"0+{rate}x{length}"


def durations(name, total, labels):
    """Calls of ten seconds' mean length where `total` is ten times a count of 1 every 15 s."""
    return {f"{name}_sum{{{labels}}}": steady(total), f"{name}_count{{{labels}}}": steady(1)}
