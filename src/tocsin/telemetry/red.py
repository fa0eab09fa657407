"""Rate, errors and duration from ended spans, where the instrumentation that made them measures nothing.

One table says what each instrumentation leaves out. What it measures itself is left to it, under whatever name: nothing
is measured twice. Only spans that are recorded are seen, so a sampled trace gives sampled rates.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from tocsin.telemetry.durations import Measurement, Series

#: Combinations of what was read off spans that are remembered with their series; beyond them they are told anew.
REMEMBERED = 1_024

# Without ambiguity, hence in linear time: a comment ends at its first `*/`.
_FIRST_WORD = re.compile(r"(?:[\s(]|/\*(?:[^*]|\*(?!/))*\*/)*(\w+)")

Attributes: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Measure:
    """How the spans of an instrumentation are measured."""

    #: Whether one may be, as far as the names of its attributes say: asked of every span that ends.
    may_tell: Callable[[Attributes], bool]
    #: Everything that `told` looks at: spans with the same values are told alike.
    reads: tuple[str, ...]
    told: Callable[[Attributes], "_Told | None"]


class _Told(NamedTuple):
    """An instrument, and its attributes; those that are None are not there."""

    instrument: str
    attributes: dict[str, Any]


def is_measured(span: Any) -> bool:
    """Whether `measurement_of` may find something: asked of every span that ends, so a matter of nanoseconds."""
    if span._kind not in _MEASURED:  # noqa: SLF001  the SDK's properties take longer than all the rest
        return False
    scope = span._instrumentation_scope  # noqa: SLF001  same
    measure = _MEASURES.get(scope._name if scope else "", _CALLED)  # noqa: SLF001  same
    return measure is not None and measure.may_tell(span._attributes._dict)  # noqa: SLF001  same


def measurement_of(span: ReadableSpan) -> Measurement | None:
    """What an ended span adds to metrics that nobody else records. Reads the span only; spans repeat, at no cost."""
    measure, started, ended = _measure_of(span), span.start_time, span.end_time
    if measure is None or started is None or ended is None:
        return None
    said = measure, _error_type(span), tuple(map(_attributes(span).get, measure.reads))
    try:
        series = _series(*said)
    except TypeError:  # of a list or a mapping
        series = _series.__wrapped__(*said)
    return Measurement(series, (ended - started) / 1e9) if series else None


@lru_cache(REMEMBERED)
def _series(measure: _Measure, error_type: str | None, values: tuple[Any, ...]) -> Series | None:
    told = measure.told(dict(zip(measure.reads, values, strict=True)))
    if told is None:
        return None
    known = {name: value for name, value in told.attributes.items() if value is not None}
    return Series(told.instrument, known if error_type is None else {**known, "error.type": error_type})


def _measure_of(span: ReadableSpan) -> _Measure | None:
    if span.kind not in _MEASURED:
        return None
    scope = span.instrumentation_scope
    return _MEASURES.get(scope.name if scope else "", _SERVED if span.kind is SpanKind.SERVER else _CALLED)


def _attributes(span: ReadableSpan) -> Attributes:
    """The dict in the SDK's mapping, which takes half a microsecond to say that it lacks a key. To be read only."""
    return getattr(getattr(span, "_attributes", None), "_dict", None) or span.attributes or {}


def _is_operation(found: Attributes) -> bool:
    """SQLAlchemy's `connect`, for one, is none."""
    return (
        "db.statement" in found or "db.query.text" in found or "db.operation" in found or "db.operation.name" in found
    )


def _database(found: Attributes) -> _Told | None:
    system, operation = _first(found, "db.system.name", "db.system"), _operation(found)
    if system is None or operation is None:
        return None
    namespace = _first(found, "db.namespace", "db.name")
    known = {"db.system.name": system, "db.operation.name": operation, "db.namespace": namespace, **_server(found)}
    return _Told("db.client.operation.duration", known)


def _database_unless_opted_in(found: Attributes) -> _Told | None:
    """Opted in to the stable conventions, which show in the attributes, the instrumentation measures by itself."""
    return _database(found) if found["db.system.name"] is None else None


