import pytest
from msgspec.structs import replace

from tocsin.store import Alert


def _alert(fingerprint="a", *, at=0.0, resolved_at=None, **labels):
    labels = {"alertname": "HighLatency", "pod": fingerprint, **labels}
    return Alert(
        group="g",
        rule=labels["alertname"],
        fingerprint=fingerprint,
        labels=labels,
        annotations={"summary": "slow", "pod": fingerprint},
        state="firing" if resolved_at is None else "inactive",
        value=1.0,
        active_at=at,
        fired_at=at,
        resolved_at=resolved_at,
    )


@pytest.fixture
def make_alert():
    return _alert


@pytest.fixture
def resolve():
    return lambda alert, at: replace(alert, state="inactive", resolved_at=at)
