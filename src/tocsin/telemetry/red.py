"""Rate, errors and duration from ended spans, where the instrumentation that made them measures nothing.

One table says what each instrumentation leaves out. What it measures itself is left to it, under whatever name: nothing
is measured twice. Only spans that are recorded are seen, so a sampled trace gives sampled rates.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from opentelemetry.metrics import Histogram, Meter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

#: Values of one attribute that get series of their own; the others share `other`.
VALUES = 100
#: Attribute sets of one instrument; the others share the one that OpenTelemetry's specification has for it.
ATTRIBUTE_SETS = 1_000
OVERFLOW = {"otel.metric.overflow": True}
#: What the application measures itself, by `tocsin.observe`.
OBSERVED = "tocsin.observed.duration"

# The boundaries that the semantic conventions advise, in seconds.
_DATABASE_BOUNDARIES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
_BOUNDARIES = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

# Without ambiguity, hence in linear time: a comment ends at its first `*/`.
_FIRST_WORD = re.compile(r"(?:[\s(]|/\*(?:[^*]|\*(?!/))*\*/)*(\w+)")

Attributes: TypeAlias = Mapping[str, Any]


class Measurement(NamedTuple):
    """One duration, in seconds, for a histogram of the semantic conventions."""

    instrument: str
    seconds: float
    attributes: dict[str, Any]


def is_measured(span: ReadableSpan) -> bool:
    """Whether `measurement_of` may find something: asked of every span that ends, so a matter of nanoseconds."""
    kind = span.kind
    return kind is not SpanKind.INTERNAL and kind is not SpanKind.PRODUCER and _measure_of(span) is not None


def measurement_of(span: ReadableSpan) -> Measurement | None:
    """What an ended span adds to metrics that nobody else records. Reads the span only."""
    measure = _measure_of(span) if is_measured(span) else None
    return measure(span) if measure else None


class RedRecorder:
    """Records measurements on histograms of its meter, the number of their series bounded."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._histograms: dict[str, Histogram] = {}
        self._values: defaultdict[str, Limit] = defaultdict(lambda: Limit(VALUES))
        self._sets: defaultdict[str, Limit] = defaultdict(lambda: Limit(ATTRIBUTE_SETS))

    def record(self, measurement: Measurement) -> None:
        """Record one; off the request path, it costs as much as any histogram."""
        name, seconds, attributes = measurement
        bounded = {key: value if self._values[key].admits(value) else "other" for key, value in attributes.items()}
        admitted = self._sets[name].admits(frozenset(bounded.items()))
        value = 1000 * seconds if name in _MILLISECONDS else seconds
        self._histogram(name).record(value, bounded if admitted else OVERFLOW)

    def _histogram(self, name: str) -> Histogram:
        if name not in self._histograms:
            boundaries = _DATABASE_BOUNDARIES if name.startswith("db.") else _BOUNDARIES
            self._histograms[name] = self._meter.create_histogram(
                name,
                unit="ms" if name in _MILLISECONDS else "s",
                description=_DESCRIPTIONS[name],
                explicit_bucket_boundaries_advisory=None if name in _MILLISECONDS else boundaries,
            )
        return self._histograms[name]


class Limit:
    """The first `size` values that ask are admitted, for good."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._admitted: set[Hashable] = set()

    def admits(self, value: Hashable) -> bool:
        if value in self._admitted:
            return True
        if len(self._admitted) < self._size:
            self._admitted.add(value)
            return True
        return False


def _measure_of(span: ReadableSpan) -> "_Measure | None":
    scope = span.instrumentation_scope
    return _MEASURES.get(scope.name if scope else "", _http)


def _attributes(span: ReadableSpan) -> Attributes:
    """The dict in the SDK's mapping, which takes half a microsecond to say that it lacks a key. To be read only."""
    return getattr(getattr(span, "_attributes", None), "_dict", None) or span.attributes or {}


def _database(span: ReadableSpan) -> Measurement | None:
    """None for a span that is no operation, such as SQLAlchemy's `connect`."""
    found = _attributes(span)
    system, operation = _first(found, "db.system.name", "db.system"), _operation(found)
    if system is None or operation is None:
        return None
    return _measurement(
        span,
        "db.client.operation.duration",
        {
            "db.system.name": system,
            "db.operation.name": operation,
            "db.namespace": _first(found, "db.namespace", "db.name"),
            **_server(found),
        },
    )


def _database_unless_opted_in(span: ReadableSpan) -> Measurement | None:
    """Opted in to the stable conventions, which show in the attributes, the instrumentation measures by itself."""
    return None if "db.system.name" in _attributes(span) else _database(span)


def _task(span: ReadableSpan) -> Measurement | None:
    found = _attributes(span)
    return _measurement(
        span,
        "messaging.process.duration",
        {
            "messaging.system": "celery",
            "messaging.operation.name": "process",
            "messaging.destination.name": _first(found, "messaging.destination.name", "messaging.destination"),
            "celery.task_name": found.get("celery.task_name"),
        },
    )