def _task(found: Attributes) -> _Told:
    known = {
        "messaging.system": "celery",
        "messaging.operation.name": "process",
        "messaging.destination.name": _first(found, "messaging.destination.name", "messaging.destination"),
        "celery.task_name": found["celery.task_name"],
    }
    return _Told("messaging.process.duration", known)


def _is_http(found: Attributes) -> bool:
    return "http.method" in found or "http.request.method" in found


def _served(found: Attributes) -> _Told | None:
    where = {"http.route": found["http.route"], "url.scheme": _first(found, "url.scheme", "http.scheme")}
    return _http("http.server.request.duration", found, where)


def _called(found: Attributes) -> _Told | None:
    return _http("http.client.request.duration", found, _server(found) or _server_of_url(found))


def _http(instrument: str, found: Attributes, where: Attributes) -> _Told | None:
    method = _first(found, "http.request.method", "http.method")
    known = {"http.request.method": method, "http.response.status_code": _status_code(found), **where}
    return None if method is None else _Told(instrument, known)


def _has_no_response(found: Attributes) -> bool:
    return "http.status_code" not in found and "http.response.status_code" not in found


def _flask(found: Attributes) -> _Told | None:
    """It measures only what got a response; the rest belongs to the conventions in which it measures that."""
    if _status_code(found) is not None:
        return None
    return _served(found) if found["http.request.method"] is not None else _served_under_the_old_conventions(found)


def _httpx(found: Attributes) -> _Told | None:
    """It measures only what got a response, and under the old conventions it does not say from whom."""
    is_opted_in = found["http.request.method"] is not None
    return None if is_opted_in and _status_code(found) is not None else _called(found)


def _served_under_the_old_conventions(found: Attributes) -> _Told | None:
    method = found["http.method"]
    known = {"http.method": method, "http.scheme": found["http.scheme"], "http.target": found["http.route"]}
    return None if method is None else _Told("http.server.duration", known)


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


_MEASURED = (SpanKind.CLIENT, SpanKind.SERVER, SpanKind.CONSUMER)
_ADDRESS = ("server.address", "net.peer.name", "server.port", "net.peer.port")
_READ_OF_DATABASES = (
    *("db.system.name", "db.system", "db.namespace", "db.name", *_ADDRESS),
    *("db.operation.name", "db.operation", "db.query.text", "db.statement"),
)
_READ_OF_HTTP = (
    *("http.request.method", "http.method", "http.response.status_code", "http.status_code", "http.route"),
    *("url.scheme", "http.scheme", "url.full", "http.url", *_ADDRESS),
)
_READ_OF_TASKS = ("messaging.destination.name", "messaging.destination", "celery.task_name")
_SERVED = _Measure(_is_http, _READ_OF_HTTP, _served)
_CALLED = _Measure(_is_http, _READ_OF_HTTP, _called)
_DATABASE = _Measure(_is_operation, _READ_OF_DATABASES, _database)

#: What each instrumentation leaves out, by the name of its scope. One that is not here measures no HTTP durations.
_MEASURES: dict[str, _Measure | None] = {
    f"opentelemetry.instrumentation.{name}": measure
    for names, measure in (
        ("sqlalchemy asyncpg redis pymongo pymemcache cassandra elasticsearch tortoiseorm", _DATABASE),
        (
            "dbapi psycopg psycopg2 sqlite3 mysql mysqlclient pymysql pymssql aiopg",
            _Measure(_is_operation, _READ_OF_DATABASES, _database_unless_opted_in),
        ),
        ("celery", _Measure(lambda _: True, _READ_OF_TASKS, _task)),
        ("flask", _Measure(_has_no_response, _READ_OF_HTTP, _flask)),
        ("httpx", _Measure(_is_http, _READ_OF_HTTP, _httpx)),
        ("aiohttp_client aiohttp_server asgi django falcon fastapi pyramid requests starlette tornado", None),
        ("urllib urllib3 wsgi", None),
    )
    for name in names.split()
}
