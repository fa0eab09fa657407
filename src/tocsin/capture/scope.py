"""What is known around a failure before there is one: attributes that the application set, and what happened lately.

A trace has one scope, shared by its threads and tasks. Outside of any trace a request has one, and where there is no
request either, what is set holds for the context of the thread or task, and for those that inherit it.
"""

import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import MappingProxyType, TracebackType
from typing import Any, NamedTuple, TypeAlias, cast, overload

from opentelemetry import trace

from tocsin.capture.request import current_request
from tocsin.errors.severity import Entry, entry_of
from tocsin.guard import guard

#: Breadcrumbs and attributes that a scope keeps; characters of a name and of a text.
MOST_CRUMBS, MOST_ATTRIBUTES = 50, 50
MAX_NAME, MAX_TEXT = 100, 1_000
#: Traces of one generation; two generations are remembered.
GENERATION = 256

#: What people call what OpenTelemetry has a name for; a keyword cannot hold its dot.
CALLED = {
    "user": "user.id",
    "user_id": "user.id",
    "enduser_id": "enduser.id",
    "session": "session.id",
    "session_id": "session.id",
    "tenant": "tenant.id",
    "tenant_id": "tenant.id",
}

#: The attributes that say whom a failure hit, the first one that is there.
USERS = ("user.id", "enduser.id")
#: How attributes of feature flags begin, which events tell of one, and what these call its outcome, newest first.
FLAG = "feature_flag."
FLAG_EVENTS = frozenset({"feature_flag", "feature_flag.evaluation"})
VARIANTS = ("feature_flag.result.variant", "feature_flag.result.value", "feature_flag.variant")

Scalar: TypeAlias = str | int | float | bool
Attributes: TypeAlias = Mapping[str, Scalar]
NOTHING: Attributes = MappingProxyType({})
#: What happened: kind, time, name, text, level, extra; a plain tuple, for every span that ends makes one.
#: A `span` has its end and its duration, as extra, in nanoseconds, and its status as level; a `log` record and a `note`
#: have seconds, the note its attributes as extra.
Crumb: TypeAlias = tuple[str, float, str, str, Any, Any]


class Scope:
    """Of one trace or request; grows only as it is used."""

    #: Never changed in place: other threads read it.
    attributes = NOTHING
    crumbs: deque[Crumb] | None = None

    def __init__(self, root: "weakref.ref[Any] | None" = None) -> None:
        #: The span at which the trace enters this process, and how many there are: of several, none is told of.
        self.root = root
        self.roots = 0 if root is None else 1

    def add(self, crumb: Crumb) -> None:
        """Leave a breadcrumb; the oldest gives way."""
        if self.crumbs is None:
            self.crumbs = deque(maxlen=MOST_CRUMBS)
        self.crumbs.append(crumb)

    def entry(self) -> Any:
        """The span at which the trace entered this process, if there is one and it is alive."""
        return self.root() if self.root is not None and self.roots == 1 else None


