"""What an agent has accepted is delivered, whoever is away or killed in between."""

import secrets

import otlp
import pytest
from otlp import OtlpServer
from processes import free_port

AGENT = ("agent.yaml", "exporters/otlp.yaml")
BATCHES = 40
TEN_KIB = "x" * 10_240


@pytest.fixture
def backend_port():
    """Where a backend will listen one day."""
    return free_port()


@pytest.fixture
def agent(collector, backend_port):
    def start(**env):
        return collector("agent", *AGENT, OTLP_ENDPOINT=f"http://127.0.0.1:{backend_port}", **env)

    return start


def send(agent, number):
    """One span, one log record and one metric that know their number; whether the agent took each."""
    trace_id = secrets.token_hex(16)
    attributes = {"number": number, "pad": TEN_KIB}
    items = [
        otlp.span(trace_id, attributes=attributes),
        otlp.record("sold", trace_id=trace_id, attributes=attributes),
        otlp.counter("sold", number, attributes),
    ]
    return [otlp.post(agent.http, otlp.request([item])) for item in items]


def numbers(items):
    return {item.attributes["number"] for item in items if "number" in item.attributes}


def test_nothing_is_lost_when_the_backend_is_away_and_the_agent_is_killed(agent, backend_port, wait_until):
    agent = agent()
    for number in range(BATCHES):
        assert send(agent, number) == [200, 200, 200]
    agent.kill()
    agent.start()
    for number in range(BATCHES, 2 * BATCHES):
        assert send(agent, number) == [200, 200, 200]
    agent.kill()
    expected = set(range(2 * BATCHES))
    with OtlpServer(port=backend_port) as backend:
        agent.start()
        for arrived in (backend.telemetry.spans, backend.telemetry.records, backend.telemetry.points):
            wait_until(lambda arrived=arrived: numbers(arrived) == expected, what="every number")


def test_a_backend_that_comes_back_gets_everything(agent, backend_port, wait_until):
    agent = agent()
    with OtlpServer(port=backend_port, answer=lambda _: otlp.Answer(503)) as backend:
        for number in range(BATCHES):
            assert send(agent, number) == [200, 200, 200]
        wait_until(lambda: len(backend.requests) >= 3, what="attempts")
        backend.answer = OtlpServer().answer
        wait_until(lambda: numbers(backend.telemetry.spans) == set(range(BATCHES)), what="every number")
        assert len(backend.telemetry.spans) == BATCHES


def test_killed_while_it_delivers_it_delivers_at_least_once(agent, backend_port, wait_until):
    agent = agent()
    with OtlpServer(port=backend_port) as backend:
        for number in range(BATCHES):
            send(agent, number)
        wait_until(lambda: backend.telemetry.records, what="the first that arrive")
        agent.kill()
        agent.start()
        wait_until(lambda: numbers(backend.telemetry.spans) == set(range(BATCHES)), what="every number")


def test_a_full_queue_refuses_aloud_and_keeps_what_it_took(agent, backend_port, wait_until):
    agent = agent(COLLECTOR_QUEUE_BYTES="200000")
    answers = {number: send(agent, number)[0] for number in range(BATCHES)}
    accepted = {number for number, status in answers.items() if status == 200}
    assert 10 <= len(accepted) < BATCHES
    assert {status for status in answers.values() if status != 200} == {503}
    assert agent.says("otelcol_exporter_enqueue_failed_spans") == BATCHES - len(accepted)
    assert agent.says("otelcol_exporter_queue_size") > agent.says("otelcol_exporter_queue_capacity") / 2
    agent.kill()
    with OtlpServer(port=backend_port) as backend:
        agent.start()
        wait_until(lambda: numbers(backend.telemetry.spans) == accepted, what="what was accepted")
