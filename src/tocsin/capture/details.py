"""What is kept of a sampled occurrence beyond its stack trace: taken where it failed, told by the writer's thread."""

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from opentelemetry.baggage import get_baggage
from opentelemetry.trace import SpanKind

from tocsin.capture import breadcrumbs, frames
from tocsin.capture.draft import attributes_of as held_by
from tocsin.capture.frames import Place
from tocsin.capture.redaction import Redaction
from tocsin.capture.request import current_request
from tocsin.capture.scope import FLAG, FLAG_EVENTS, USERS, VARIANTS, Crumb, Scope, attributes_of, held
from tocsin.capture.values import Plain, Plainly, class_of, text_of
from tocsin.capture.versions import versions_of
from tocsin.errors import InApp

#: Exceptions of one failure, and of each its arguments and notes.
MAX_EXCEPTIONS, MAX_ARGUMENTS, MAX_NOTES = 5, 10, 10
#: Headers, parameters of a query and flags, and characters of each.
MAX_FIELDS, MAX_FIELD = 50, 500
#: Characters that are kept of a text once it is masked: what was cut off before that is out of reach.
MAX_KEPT = 400

IDENTITY = (*USERS, "session.id", "tenant.id")
_HEADER = "http.request.header."
_URLS = ("url.full", "http.url", "http.target")
_REQUEST = {
    "method": ("http.request.method", "http.method"),
    "route": ("http.route",),
    "path": ("url.path",),
}

# Past whatever a class makes of these names.
_arguments: Callable[[BaseException], tuple[object, ...]] = BaseException.__dict__["args"].__get__
_cause: Callable[[BaseException], BaseException | None] = BaseException.__dict__["__cause__"].__get__
_context: Callable[[BaseException], BaseException | None] = BaseException.__dict__["__context__"].__get__
_is_suppressed: Callable[[BaseException], bool] = BaseException.__dict__["__suppress_context__"].__get__


@dataclass(frozen=True, slots=True)
class Told:
    """One exception of a failure."""

    type: str
    arguments: list[Plain]
    notes: list[str]
    places: list[Place]


@dataclass(frozen=True, slots=True)
class Details:
    """Plain values alone, nothing of the application's; not masked yet."""

    request: Mapping[str, Any] = field(default_factory=dict)
    identity: Mapping[str, Any] = field(default_factory=dict)
    flags: Mapping[str, Any] = field(default_factory=dict)
    crumbs: tuple[Crumb, ...] = ()
    exceptions: tuple[Told, ...] = ()
    execution: Mapping[str, Any] = field(default_factory=dict)
    #: Files that the stack leads through, for the versions of their libraries; empty where nobody asked.
    paths: tuple[str, ...] = ()

    def told(self, redaction: Redaction) -> dict[str, Any]:
        """As it is stored: masked, and without what is empty. Reads sources and what is installed."""
        masked = partial(_masked, redaction)
        document = {
            "request": masked(self.request),
            "user": masked(self.identity),
            "feature_flags": masked(self.flags),
            "breadcrumbs": [masked(breadcrumbs.describe(crumb)) for crumb in self.crumbs],
            "exceptions": [_exception(told, redaction) for told in self.exceptions],
            "execution": masked(self.execution),
            "versions": versions_of(self.paths) if self.paths else {},
        }
        return {name: part for name, part in document.items() if part}


