"""gRPC and HTTP, and every compression, from OpenTelemetry's own exporters and from Collector to Collector."""

import secrets

import otlp
import pytest
from otlp import OtlpServer


@pytest.fixture
def gateway(collector):
    env = {"SAMPLING_WAIT": "1s", "SAMPLING_PERCENT": "100"}
    return collector("gateway", "gateway.yaml", "exporters/file.yaml", **env)


def exporter(protocol, agent, compression):
    """OpenTelemetry's span exporter for Python, to the agent."""
    if protocol == "grpc":
        grpc = pytest.importorskip("grpc", reason="OTLP over gRPC needs grpcio")
        package = pytest.importorskip("opentelemetry.exporter.otlp.proto.grpc.trace_exporter")
        algorithm = {"gzip": grpc.Compression.Gzip, "none": grpc.Compression.NoCompression}[compression]
        return package.OTLPSpanExporter(endpoint=agent.grpc, insecure=True, compression=algorithm)
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=f"{agent.http}/v1/traces", compression=Compression(compression))


def test_the_agent_takes_what_sdks_send(collector, wait_until):
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    agent = collector("agent", "agent.yaml", "exporters/file.yaml", HOST_METRICS_INTERVAL="1h")
    ways = {(protocol, compression) for protocol in ("grpc", "http") for compression in ("gzip", "none")}
    for protocol, compression in ways:
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter(protocol, agent, compression)))
        provider.get_tracer("test").start_span(f"{protocol} {compression}").end()
        provider.shutdown()
    expected = {" ".join(way) for way in ways}
    wait_until(lambda: {span.name for span in otlp.read_file(agent.file).spans} == expected, what="all of them")


def test_an_agent_sends_to_a_gateway(collector, gateway, wait_until):
    ways = {(protocol, compression) for protocol in ("grpc", "http") for compression in ("zstd", "gzip", "none")}
    for protocol, compression in ways:
        file, name = {"grpc": ("exporters/gateway.yaml", "GATEWAY"), "http": ("exporters/otlp.yaml", "OTLP")}[protocol]
        settings = {f"{name}_ENDPOINT": getattr(gateway, protocol), f"{name}_COMPRESSION": compression}
        agent = collector(f"agent-{protocol}-{compression}", "agent.yaml", file, HOST_METRICS_INTERVAL="1h", **settings)
        way = {"way": f"{protocol} {compression}"}
        for item in (
            otlp.span(secrets.token_hex(16), attributes=way),
            otlp.record("", attributes=way),
            otlp.counter("n", 1, way),
        ):
            assert otlp.post(agent.http, otlp.request([item])) == 200

    def arrived():
        seen = otlp.read_file(gateway.file)
        return [
            {item.attributes.get("way") for item in items} - {None} for items in (seen.spans, seen.records, seen.points)
        ]

    expected = {" ".join(way) for way in ways}
    wait_until(lambda: arrived() == [expected] * 3, what="span, record and point on each way")


@pytest.mark.parametrize(("compression", "encoding"), [("zstd", "zstd"), ("gzip", "gzip"), ("none", None)])
def test_what_is_compressed_says_so(collector, wait_until, compression, encoding):
    with OtlpServer() as backend:
        backend.answer = lambda _: otlp.Answer(400)  # only the headers are of interest here
        env = {"OTLP_ENDPOINT": backend.url, "OTLP_COMPRESSION": compression, "HOST_METRICS_INTERVAL": "1h"}
        agent = collector("agent", "agent.yaml", "exporters/otlp.yaml", **env)
        otlp.post(agent.http, otlp.request([otlp.span(secrets.token_hex(16))]))
        wait_until(lambda: backend.requests, what="a request")
    assert backend.requests[0][1].get("content-encoding") == encoding


def test_https_is_tls_and_nothing_goes_out_in_the_clear(collector, gateway, wait_until):
    endpoint = gateway.grpc.replace("http://", "https://")
    agent = collector("agent", "agent.yaml", "exporters/gateway.yaml", GATEWAY_ENDPOINT=endpoint)
    otlp.post(agent.http, otlp.request([otlp.span(secrets.token_hex(16))]))
    wait_until(lambda: "does not look like a TLS handshake" in agent.process.printed(), what="a handshake")
    assert otlp.read_file(gateway.file).spans == []
