"""The shop's telemetry through agent and gateway into a file: every item of it, and nothing else."""

import sys
from collections import Counter
from pathlib import Path

import pytest

for package in ("celery", "flask", "gunicorn", "requests", "sqlalchemy", "opentelemetry.instrumentation.flask"):
    pytest.importorskip(package, reason=f"the shop needs {package}")

import otlp  # noqa: E402  after the skips, as are the next ones
from deployment import open_shop  # noqa: E402
from otelcol import Collector  # noqa: E402
from otlp import OtlpServer  # noqa: E402
from processes import Processes  # noqa: E402
from signatures import FAULTS, ORDINARY, PAYMENTS, STOREFRONT, WORKER, Request  # noqa: E402

PERSON = "jane.roe@example.com"
PASSWORD = "opensesame-31415"
CARD = "4111111111111111"
PLANTED = (PERSON, "jane.roe%40example.com", PASSWORD, CARD, "ada@example.org")  # the last is in a fault of the shop's
#: What customers and their browsers bring along.
NOSY = (
    Request("GET", f"/search?q=jane.roe%40example.com&password={PASSWORD}"),
    Request("GET", f"/products/{PERSON}"),
    Request("GET", f"/search?card={CARD}&page={PERSON}"),
    Request("POST", "/customers", json={"email": PERSON, "name": "Jane"}),
    Request("POST", "/customers", json={"email": PERSON, "name": "Jane"}),
)
HEADERS = {"Authorization": f"Bearer {PASSWORD}", "Cookie": f"session={PASSWORD}"}
#: Whose metrics the Collectors add to the shop's.
ADDED = ("hostmetrics", "spanmetrics")


def environment(folder, backend):
    instrument = str(Path(sys.executable).parent / "opentelemetry-instrument")
    return dict.fromkeys((STOREFRONT, PAYMENTS, WORKER), (instrument,)), {
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_ENDPOINT": backend.url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "OTEL_BLRP_SCHEDULE_DELAY": "200",
        "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        "OTEL_SEMCONV_STABILITY_OPT_IN": "http",
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST": "authorization,cookie",
        "OTEL_RESOURCE_ATTRIBUTES": f"owner={PERSON}",
        "TOCSIN_STORE": str(folder / "tocsin.db"),
        "TOCSIN_MASK": "false",  # the first net: what is shown here is the second
        "SHOP_SLOW_SECONDS": "0.2",
    }


@pytest.fixture(scope="module")
def journey(binary, tmp_path_factory):
    """What the shop exported and what arrived behind both Collectors, as telemetry, and the file's text."""
    folder = tmp_path_factory.mktemp("journey")
    with Processes(folder) as processes:
        gateway = start(
            binary, processes, "gateway", SAMPLING_WAIT="2s", SAMPLING_PERCENT="100", SPAN_METRICS_INTERVAL="1s"
        )
        agent = start(binary, processes, "agent", GATEWAY_ENDPOINT=gateway.grpc, HOST_METRICS_INTERVAL="1s")
        with OtlpServer(forward_to=agent.http) as exported:
            trade(folder, exported)
            # An agent that ends hands on what it has; then the gateway decides on its last traces and does the same.
            agent.stop()
            gateway.stop()
        yield exported.telemetry, otlp.read_file(gateway.file), gateway.file.read_text()


def start(binary, processes, name, **env):
    behind = {"gateway": "exporters/file.yaml", "agent": "exporters/gateway.yaml"}[name]
    return Collector(binary, processes, name, (f"{name}.yaml", behind), env).start()


def trade(folder, backend):
    """Ordinary requests, every fault, and what should not be told on; the shop is closed when it returns."""
    launchers, env = environment(folder, backend)
    with Processes(folder / "shop") as processes:
        shop = open_shop(processes, launchers=launchers, environment=env)
        for request, _ in ORDINARY:
            shop.send(request)
        for request in NOSY:
            shop.send(request, headers=HEADERS)
        for fault in FAULTS:
            if fault.switch:
                shop.turn(fault.switch, on=True)
            shop.send(fault.request)
            if fault.switch:
                shop.turn(fault.switch, on=False)


def hidden(text):
    """As the agent hides it: the title of an issue may have been planted."""
    for plant in PLANTED:
        text = text.replace(plant, "****")
    return text


def test_every_span_arrives_once(journey):
    exported, arrived, _ = journey
    sent = Counter((span.trace_id, span.span_id) for span in exported.spans)
    assert len(sent) > 100
    assert Counter((span.trace_id, span.span_id) for span in arrived.spans) == sent


def test_every_log_record_arrives_once(journey):
    exported, arrived, _ = journey

    def key(record):
        return record.time, record.trace_id, record.span_id, record.severity, record.resource["service.name"]

    sent = Counter(map(key, exported.records))
    assert len(sent) > 5
    assert Counter(map(key, arrived.records)) == sent


def test_every_metric_point_arrives_once_with_its_value(journey):
    exported, arrived, _ = journey

    def key(point):
        attributes = tuple(sorted((name, hidden(str(value))) for name, value in point.attributes.items()))
        return point.metric, point.time, point.value, attributes, point.resource["service.name"]

    sent = Counter(map(key, exported.points))
    assert len(sent) > 200
    assert Counter(key(point) for point in arrived.points if not any(name in point.scope for name in ADDED)) == sent


def test_what_tocsin_found_out_arrives_as_it_was(journey):
    exported, arrived, _ = journey

    def found(items):
        return Counter(
            (item.trace_id, item.span_id, *sorted(of.items()))
            for item in items
            if (of := {key: value for key, value in item.attributes.items() if key.startswith("tocsin.error.")})
        )

    for signal in ("spans", "records"):
        sent = found(getattr(exported, signal))
        assert len(sent) >= 8, signal
        assert found(getattr(arrived, signal)) == sent
    assert [p.value for p in exported.points if p.metric == "tocsin.errors"]


def test_nothing_of_what_was_planted_arrives(journey):
    exported, _, written = journey
    assert [planted for planted in (PERSON, PASSWORD, CARD) if planted not in repr(exported)] == []
    assert [planted for planted in PLANTED if planted in written] == []


def test_what_has_nothing_to_hide_arrives_as_it_was(journey):
    """Stack traces above all: lines of code with `token=` in them are no secrets."""
    exported, arrived, _ = journey

    def spans(of):
        return {(span.trace_id, span.span_id): span._replace(resource={}) for span in of.spans}

    open_ones = {
        ids: span for ids, span in spans(exported).items() if not any(plant in repr(span) for plant in PLANTED)
    }
    assert sum(len(span.events) for span in open_ones.values()) >= 8
    assert {ids: span for ids, span in spans(arrived).items() if ids in open_ones} == open_ones


def test_what_the_agent_knows_of_the_host_is_added(journey):
    _, arrived, _ = journey
    hosts = {item.resource.get("host.name") for item in (*arrived.spans, *arrived.records)}
    assert len(hosts - {None}) == 1
    assert None not in hosts
    assert any(point.metric == "system.memory.usage" for point in arrived.points)


def test_every_span_is_in_the_span_metrics(journey):
    exported, arrived, _ = journey
    newest = {}
    for point in arrived.points:
        if point.metric == "traces.span.metrics.calls":
            newest[tuple(sorted(point.attributes.items()))] = point.value
    assert sum(newest.values()) == len(exported.spans)
