"""Who gets what: tenants, environments, a central place for errors, gateways that share the load."""

import secrets
from contextlib import ExitStack

import otlp
import pytest
from otlp import OtlpServer

PLACES = ("acme", "globex", "staging")
ENVIRONMENT = "deployment.environment.name"
#: Resource, attributes, and where it belongs; None is the place of all others.
BELONGS = [
    ({"tenant.id": "acme"}, {}, "acme"),
    ({"tenant.id": "acme", ENVIRONMENT: "production"}, {}, "acme"),
    ({"tenant.id": "acme", ENVIRONMENT: "staging"}, {}, "acme"),
    ({"tenant.id": "globex"}, {}, "globex"),
    ({}, {"tenant.id": "acme"}, "acme"),
    ({}, {"tenant.id": "globex"}, "globex"),
    ({ENVIRONMENT: "staging"}, {"tenant.id": "globex"}, "globex"),
    ({ENVIRONMENT: "staging"}, {}, "staging"),
    ({ENVIRONMENT: "test"}, {}, "staging"),
    ({ENVIRONMENT: "production"}, {}, None),
    ({"tenant.id": "acme-2"}, {}, None),
    ({}, {}, None),
]
COPIES = 25


@pytest.fixture
def places():
    with ExitStack() as stack:
        yield {place: stack.enter_context(OtlpServer()) for place in PLACES}


def sent(number, resource, attributes):
    """A span, a log record and a metric, each of which knows its number."""
    trace_id, numbered = secrets.token_hex(16), {**attributes, "number": number}
    items = (
        otlp.span(trace_id, attributes=numbered),
        otlp.record("sold", attributes=numbered),
        otlp.counter("sold", 1, numbered),
    )
    return [otlp.request([item], resource) for item in items]


def merged(requests):
    """One request of many resources, as a gateway gets it from its agents."""
    first, *others = requests
    for other in others:
        first.MergeFrom(other)
    return first


def numbers(items):
    return sorted(item.attributes["number"] for item in items if "number" in item.attributes)


def test_each_tenants_data_is_in_its_place_and_nowhere_else(collector, places, wait_until):
    env = {f"{place.upper()}_OTLP_ENDPOINT": server.url for place, server in places.items()}
    files = ("gateway.yaml", "tenants.yaml", "exporters/file.yaml")
    gateway = collector("gateway", *files, SAMPLING_WAIT="1s", SAMPLING_PERCENT="100", **env)
    parts = [sent(i, *BELONGS[i % len(BELONGS)][:2]) for i in range(COPIES * len(BELONGS))]
    for signal in zip(*parts, strict=True):
        assert otlp.post(gateway.http, merged(signal)) == 200

    def found():
        telemetries = {place: server.telemetry for place, server in places.items()} | {
            None: otlp.read_file(gateway.file)
        }
        return {
            (place, signal): numbers(getattr(telemetry, signal))
            for place, telemetry in telemetries.items()
            for signal in ("spans", "records", "points")
        }

    wait_until(lambda: sum(map(len, found().values())) >= 3 * len(parts), what="everything somewhere")
    expected = {
        place: [i for i in range(len(parts)) if BELONGS[i % len(BELONGS)][2] == place] for place in (*PLACES, None)
    }
    assert found() == {(place, signal): expected[place] for place, signal in found()}


def test_only_errors_go_to_the_central_place(collector, wait_until):
    fingerprint = {"tocsin.error.fingerprint": "v1:0123456789abcdef"}
    spans = {"fine": {}, "failed": {"failed": True}, "handled": {"attributes": fingerprint}}
    records = {"info": (9, {}), "warning": (13, {}), "error": (17, {}), "fatal": (21, {}), "issue": (13, fingerprint)}
    with OtlpServer() as central:
        files = ("agent.yaml", "errors-only.yaml", "exporters/file.yaml")
        agent = collector("agent", *files, ERRORS_OTLP_ENDPOINT=central.url, ERRORS_OTLP_AUTHORIZATION="Bearer t0p")
        made = [otlp.span(secrets.token_hex(16), name=name, **of) for name, of in spans.items()]
        otlp.post(agent.http, otlp.request(made))
        otlp.post(
            agent.http,
            otlp.request([otlp.record(body, severity=number, attributes=of) for body, (number, of) in records.items()]),
        )
        otlp.post(agent.http, otlp.request([otlp.counter("sold", 1)]))
        everything = wait_until(
            lambda: (seen := otlp.read_file(agent.file)) and seen.spans and seen.records and seen.points and seen,
            what="everything in the file",
        )
        errors = central.telemetry
        wait_until(lambda: len(errors.spans) >= 2 and len(errors.records) >= 3, what="the errors")
    assert {span.name for span in everything.spans} == set(spans)
    assert {record.body for record in everything.records} == set(records)
    assert sorted(span.name for span in errors.spans) == ["failed", "handled"]
    assert sorted(record.body for record in errors.records) == ["error", "fatal", "issue"]
    assert errors.points == []
    assert {headers["authorization"] for _, headers in central.requests} == {"Bearer t0p"}


def test_gateways_share_the_load_and_none_sees_half_a_trace(collector, wait_until):
    env = {"SAMPLING_WAIT": "1s", "SAMPLING_PERCENT": "100"}
    gateways = [collector(name, "gateway.yaml", "exporters/file.yaml", **env) for name in ("gateway-a", "gateway-b")]
    to = {f"GATEWAY_{letter}_ENDPOINT": gateway.grpc for letter, gateway in zip("AB", gateways, strict=True)}
    agent = collector("agent", "agent.yaml", "exporters/gateways.yaml", HOST_METRICS_INTERVAL="1h", **to)
    traces = [secrets.token_hex(16) for _ in range(400)]
    for name in ("root", "query", "call"):
        otlp.post(agent.http, otlp.request([otlp.span(trace, name=name) for trace in traces]))
    otlp.post(agent.http, otlp.request([otlp.record("sold", trace_id=trace) for trace in traces]))
    for process in range(16):
        of = {"service.instance.id": f"7d444840-9dc0-41d1-b245-5ffdce74fad{process:x}"}
        otlp.post(agent.http, otlp.request([otlp.counter("sold", process)], of))

    def seen():
        telemetries = [otlp.read_file(gateway.file) for gateway in gateways]
        points = [[p for p in telemetry.points if p.metric == "sold"] for telemetry in telemetries]
        return [(t.spans, t.records, p) for t, p in zip(telemetries, points, strict=True)]

    def counts():
        return [sum(len(part[signal]) for part in seen()) for signal in range(3)]

    wait_until(lambda: counts() == [1200, 400, 16], what="all at the gateways")
    (spans_a, records_a, points_a), (spans_b, records_b, points_b) = seen()
    of_a, of_b = {span.trace_id for span in spans_a}, {span.trace_id for span in spans_b}
    assert of_a.isdisjoint(of_b)
    assert (len(of_a) + len(of_b), min(len(of_a), len(of_b)) > 120) == (400, True)
    assert {record.trace_id for record in records_a} == of_a
    assert {record.trace_id for record in records_b} == of_b
    assert (len(points_a), len(points_b)) == (8, 8)
