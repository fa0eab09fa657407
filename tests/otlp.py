"""OTLP on the wire and in files, as plain values; and a server that takes it."""

import base64
import gzip
import http.client
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

KINDS = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}
_NOTHING = b"{}\n"
_KEYS = {"resourceSpans": "/v1/traces", "resourceMetrics": "/v1/metrics", "resourceLogs": "/v1/logs"}


class Event(NamedTuple):
    name: str
    attributes: dict[str, Any]


class Span(NamedTuple):
    trace_id: str
    span_id: str
    name: str
    attributes: dict[str, Any]
    status: str
    events: list[Event]
    resource: dict[str, Any]


class Record(NamedTuple):
    time: int
    trace_id: str
    span_id: str
    severity: int
    body: Any
    attributes: dict[str, Any]
    resource: dict[str, Any]


class Point(NamedTuple):
    metric: str
    time: int
    value: float
    """A histogram's is its sum."""
    attributes: dict[str, Any]
    scope: str
    resource: dict[str, Any]


@dataclass(slots=True)
class Telemetry:
    spans: list[Span] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    def add(self, message: Any) -> None:
        match message:
            case ExportTraceServiceRequest():
                self.spans.extend(_spans(message))
            case ExportMetricsServiceRequest():
                self.points.extend(_points(message))
            case ExportLogsServiceRequest():
                self.records.extend(_records(message))


def read_file(path: Path) -> Telemetry:
    """What the Collector's file exporter has written so far; nothing if there is no file."""
    telemetry = Telemetry()
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else ():
        if line.endswith(b"}\n") and line != _NOTHING:
            telemetry.add(_of_json(line))
    return telemetry


def post(url: str, message: Any) -> int:
    """Send one request by OTLP/HTTP; the status of the answer."""
    path = next(path for path, kind in KINDS.items() if isinstance(message, kind))
    return _post(url, path, message.SerializeToString(), {"Content-Type": "application/x-protobuf"}).status


class Answer(NamedTuple):
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}


def _post(url: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    address = urlsplit(url)
    with closing(http.client.HTTPConnection(address.hostname, address.port, timeout=10)) as connection:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.read())


@dataclass(slots=True)
class OtlpServer:
    """A backend on loopback that keeps what it takes, as long as a ``with`` block."""

    answer: Callable[[str], Answer] = lambda _: Answer()
    """Of a path. What is not answered with 200 is not kept."""
    forward_to: str | None = None
    """Where each request goes on to, unchanged; the answer is then the one from there."""
    port: int = 0
    telemetry: Telemetry = field(default_factory=Telemetry)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Path and headers of each, in lower case."""
    _server: ThreadingHTTPServer = field(init=False)

    def __enter__(self) -> "OtlpServer":  # noqa: PYI034  Self is newer than the oldest Python here
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        kept = {name: headers[name] for name in ("content-type", "content-encoding") if name in headers}
        answer = _post(self.forward_to, path, body, kept) if self.forward_to else self.answer(path)
        self.requests.append((path, headers))
        if answer.status == 200:
            content = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
            self.telemetry.add(KINDS[path].FromString(content))
        return answer


def _handler(server: OtlpServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = server.take(self.path, headers, self.rfile.read(int(headers["content-length"])))
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Nothing: tests look at what was taken."""

    return Handler


def _of_json(line: bytes) -> Any:
    """OTLP/JSON writes ids in hexadecimal, where protobuf's JSON has base64."""
    message = KINDS[next(path for key, path in _KEYS.items() if f'"{key}"'.encode() in line[:20])]()
    json_format.Parse(line, message, ignore_unknown_fields=True)
    for item in _identified(message):
        item.trace_id, item.span_id = (
            bytes.fromhex(base64.b64encode(i).decode()) for i in (item.trace_id, item.span_id)
        )
    return message


def _identified(message: Any) -> Iterator[Any]:
    match message:
        case ExportTraceServiceRequest():
            yield from (s for r in message.resource_spans for scope in r.scope_spans for s in scope.spans)
        case ExportLogsServiceRequest():
            yield from (log for r in message.resource_logs for scope in r.scope_logs for log in scope.log_records)


def _spans(message: Any) -> Iterator[Span]:
    for resource in message.resource_spans:
        of = _attributes(resource.resource.attributes)
        for span in (span for scope in resource.scope_spans for span in scope.spans):
            events = [Event(event.name, _attributes(event.attributes)) for event in span.events]
            ids = span.trace_id.hex(), span.span_id.hex()
            yield Span(*ids, span.name, _attributes(span.attributes), span.status.message, events, of)


