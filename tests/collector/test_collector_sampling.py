"""The gateway keeps every trace that is worth it, the stated share of the others, and counts them all."""

import math
import random
from collections import Counter

import otlp
import pytest

SEED = 20_261_121
SHARE = 0.10
#: Traces of each kind; each has three spans, and the last of them is what makes its kind.
TRACES = {"error": 60, "slow": 40, "new": 40, "handled": 40, "ordinary": 3000}
LAST = {
    "error": {"failed": True, "events": {"exception": {"exception.type": "KeyError"}}},
    "slow": {"seconds": 3.0},
    "new": {"attributes": {"tocsin.error.new": True}},
    "handled": {"attributes": {"tocsin.error.fingerprint": "v1:0123456789abcdef", "tocsin.error.new": False}},
    "ordinary": {},
}
PIECE = 300
DECIDED = "otelcol_processor_tail_sampling_global_count_traces_sampled"


@pytest.fixture
def gateway(collector):
    def start(**env):
        return collector("gateway", "gateway.yaml", "exporters/file.yaml", SAMPLING_WAIT="2s", **env)

    return start


def traces():
    """Spans in an order in which those of a trace come in requests of their own, and the kind of each trace."""
    source = random.Random(SEED)
    kinds = {f"{source.getrandbits(128):032x}": kind for kind, count in TRACES.items() for _ in range(count)}
    first = [otlp.span(trace, name="root") for trace in kinds]
    second = [otlp.span(trace, name="query") for trace in kinds]
    last = [otlp.span(trace, name="last", **LAST[kind]) for trace, kind in kinds.items()]
    spans = [span for third in (first, second, last) for span in source.sample(third, len(third))]
    return kinds, spans


def send(gateway, spans):
    for start in range(0, len(spans), PIECE):
        assert otlp.post(gateway.http, otlp.request(spans[start : start + PIECE])) == 200


def metric(gateway, name):
    """The newest value of each series."""
    newest = {}
    for point in otlp.read_file(gateway.file).points:
        if point.metric == name:
            newest[tuple(sorted(point.attributes.items()))] = point.value
    return newest


def test_all_that_is_worth_it_and_the_share_of_the_rest(gateway, wait_until):
    gateway = gateway(SPAN_METRICS_INTERVAL="1s")
    kinds, spans = traces()
    send(gateway, spans)
    wait_until(lambda: gateway.says(DECIDED) == len(kinds), what="a decision on each trace")
    worth = {trace for trace, kind in kinds.items() if kind != "ordinary"}
    wait_until(lambda: worth <= kept(gateway).keys(), what="the traces that are worth it")
    # Whole traces: three spans of each, whatever the request that they came in.
    assert set(kept(gateway).values()) == {3}
    ordinary = len(kept(gateway).keys() - worth)
    expected, deviation = TRACES["ordinary"] * SHARE, math.sqrt(TRACES["ordinary"] * SHARE * (1 - SHARE))
    assert abs(ordinary - expected) < 4 * deviation
    wait_until(lambda: sum(calls(gateway).values()) == len(spans), what="every span, sampled or not, counted")
    assert sum(value for key, value in calls(gateway).items() if ("status.code", "STATUS_CODE_ERROR") in key) == 60
    ((exceptions, count),) = metric(gateway, "traces.span.metrics.events").items()
    assert (dict(exceptions)["exception.type"], count) == ("KeyError", 60)


def kept(gateway):
    return Counter(span.trace_id for span in otlp.read_file(gateway.file).spans)


def calls(gateway):
    return metric(gateway, "traces.span.metrics.calls")


def test_the_share_is_a_setting(gateway, wait_until):
    gateway = gateway(SAMPLING_PERCENT="100")
    _, spans = traces()
    send(gateway, spans)
    wait_until(lambda: sum(kept(gateway).values()) == len(spans), what="every span")
