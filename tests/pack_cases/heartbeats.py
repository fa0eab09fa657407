"""Signs of life, and the dead man's switch: series that make each alert fire, and series that nearly do."""

from pack_cases.case import Case


def job(instance="a", **times):
    """A heartbeat, as whoever evaluates reports it."""
    labels = f'heartbeat="etl",severity="critical",job="tocsin",instance="{instance}"'
    return {f"tocsin_heartbeat_{name}_timestamp_seconds{{{labels}}}": value for name, value in times.items()}


CASES = [
    Case(
        "a sign of life is late",
        "heartbeats",
        job(due="500x60", ok="0x60"),
        600,
        (("HeartbeatMissed", "critical", "No sign of life from etl"),),
    ),
    Case("a sign of life may still come", "heartbeats", job(due="601x60", ok="0x60"), 600),
    Case("it came to the next evaluator", "heartbeats", job(due="500x60") | job("b", due="900x60"), 600),
    Case(
        "a run failed after a good one",
        "heartbeats",
        job(due="900x60", ok="100x60", failed="200x60"),
        600,
        (("HeartbeatFailed", "critical", "etl failed"),),
    ),
    Case("a run went well after a bad one", "heartbeats", job(due="900x60", ok="300x60", failed="200x60"), 600),
    Case("the dead man's switch", "watchdog", {}, 60, (("Watchdog", "info", "Alerting works"),)),
]
