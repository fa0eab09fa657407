import pytest

from tocsin.exporting.destinations import Destination, destinations, launched, without_credentials


def of(signal, **environ):
    return [found for found in destinations(environ) if found.signal == signal]


def test_nothing_set_is_nothing_exported_by_the_environment():
    assert destinations({}) == (Destination("traces", ""), Destination("metrics", ""), Destination("logs", ""))


def test_the_launcher_fills_in_what_the_environment_leaves_open():
    assert destinations(launched({"OTEL_LOGS_EXPORTER": "none"})) == (
        Destination("traces", "otlp", "grpc", "http://localhost:4317"),
        Destination("metrics", "otlp", "grpc", "http://localhost:4317"),
        Destination("logs", "none"),
    )


def test_a_signal_with_its_own_endpoint_and_protocol():
    environ = {
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "https://metrics.example/v1/metrics",
        "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "http/protobuf",
    }
    assert of("traces", **environ) == [Destination("traces", "otlp", "grpc", "http://collector:4317")]
    assert of("metrics", **environ) == [Destination("metrics", "otlp", "http/protobuf", "https://metrics.example")]


def test_http_has_another_default_port():
    environ = {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    assert of("traces", **environ)[0].endpoint == "http://localhost:4318"


def test_several_exporters_of_one_signal():
    environ = {"OTEL_TRACES_EXPORTER": "otlp_proto_http, console"}
    assert [(found.exporter, found.component) for found in of("traces", **environ)] == [
        ("otlp_proto_http", "otlp_proto_http"),
        ("console", "console"),
    ]


def test_the_component_follows_the_protocol():
    assert of("traces", OTEL_TRACES_EXPORTER="otlp")[0].component == "otlp_proto_grpc"


def test_a_configuration_file_is_stronger_than_the_variables():
    environ = {"OTEL_CONFIG_FILE": "otel.yaml", "OTEL_TRACES_EXPORTER": "console"}
    assert of("traces", **environ) == [Destination("traces", "OTEL_CONFIG_FILE", endpoint="otel.yaml")]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://key:secret@host.example:4318/secret?token=secret#secret", "https://host.example:4318"),
        ("secret@host:4317", "host:4317"),
        ("localhost:4317", "localhost:4317"),
        ("http://[::1]:4317/", "http://[::1]:4317"),
        ("http://[", "http://["),
        ("", ""),
    ],
)
def test_no_credential_is_shown(url, shown):
    assert without_credentials(url) == shown
