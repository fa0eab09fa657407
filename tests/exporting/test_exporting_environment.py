import pytest

from tocsin.exporting.environment import BOUNDS, GRPC, HTTP, completion

BOTH = (GRPC, HTTP)


def added(environ, *, endpoint=None, protocols=BOTH):
    found = completion(environ, endpoint=endpoint, protocols=protocols)
    return {name: value for name, value in found.items() if name not in BOUNDS}


def test_what_nobody_said_is_bounded():
    assert completion({}, endpoint=None, protocols=BOTH) == BOUNDS


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_what_the_user_said_stays(name):
    assert name not in completion({name: "1"}, endpoint=None, protocols=BOTH)


def test_an_opinion_on_one_signal_is_an_opinion_on_all():
    environ = {"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "60", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://logs:4318"}
    found = completion(environ, endpoint="http://here:4318", protocols=BOTH)
    assert "OTEL_EXPORTER_OTLP_TIMEOUT" not in found
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" not in found


@pytest.mark.parametrize(
    ("endpoint", "protocol"),
    [("http://agent:4317", GRPC), ("http://agent:4318", HTTP), ("https://backend.example/otlp", HTTP), ("::", HTTP)],
)
def test_the_port_says_the_protocol(endpoint, protocol):
    assert added({}, endpoint=endpoint) == {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
    }


@pytest.mark.parametrize("protocol", BOTH)
def test_only_what_is_installed_can_be_spoken(protocol):
    assert added({}, protocols=(protocol,)) == {"OTEL_EXPORTER_OTLP_PROTOCOL": protocol}
    assert added({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, protocols=(protocol,)) == {}
    assert added({}, protocols=()) == {}


def test_the_standard_variable_is_stronger_than_ours():
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://theirs:4317"}
    assert added(environ, endpoint="http://ours:4318") == {"OTEL_EXPORTER_OTLP_PROTOCOL": GRPC}


def test_a_configuration_file_says_everything():
    assert completion({"OTEL_CONFIG_FILE": "sdk.yaml"}, endpoint="http://x:4318", protocols=BOTH) == {}
