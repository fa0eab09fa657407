import pytest

from tocsin.exporting.variables import known, problems


def told(**environ):
    return [str(problem) for problem in problems(environ)]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("OTEL_TRACE_EXPORTER", "OTEL_TRACES_EXPORTER"),
        ("OTEL_SERVICENAME", "OTEL_SERVICE_NAME"),
        ("OTEL_EXPORTER_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ("OTEL_EXPORTER_OTLP_TRACE_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
        ("OTEL_PYTHON_DISABLED_INSTRUMENTATION", "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"),
    ],
)
def test_a_misspelt_name_comes_with_the_right_one(slip, meant):
    assert told(**{slip: "x"}) == [f"{slip} (environment): is not a variable of OpenTelemetry; did you mean {meant}?"]


@pytest.mark.parametrize(
    "name",
    [
        "OTEL_PYTHON_LOG_CORRELATION",
        "OTEL_PYTHON_LOG_LEVEL",
        "OTEL_PYTHON_FLASK_EXCLUDED_URLS",
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST",
        "OTEL_EXPORTER_JAEGER_ENDPOINT",
        "OTEL_JAVAAGENT_ENABLED",
        "ELASTIC_OTEL_TRACE_EXPORTER",
    ],
)
def test_names_of_others_are_left_alone(name):
    assert told(**{name: "x"}) == []


def test_the_standard_variables_are_known():
    assert {"OTEL_TRACES_EXPORTER", "OTEL_SERVICE_NAME", "OTEL_PYTHON_DISTRO", "OTEL_PROPAGATORS"} <= known()
    assert (
        told(**dict.fromkeys(known() - {name for name in known() if name.endswith(("ENDPOINT", "PROTOCOL"))}, "x"))
        == []
    )


def test_an_endpoint_with_a_scheme_that_no_exporter_speaks():
    assert told(OTEL_EXPORTER_OTLP_ENDPOINT="htp://key@collector:4318/x") == [
        "OTEL_EXPORTER_OTLP_ENDPOINT = 'htp://collector:4318' (environment): must start with http:// or https://"
    ]


def test_only_grpc_does_without_a_scheme():
    assert told(OTEL_EXPORTER_OTLP_ENDPOINT="collector:4317") == []
    (problem,) = told(OTEL_EXPORTER_OTLP_ENDPOINT="collector:4318", OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf")
    assert "must start with http://" in problem


def test_a_protocol_that_python_does_not_have():
    assert told(OTEL_EXPORTER_OTLP_LOGS_PROTOCOL="http/json") == [
        "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL = 'http/json' (environment): must be grpc or http/protobuf"
    ]