def _http(span: ReadableSpan) -> Measurement | None:
    found = _attributes(span)
    method = _first(found, "http.request.method", "http.method")
    if method is None:
        return None
    common = {"http.request.method": method, "http.response.status_code": _status_code(found)}
    if span.kind is SpanKind.SERVER:
        where = {"http.route": found.get("http.route"), "url.scheme": _first(found, "url.scheme", "http.scheme")}
        return _measurement(span, "http.server.request.duration", common | where)
    return _measurement(span, "http.client.request.duration", common | (_server(found) or _server_of_url(found)))


def _flask(span: ReadableSpan) -> Measurement | None:
    """It measures only what got a response; the rest belongs to the conventions in which it measures that."""
    found = _attributes(span)
    if _status_code(found) is not None:
        return None
    return _http(span) if "http.request.method" in found else _old_http_server(span)


def _httpx(span: ReadableSpan) -> Measurement | None:
    """It measures only what got a response, and under the old conventions it does not say from whom."""
    found = _attributes(span)
    return _http(span) if "http.request.method" not in found or _status_code(found) is None else None


def _old_http_server(span: ReadableSpan) -> Measurement | None:
    found = _attributes(span)
    if "http.method" not in found:
        return None
    known = {"http.method": found["http.method"], "http.scheme": found.get("http.scheme")}
    return _measurement(span, "http.server.duration", {**known, "http.target": found.get("http.route")})


def _measurement(span: ReadableSpan, instrument: str, attributes: Attributes) -> Measurement | None:
    if span.start_time is None or span.end_time is None:
        return None
    known = {name: value for name, value in attributes.items() if value is not None}
    if (error_type := _error_type(span)) is not None:
        known["error.type"] = error_type
    return Measurement(instrument, (span.end_time - span.start_time) / 1e9, known)


def _error_type(span: ReadableSpan) -> str | None:
    """None unless the span failed; then the most specific name the span has for it."""
    if span.status.status_code is not StatusCode.ERROR:
        return None
    found = _attributes(span)
    if "error.type" in found:
        return str(found["error.type"])
    for event in reversed(span.events):
        if event.attributes and "exception.type" in event.attributes:
            return str(event.attributes["exception.type"])
    status = _status_code(found)
    return "_OTHER" if status is None else str(status)


def _operation(found: Attributes) -> str | None:
    """The first word, as the instrumentations' own metrics have it: the rest names a table, or is the query itself."""
    written = _first(found, "db.operation.name", "db.operation", "db.query.text", "db.statement")
    word = _FIRST_WORD.match(str(written or ""))
    return word[1] if word else None


def _server(found: Attributes) -> dict[str, Any]:
    """Empty where the span does not say it."""
    address = _first(found, "server.address", "net.peer.name")
    return {"server.address": address, "server.port": _first(found, "server.port", "net.peer.port")} if address else {}


def _server_of_url(found: Attributes) -> dict[str, Any]:
    address = urlsplit(str(_first(found, "url.full", "http.url") or ""))
    return {"server.address": address.hostname, "server.port": address.port}


def _status_code(found: Attributes) -> Any:
    # The old name first, for it is still the default and a miss costs most.
    return _first(found, "http.status_code", "http.response.status_code")


def _first(found: Attributes, *names: str) -> Any:
    """The value under the first of the names that is there: stable and old ones."""
    for name in names:
        if (value := found.get(name)) is not None:
            return value
    return None


_DESCRIPTIONS = {
    OBSERVED: "Duration of what the application observes.",
    "db.client.operation.duration": "Duration of database client operations.",
    "messaging.process.duration": "Duration of processing operation.",
    "http.server.request.duration": "Duration of HTTP server requests.",
    "http.client.request.duration": "Duration of HTTP client requests.",
    "http.server.duration": "Duration of HTTP server requests.",
}
#: Those of the conventions before the stable ones.
_MILLISECONDS = frozenset({"http.server.duration"})

_Measure: TypeAlias = Callable[[ReadableSpan], Measurement | None]

#: What each instrumentation leaves out, by the name of its scope. One that is not here measures no HTTP durations.
_MEASURES: dict[str, _Measure | None] = {
    f"opentelemetry.instrumentation.{name}": measure
    for names, measure in (
        ("sqlalchemy asyncpg redis pymongo pymemcache cassandra elasticsearch tortoiseorm", _database),
        ("dbapi psycopg psycopg2 sqlite3 mysql mysqlclient pymysql pymssql aiopg", _database_unless_opted_in),
        ("celery", _task),
        ("flask", _flask),
        ("httpx", _httpx),
        ("aiohttp_client aiohttp_server asgi django falcon fastapi pyramid requests starlette tornado", None),
        ("urllib urllib3 wsgi", None),
    )
    for name in names.split()
}
