"""Each backend gets its signals with its credentials, and none waits for another."""

import secrets

import otlp
import pytest
from otlp import Answer, OtlpServer
from processes import free_port

TRACES, METRICS, LOGS = "/v1/traces", "/v1/metrics", "/v1/logs"
WRITE = "/api/v1/write"
#: File of exporters/: what the environment says, the header that the backend then sees, and its signals.
BACKENDS = {
    "otlp": ({"OTLP_AUTHORIZATION": "Bearer o"}, ("authorization", "Bearer o"), {TRACES, METRICS, LOGS}),
    "prometheus": ({"PROMETHEUS_TENANT": "shop"}, ("x-scope-orgid", "shop"), {METRICS}),
    "prometheus-remote-write": ({"PROMETHEUS_AUTHORIZATION": "Bearer p"}, ("authorization", "Bearer p"), {WRITE}),
    "loki": ({"LOKI_TENANT": "till"}, ("x-scope-orgid", "till"), {LOGS}),
    "elastic": ({"ELASTIC_API_KEY": "e"}, ("authorization", "ApiKey e"), {TRACES, METRICS, LOGS}),
    "honeycomb": ({"HONEYCOMB_API_KEY": "h"}, ("x-honeycomb-team", "h"), {TRACES, METRICS, LOGS}),
    "new-relic": ({"NEW_RELIC_LICENSE_KEY": "n"}, ("api-key", "n"), {TRACES, METRICS, LOGS}),
    "grafana-cloud": ({"GRAFANA_CLOUD_BASIC_AUTH": "Zzo="}, ("authorization", "Basic Zzo="), {TRACES, METRICS, LOGS}),
    "signoz": ({"SIGNOZ_INGESTION_KEY": "s"}, ("signoz-ingestion-key", "s"), {TRACES, METRICS, LOGS}),
    "uptrace": ({"UPTRACE_DSN": "https://u@up/1"}, ("uptrace-dsn", "https://u@up/1"), {TRACES, METRICS, LOGS}),
    "sentry": ({"SENTRY_PUBLIC_KEY": "y"}, ("x-sentry-auth", "sentry sentry_key=y"), {TRACES, LOGS}),
}
ENDPOINTS = ("OTLP", "PROMETHEUS_OTLP", "LOKI", "ELASTIC_OTLP", "HONEYCOMB", "NEW_RELIC_OTLP", "GRAFANA_CLOUD_OTLP")
MORE_ENDPOINTS = ("SIGNOZ", "UPTRACE", "SENTRY_OTLP")


@pytest.fixture
def send():
    def send(agent, name):
        for item in (otlp.span(secrets.token_hex(16), name=name), otlp.record(name), otlp.counter(name, 1)):
            assert otlp.post(agent.http, otlp.request([item])) == 200

    return send


def test_each_backend_gets_its_signals_with_its_credentials(collector, send, wait_until):
    with OtlpServer(answer=lambda path: Answer() if path in otlp.KINDS else Answer(204)) as server:
        env = {f"{name}_ENDPOINT": server.url for name in (*ENDPOINTS, *MORE_ENDPOINTS)}
        env["PROMETHEUS_REMOTE_WRITE_ENDPOINT"] = f"{server.url}{WRITE}"
        env |= {name: value for settings, *_ in BACKENDS.values() for name, value in settings.items()}
        agent = collector("agent", "agent.yaml", *(f"exporters/{name}.yaml" for name in BACKENDS), **env)
        send(agent, "sold")
        expected = {(path, *header) for _, header, paths in BACKENDS.values() for path in paths}

        def missing():
            return expected - {(path, *header) for path, headers in server.requests for header in headers.items()}

        wait_until(lambda: not missing(), what="every signal at every backend")
        datasets = {(path, headers.get("x-honeycomb-dataset")) for path, headers in server.requests}
    assert {path for path, dataset in datasets if dataset == "metrics"} == {METRICS}


def test_a_backend_that_is_away_is_not_waited_for(collector, send, wait_until):
    with OtlpServer() as central:
        env = {"OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}", "ERRORS_OTLP_ENDPOINT": central.url}
        files = ("agent.yaml", "exporters/otlp.yaml", "errors-only.yaml", "exporters/file.yaml")
        agent = collector("agent", *files, HOST_METRICS_INTERVAL="1h", **env)
        send(agent, "sold")
        otlp.post(agent.http, otlp.request([otlp.span(secrets.token_hex(16), failed=True)]))
        wait_until(lambda: central.telemetry.spans, what="the error")
        wait_until(lambda: len(otlp.read_file(agent.file).spans) == 2, what="the file")
    assert agent.says("otelcol_exporter_queue_size") > 0


def test_deltas_for_datadog_and_totals_for_everybody_else(collector, wait_until):
    """The one backend with a processor of its own does not change what the others get."""
    agent = collector("agent", "agent.yaml", "exporters/datadog.yaml", "exporters/file.yaml", DD_SITE="localhost:1")
    for total in (3, 10, 12):
        otlp.post(agent.http, otlp.request([otlp.counter("sold", total)]))

    def values():
        return [point.value for point in otlp.read_file(agent.file).points if point.metric == "sold"]

    wait_until(lambda: values() == [3, 10, 12], what="the totals")