@dataclass(frozen=True, slots=True)
class Witness:
    """Takes the parts of the context that the settings ask for. Runs where it failed, for sampled occurrences alone."""

    parts: frozenset[str]
    in_app: InApp
    #: Variables of the application's frames.
    has_locals: bool = False

    def details(self, span: Any, scope: Scope | None, error: BaseException | None = None) -> Details:
        """Everything, as far as it is known."""
        around = (span, scope.entry() if scope else None)
        chain = list(_chain(error)) if error is not None else []
        parts = self.parts
        return Details(
            request=_request(_serving(*around)) if "request" in parts else {},
            identity=self._identity(around, scope) if "user" in parts else {},
            flags=_flags(around, scope) if "flags" in parts else {},
            crumbs=breadcrumbs.collect(scope) if "breadcrumbs" in parts else (),
            exceptions=tuple(self._exceptions(chain)),
            execution=_execution() if "process" in parts else {},
            paths=tuple(_paths(chain)) if "versions" in parts else (),
        )

    def attributes(self, scope: Scope | None) -> dict[str, str]:
        """What the application has set, without what is told elsewhere."""
        if "attributes" not in self.parts:
            return {}
        given = attributes_of(scope).items()
        elsewhere = IDENTITY[:-1]
        return {name: str(value) for name, value in given if name not in elsewhere and not name.startswith(FLAG)}

    def _identity(self, around: Iterable[Any], scope: Scope | None) -> dict[str, Any]:
        carried = {name: get_baggage(name) for name in IDENTITY} if "baggage" in self.parts else {}
        layers = [carried, *map(held, reversed(list(around))), attributes_of(scope)]
        found = {name: layer[name] for layer in layers for name in IDENTITY if layer.get(name)}
        return {name: text_of(value)[:MAX_FIELD] for name, value in found.items()}

    def _exceptions(self, chain: Iterable[BaseException]) -> Iterator[Told]:
        # Many variables leave room for the arguments.
        plainly, variables = Plainly(), Plainly() if self.has_locals else None
        for error in chain:
            has_words = "arguments" in self.parts
            places = frames.places(error, in_app=self.in_app, plainly=variables) if "source" in self.parts else []
            arguments = [plainly.of(each) for each in _arguments(error)[:MAX_ARGUMENTS]] if has_words else []
            told = Told(class_of(error), arguments, _notes(error) if has_words else [], places)
            if told.arguments or told.notes or told.places:
                yield told


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and its causes, the latest first."""
    seen: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and len(seen) < MAX_EXCEPTIONS and not any(link is each for each in seen):
        yield link
        seen.append(link)
        link = _cause(link) or (None if _is_suppressed(link) else _context(link))


def _notes(error: BaseException) -> list[str]:
    notes = held_by(error).get("__notes__")
    return [text_of(note)[:MAX_FIELD] for note in notes[:MAX_NOTES]] if type(notes) is list else []


def _paths(chain: Iterable[BaseException]) -> Iterator[str]:
    for error in chain:
        traceback = frames.traceback_of(error)
        for _ in range(frames.MAX_CALLS):
            if traceback is None:
                break
            yield traceback.tb_frame.f_code.co_filename
            traceback = traceback.tb_next


def _serving(span: Any, entry: Any) -> Mapping[str, Any]:
    """What is known of the request that is served; what a span says of a call to another service is no part of it."""
    kind = getattr(span, "kind", None)
    serving = span if entry is None or kind is SpanKind.SERVER else entry
    return {} if getattr(serving, "kind", None) is SpanKind.CLIENT else held(serving)


def _request(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What the framework says, else what the span says, under the names of every version of the conventions."""
    request = current_request()
    asked: dict[str, Any] = {**(request.ask() if request else {})}
    found: dict[str, Any] = {name: _first(attributes, names) for name, names in _REQUEST.items()}
    if request is not None:
        described = request.describe()
        found |= {name: described.get(names[0]) or found[name] for name, names in _REQUEST.items()}
    url = urlsplit(_first(attributes, _URLS)[:MAX_FIELD])
    query = asked.get("query") or attributes.get("url.query") or url.query
    headers = asked.get("headers") or _headers(attributes)
    found["path"] = found["path"] or url.path
    found["query"] = dict(parse_qsl(str(query)[:MAX_FIELD], keep_blank_values=True)[:MAX_FIELDS])
    some = list(headers.items())[:MAX_FIELDS]
    found["headers"] = {str(name).lower(): text_of(each)[:MAX_FIELD] for name, each in some}
    return {name: value for name, value in found.items() if value}


def _headers(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Those that an instrumentation was told to capture."""
    captured = {name.removeprefix(_HEADER): value for name, value in attributes.items() if name.startswith(_HEADER)}
    return {
        name: ", ".join(map(str, value)) if isinstance(value, tuple) else str(value) for name, value in captured.items()
    }


def _first(attributes: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((str(attributes[name]) for name in names if attributes.get(name)), "")


def _flags(around: Iterable[Any], scope: Scope | None) -> dict[str, Any]:
    """From the events of the spans, and as they were set."""
    found: dict[str, Any] = {}
    for span in around:
        for event in list(getattr(span, "_events", ()) or ()):
            fields = event.attributes or {}
            if event.name in FLAG_EVENTS and fields.get("feature_flag.key"):
                found[str(fields["feature_flag.key"])] = _first(fields, VARIANTS)
    given = attributes_of(scope).items()
    found |= {name.removeprefix(FLAG): value for name, value in given if name.startswith(FLAG)}
    return dict(list(found.items())[-MAX_FIELDS:])


def _execution() -> dict[str, Any]:
    """Which process, thread and task; their names are as good as whoever gave them."""
    thread = threading.current_thread()
    found = {"process.pid": os.getpid(), "thread.id": thread.ident, "thread.name": thread.name}
    if process := getattr(sys.modules.get("multiprocessing.process"), "current_process", None):
        found["process.name"] = process().name
    if (running := _task()) is not None:
        found["task.name"] = running
    return {name: value if isinstance(value, int) else text_of(value)[:MAX_FIELD] for name, value in found.items()}


def _task() -> str | None:
    asyncio = sys.modules.get("asyncio")
    try:
        task = asyncio.current_task() if asyncio else None
    except RuntimeError:  # no event loop runs here
        return None
    return task.get_name() if task is not None else None


def _exception(told: Told, redaction: Redaction) -> dict[str, Any]:
    found = {"type": told.type, **_masked(redaction, {"arguments": told.arguments, "notes": told.notes})}
    found["frames"] = [_frame(place, redaction) for place in told.places]
    return {name: part for name, part in found.items() if part}


def _frame(place: Place, redaction: Redaction) -> dict[str, Any]:
    """Its lines are masked as one text: a secret may go over several."""
    described = frames.describe(place)
    source: dict[str, str] = described.pop("source", {})
    told = _masked(redaction, described)
    lines = redaction.mask_values({"source": "\n".join(source.values())})["source"].split("\n")
    return told | {"source": _kept(dict(zip(source, lines, strict=False)))} if source else told


def _masked(redaction: Redaction, values: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = _kept(redaction.mask_values(values))
    return told


def _kept(value: Any) -> Any:
    """Cut to what is stored, wherever a text is within, and writable as JSON."""
    if isinstance(value, str):
        text = value if len(value) <= MAX_KEPT else f"{value[:MAX_KEPT]}…"
        return text.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_kept(name): _kept(each) for name, each in value.items()}
    return [_kept(each) for each in value] if isinstance(value, list | tuple) else value