class Scopes:
    """The scopes of the traces that are under way, in two generations: the older one is forgotten as a whole.

    Nothing waits for a lock; of what threads do at the same instant, a breadcrumb may be lost.
    """

    def __init__(self) -> None:
        #: Whether anybody listens: else nothing is kept.
        self.are_kept = False
        self.have_crumbs = False
        self._young: dict[int, Scope] = {}
        self._old: dict[int, Scope] = {}

    def of(self, trace_id: int) -> Scope:
        """The scope of a trace, made where there is none."""
        scope = self._young.get(trace_id)
        return scope if scope is not None else self._add(trace_id, self._old.get(trace_id) or Scope())

    def find(self, trace_id: int) -> Scope | None:
        """The scope of a trace."""
        return self._young.get(trace_id) or self._old.get(trace_id)

    def begin(self, span: Any) -> None:
        """A trace enters this process, by a span without a parent or with one elsewhere."""
        if not self.are_kept:
            return
        trace_id = span._context.trace_id  # noqa: SLF001  the SDK's property takes longer
        known = self._young.get(trace_id) or self._old.get(trace_id)
        if known is None:
            self._add(trace_id, Scope(weakref.ref(span)))
        else:
            known.root = known.root or weakref.ref(span)
            known.roots += 1

    def leave(self, span: Any) -> None:
        """A span has ended, and leaves a breadcrumb. Past the SDK's properties: this is done for every span."""
        trace_id = span._context.trace_id  # noqa: SLF001  see above
        scope = self._young.get(trace_id) or self._old.get(trace_id)
        if scope is not None:
            at = span._end_time  # noqa: SLF001  see above
            crumb = ("span", at, span._name, "", span._status, at - span._start_time)  # noqa: SLF001  see above
            if scope.crumbs is None:
                scope.crumbs = deque((crumb,), MOST_CRUMBS)
            else:
                scope.crumbs.append(crumb)

    def end(self, span: Any) -> None:
        """A span at which its trace entered this process has ended; with the last one of them, the scope does."""
        trace_id = span._context.trace_id  # noqa: SLF001  the SDK's property takes longer
        scope = self._young.get(trace_id) or self._old.get(trace_id)
        if scope is None:
            return
        scope.roots -= 1
        if scope.roots <= 0:
            self._young.pop(trace_id, None)
            self._old.pop(trace_id, None)
        elif self.have_crumbs:
            self.leave(span)

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old = {}, {}

    def _add(self, trace_id: int, scope: Scope) -> Scope:
        if len(self._young) >= GENERATION:
            self._old, self._young = self._young, {}
        return self._young.setdefault(trace_id, scope)


#: Those of this process.
scopes = Scopes()


class Ambient(NamedTuple):
    """What holds outside of traces and requests. A value, so that tasks which inherit it do not share it."""

    attributes: Attributes = NOTHING
    crumbs: tuple[Crumb, ...] = ()


_ambient: ContextVar[Ambient] = ContextVar("tocsin_ambient", default=Ambient())  # noqa: B039  immutable


def ambient() -> Ambient:
    """What holds outside of traces and requests."""
    return _ambient.get()


def current_scope() -> Scope | None:
    """The scope of the trace, or else of the request; None outside of both."""
    trace_id = trace.get_current_span().get_span_context().trace_id
    if trace_id:
        return scopes.of(trace_id)
    request = current_request()
    if request is None:
        return None
    if request.scope is None:
        request.scope = Scope()
    return request.scope


def attributes_of(scope: Scope | None) -> Attributes:
    """All that the application has set: what is set in a trace wins over what is set in its request, or around it."""
    request = current_request()
    layers = [
        ambient().attributes,
        request.scope.attributes if request and request.scope else NOTHING,
        scope.attributes if scope else NOTHING,
    ]
    return {name: value for layer in layers for name, value in layer.items()} if any(layers) else NOTHING


def held(span: Any) -> Mapping[str, Any]:
    """The attributes of a recording span, past the SDK's locks and copies; to be read only."""
    return getattr(getattr(span, "_attributes", None), "_dict", None) or NOTHING


def user_of(span: Any, scope: Scope | None) -> str:
    """Whom a failure hits, as far as the span, the application or the span at which the trace entered say."""
    for layer in (held(span), attributes_of(scope), held(scope.entry()) if scope else NOTHING):
        for name in USERS:
            if layer.get(name):
                return str(scalar(layer[name]))
    return ""


def beginning_of(span: Any, scope: Scope | None) -> Entry:
    """Where the work began: the failing span says so, or the request, or where the trace entered this process."""
    if current_request() is not None:
        return "request"
    entry = entry_of(held(span))
    return entry if entry != "program" or scope is None else entry_of(held(scope.entry()))


