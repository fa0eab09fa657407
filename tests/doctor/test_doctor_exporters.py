import socket

import pytest

from tocsin.doctor.exporters import check_endpoint, check_exporters
from tocsin.exporting.destinations import launched


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def nobody():
    """An address where nobody listens: bound, so that nobody else can."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def otlp(endpoint, **environ):
    common = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    return list(check_exporters(launched(common | environ)))


def test_signals_that_fare_alike_are_one_line_and_one_endpoint(listener):
    exporters, endpoint = otlp(listener)
    assert (exporters.name, exporters.status) == ("traces, metrics, logs", "ok")
    assert exporters.found == f"otlp_proto_http {listener}"
    assert (endpoint.name, endpoint.status) == ("endpoint", "ok")
    assert endpoint.found.startswith(f"{listener} answers after ")


def test_nobody_listens(nobody):
    *_, endpoint = otlp(nobody)
    assert (endpoint.status, endpoint.found) == ("broken", f"{nobody}: Connection refused")
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in endpoint.fix


def test_each_endpoint_is_tried_once(listener, nobody):
    checks = otlp(listener, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=f"{nobody}/v1/logs")
    assert [check.status for check in checks if check.name == "endpoint"] == ["ok", "broken"]


def test_a_credential_in_the_endpoint_is_not_shown(nobody):
    assert "hunter2" not in str(otlp(nobody.replace("//", "//user:hunter2@") + "/hunter2"))


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:port", "http://[", "http://", "http://127.0.0.1:99999"])
def test_an_endpoint_that_is_no_address(endpoint):
    assert check_endpoint(endpoint).status == "broken"


def test_an_exporter_that_is_not_installed_comes_with_the_nearest(listener):
    (traces, *_) = otlp(listener, OTEL_TRACES_EXPORTER="consol")
    assert (traces.name, traces.status) == ("traces", "broken")
    assert (traces.found.split(",")[0], traces.fix) == (
        "the exporter consol is not installed",
        "set OTEL_TRACES_EXPORTER to console",
    )


def test_the_default_protocol_without_its_exporter(monkeypatch):
    monkeypatch.setattr("tocsin.doctor.exporters.entry_points", lambda *, group: [])
    (exporters, *_) = check_exporters({f"OTEL_{name}_EXPORTER": "otlp" for name in ("TRACES", "METRICS", "LOGS")})
    assert exporters.fix == "pip install opentelemetry-exporter-otlp-proto-grpc"


def test_an_http_exporter_beside_the_default_protocol(monkeypatch):
    class Http:
        name = "otlp_proto_http"

    monkeypatch.setattr("tocsin.doctor.exporters.entry_points", lambda *, group: [Http])
    (traces, *_) = check_exporters({"OTEL_TRACES_EXPORTER": "otlp"})
    assert traces.fix.startswith("set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or pip install ")


def test_a_protocol_that_no_exporter_speaks():
    environ = {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}
    (traces, *others) = check_exporters(environ)
    assert (traces.status, traces.fix) == ("broken", "set OTEL_EXPORTER_OTLP_PROTOCOL to grpc or http/protobuf")
    assert "endpoint" not in [check.name for check in others]


def test_what_is_not_exported_is_fine_when_it_is_said_and_suspicious_otherwise():
    assert [check.status for check in check_exporters({"OTEL_TRACES_EXPORTER": "none"})] == ["ok", "warning", "warning"]


def test_a_configuration_file(tmp_path):
    path = tmp_path / "otel.yaml"
    assert [check.status for check in check_exporters({"OTEL_CONFIG_FILE": str(path)})] == ["broken"]
    path.touch()
    (check,) = check_exporters({"OTEL_CONFIG_FILE": str(path)})
    assert (check.name, check.status) == ("traces, metrics, logs", "ok")