def _records(message: Any) -> Iterator[Record]:
    for resource in message.resource_logs:
        of = _attributes(resource.resource.attributes)
        for log in (log for scope in resource.scope_logs for log in scope.log_records):
            ids = log.trace_id.hex(), log.span_id.hex()
            at = log.time_unix_nano or log.observed_time_unix_nano
            yield Record(at, *ids, log.severity_number, _value(log.body), _attributes(log.attributes), of)


def _points(message: Any) -> Iterator[Point]:
    for resource in message.resource_metrics:
        of = _attributes(resource.resource.attributes)
        for scope, metric in ((of_scope, metric) for of_scope in resource.scope_metrics for metric in of_scope.metrics):
            for point in getattr(metric, metric.WhichOneof("data")).data_points:
                value = point.sum if hasattr(point, "sum") else point.as_double or point.as_int
                attributes = _attributes(point.attributes)
                yield Point(metric.name, point.time_unix_nano, value, attributes, scope.scope.name, of)


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    match kind := value.WhichOneof("value"):
        case "array_value":
            return tuple(_value(item) for item in value.array_value.values)
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case None:
            return None
        case _:
            return getattr(value, kind)


def span(trace_id: str, *, name: str = "work", seconds: float = 0.001, failed: bool = False, **more: Any) -> Any:
    """A span of its own in a trace; ``attributes``, ``events`` (name to attributes), ``message`` and ``parent``."""
    begun = time.time_ns() - int(seconds * 1e9)
    return trace_pb2.Span(
        trace_id=bytes.fromhex(trace_id),
        span_id=secrets.token_bytes(8),
        parent_span_id=bytes.fromhex(more.get("parent", "")),
        name=name,
        kind=trace_pb2.Span.SPAN_KIND_SERVER,
        start_time_unix_nano=begun,
        end_time_unix_nano=begun + int(seconds * 1e9),
        attributes=pairs(more.get("attributes", {})),
        events=[
            trace_pb2.Span.Event(name=event, time_unix_nano=begun, attributes=pairs(of))
            for event, of in more.get("events", {}).items()
        ],
        status=trace_pb2.Status(code=2 if failed else 0, message=more.get("message", "")),
    )


def record(body: Any, *, severity: int = 9, trace_id: str = "", attributes: Mapping[str, Any] = {}) -> Any:
    return logs_pb2.LogRecord(
        time_unix_nano=time.time_ns(),
        severity_number=severity,
        trace_id=bytes.fromhex(trace_id),
        body=_any(body),
        attributes=pairs(attributes),
    )


def counter(name: str, value: int, attributes: Mapping[str, Any] = {}) -> Any:
    point = metrics_pb2.NumberDataPoint(time_unix_nano=time.time_ns(), as_int=value, attributes=pairs(attributes))
    total = metrics_pb2.Sum(data_points=[point], aggregation_temporality=2, is_monotonic=True)
    return metrics_pb2.Metric(name=name, sum=total)


def request(items: Sequence[Any], resource: Mapping[str, Any] = {}) -> Any:
    """The export request for spans, log records or metrics of one resource."""
    of = Resource(attributes=pairs({"service.name": "shop", **resource}))
    match items[0]:
        case trace_pb2.Span():
            spans = trace_pb2.ResourceSpans(resource=of, scope_spans=[trace_pb2.ScopeSpans(spans=items)])
            return ExportTraceServiceRequest(resource_spans=[spans])
        case logs_pb2.LogRecord():
            logs = logs_pb2.ResourceLogs(resource=of, scope_logs=[logs_pb2.ScopeLogs(log_records=items)])
            return ExportLogsServiceRequest(resource_logs=[logs])
    metrics = metrics_pb2.ResourceMetrics(resource=of, scope_metrics=[metrics_pb2.ScopeMetrics(metrics=items)])
    return ExportMetricsServiceRequest(resource_metrics=[metrics])


def pairs(attributes: Mapping[str, Any]) -> list[Any]:
    return [KeyValue(key=key, value=_any(value)) for key, value in attributes.items()]


def _any(value: Any) -> Any:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case tuple():
            return AnyValue(array_value=ArrayValue(values=[_any(item) for item in value]))
        case dict():
            return AnyValue(kvlist_value=KeyValueList(values=pairs(value)))
    return AnyValue(string_value=value)
