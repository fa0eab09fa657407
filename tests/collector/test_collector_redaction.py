"""The second net: what slipped through the application's own masking does not leave the agent."""

import secrets

import otlp
import pytest

#: Each in a shape of its own; none of them is anybody's.
PLANTED = {
    "e-mail": "jane.roe@example.com",
    "escaped e-mail": "jane.roe%40example.com",
    "card": "4111 1111 1111 1111",
    "American Express": "378282246310005",
    "IBAN": "DE89 3704 0044 0532 0130 00",
    "social security number": "078-05-1120",
    "database URL": "postgresql://shop:hunter2hunter2@db.internal/shop",
    "bearer": "Bearer dGhlIHNlY3JldA.abcdef",
    "web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "GitHub": "ghp_" + "x4Zq" * 9,
    "Slack": "xoxb-2345678901-abcdefGHIJ",
    "Stripe": "sk_live_" + "4eC39HqLyjWDarjt",
    "Google": "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
    "pair": "password=correct-horse",
    "query": "/login?user=jane&access_token=opensesame",
    "header": "Cookie: sid=opensesame",
    "option": "--api-key opensesame",
    "JSON": '{"api_key": "k-31415926535"}',
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
}
#: What of each must not be found anywhere.
SECRETS = {
    "database URL": "hunter2hunter2",
    "bearer": "dGhlIHNlY3JldA",
    "pair": "correct-horse",
    "query": "opensesame",
    "header": "opensesame",
    "option": "opensesame",
    "JSON": "31415926535",
    "private key": "MIIEpAIBAAKCAQEA",
}
#: Attributes whose name says what they hold.
NAMED = {
    "password": "opensesame-1",
    "http.request.header.authorization": ("opensesame-2",),
    "http.request.header.cookie": ("sid=opensesame-3",),
    "db.connection.api_key": "opensesame-4",
    "app.refresh_token": "opensesame-5",
}
#: What looks a little like a secret and is none.
HARMLESS = {
    "tocsin.error.fingerprint": "v1:4111111111111111",
    "tocsin.error.culprit": "shop.orders in check_out",
    "tocsin.error.new": True,
    "http.route": "/orders/<int:number>",
    "url.full": "https://example.com/orders/17?page=2",
    "gen_ai.usage.input_tokens": 4111,
    "process.start": 1790000000123456789,
    "trace": "4bf92f3577b34da6a3ce929d0e0e4736",
    "uuid": "7d444840-9dc0-11d1-b245-5ffdce74fad2",
    "at": "2026-11-21T10:14:04.123456Z",
    "version": "1.26.8",
    "masked already": "q=[email]&password=[secret], Authorization: [secret]",
    "code": "order.authorization = bank.charge(token=token, password=settings.PASSWORD, key=api_key)",
}


@pytest.fixture
def agent(collector):
    return collector("agent", "agent.yaml", "exporters/file.yaml", HOST_METRICS_INTERVAL="1h")


def delivered(agent, wait_until, count):
    """What came out, once so many spans, records and points have."""

    def all_of_it():
        telemetry = otlp.read_file(agent.file)
        points = [point for point in telemetry.points if not point.metric.startswith("system.")]
        return len(telemetry.spans) + len(telemetry.records) + len(points) == count and telemetry

    return wait_until(all_of_it, what=f"{count} items in {agent.file}")


def everywhere(text):
    """A span, a log record and a metric with the text in each place where an application can put it."""
    trace_id = secrets.token_hex(16)
    attributes = {"note": f"of {text}.", "list": ("a", text)}
    span = otlp.span(
        trace_id,
        name=f"greet {text}",
        failed=True,
        message=f"ValueError: no {text}",
        attributes=attributes,
        events={"exception": {"exception.message": text, "exception.stacktrace": f"  raise X({text!r})"}, text: {}},
    )
    records = [
        otlp.record(f"hello {text}!", attributes=attributes),
        otlp.record({"who": text, "nested": {"deep": (text,)}}),
    ]
    metric = otlp.counter("greetings", 1, attributes)
    resource = {"owner": text}
    return [otlp.request(items, resource) for items in ([span], records, [metric])]


def test_planted_personal_data_and_secrets_do_not_leave(agent, wait_until):
    for text in PLANTED.values():
        for request in everywhere(text):
            assert otlp.post(agent.http, request) == 200
    delivered(agent, wait_until, 4 * len(PLANTED))
    written = agent.file.read_text()
    assert [what for what, text in PLANTED.items() if SECRETS.get(what, text) in written] == []


def test_attributes_that_are_named_after_a_secret_do_not_leave(agent, wait_until):
    otlp.post(agent.http, otlp.request([otlp.span(secrets.token_hex(16), attributes=NAMED)]))
    (span,) = delivered(agent, wait_until, 1).spans
    assert span.attributes == dict.fromkeys(NAMED, "****")


def test_what_is_no_secret_stays_as_it_is(agent, wait_until):
    trace_id = secrets.token_hex(16)
    events = {"exception": {"exception.type": "KeyError"}, "retry": {"attempt": 2}}
    span = otlp.span(trace_id, name="GET /orders/17", message="KeyError: 'x'", attributes=HARMLESS, events=events)
    otlp.post(agent.http, otlp.request([span]))
    otlp.post(agent.http, otlp.request([otlp.record({"n": 1, "s": "order 17 is paid"}, attributes=HARMLESS)]))
    otlp.post(agent.http, otlp.request([otlp.counter("orders", 7, HARMLESS)]))
    out = delivered(agent, wait_until, 3)
    (arrived,), (record,) = out.spans, out.records
    (point,) = (point for point in out.points if point.metric == "orders")
    assert (arrived.name, arrived.status, arrived.attributes) == ("GET /orders/17", "KeyError: 'x'", HARMLESS)
    assert {event.name: event.attributes for event in arrived.events} == events
    assert (record.body, record.attributes) == ({"n": 1, "s": "order 17 is paid"}, HARMLESS)
    assert (point.value, point.attributes) == (7, HARMLESS)
    assert arrived.resource["service.name"] == "shop"
    assert "host.name" in arrived.resource