def leave(crumb: Crumb) -> None:
    """Leave a breadcrumb where it belongs right now."""
    scope = current_scope()
    if scope is not None:
        scope.add(crumb)
    else:
        now = _ambient.get()
        _ambient.set(now._replace(crumbs=(*now.crumbs[1 - MOST_CRUMBS :], crumb)))


@guard("note")
def note(message: str, **attributes: object) -> None:
    """Leave a breadcrumb: the failures that follow in this trace, request or task tell of it. Never raises.

    The last 50 are kept, the message with 1,000 characters; of attributes that are no text, number or boolean, only
    the class. Does nothing where Tocsin is not installed.
    """
    if scopes.have_crumbs:
        _note(message, attributes)


@overload
def set_context(attributes: Mapping[str, object] = ..., /, **more: object) -> "Context": ...
@overload
def set_context(name: str, attributes: Mapping[str, object], /, **more: object) -> "Context": ...
def set_context(*given: Any, **more: object) -> "Context":
    """Say what holds from here on for this trace, request or task: its failures tell of it. Never raises.

    `user_id`, `session_id` and `tenant_id` are OpenTelemetry's `user.id`, `session.id`, `tenant.id`; other names with
    dots go into a mapping, or share a name: `set_context("cart", {"size": 3})` is `cart.size`. What begins with
    `feature_flag.` is a flag. None takes an attribute away. At most 50 attributes are kept, texts with 1,000
    characters; of what is no text, number or boolean, only the class.

    As a context manager, the end of the block restores what was. Does nothing where Tocsin is not installed.
    """
    return Context(_set(given, more) if scopes.are_kept else None)


class Context:
    """What was set; leaving it as a context manager restores what was before."""

    __slots__ = ("_restore",)

    def __init__(self, restore: Callable[[], object] | None) -> None:
        self._restore = restore

    def __enter__(self) -> None:
        """Has been set already."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_: TracebackType | None
    ) -> None:
        if self._restore is not None:
            guard("set_context")(self._restore)()


def _note(message: str, attributes: Mapping[str, object]) -> None:
    extra = {name: scalar(value) for name, value in list(attributes.items())[:MOST_ATTRIBUTES]}
    leave(("note", time.time(), "", str(scalar(message)), "", extra))


@guard("set_context")
def _set(given: tuple[Any, ...], more: Mapping[str, object]) -> Callable[[], object]:
    attributes = {**_given(*given), **more}
    changes = {_name(name): None if value is None else scalar(value) for name, value in attributes.items()}
    scope = current_scope()
    before = ambient().attributes if scope is None else scope.attributes
    _change(scope, changes)
    return lambda: _change(scope, {name: before.get(name) for name in changes})


def _given(first: Any = NOTHING, second: Mapping[str, object] | None = None, /) -> Mapping[str, object]:
    """A mapping, or a name and one."""
    return first if second is None else {f"{scalar(first)}.{scalar(name)}": value for name, value in second.items()}


def _change(scope: Scope | None, changes: Mapping[str, Scalar | None]) -> None:
    held = ambient().attributes if scope is None else scope.attributes
    merged = {**held, **changes}
    kept = {name: value for name, value in merged.items() if value is not None}
    kept = dict(list(kept.items())[:MOST_ATTRIBUTES])
    if scope is None:
        _ambient.set(_ambient.get()._replace(attributes=kept))
    else:
        scope.attributes = kept


def _name(name: object) -> str:
    text = str(scalar(name))[:MAX_NAME]
    return CALLED.get(text, text)


def scalar(value: object) -> Scalar:
    """The value where it is text, a number or a boolean; else what can be said of it without the application's code."""
    kind: object = type(value)
    if kind is str:
        return cast("str", value)[:MAX_TEXT]
    if kind is bool or kind is float or (kind is int and cast("int", value).bit_length() <= 64):
        return cast("float", value)
    from tocsin.capture.values import text_of  # noqa: PLC0415  rarely needed

    return text_of(value)[:MAX_TEXT]
