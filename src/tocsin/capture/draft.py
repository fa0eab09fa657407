"""A failure between being seen and being written: what its later sightings find on the exception."""

import builtins
import sys
from collections.abc import Callable, Iterator, Mapping
from dis import opmap
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from opentelemetry.trace import INVALID_SPAN_CONTEXT

from tocsin.capture import attributes
from tocsin.capture.database import CALL, Call
from tocsin.errors import Identity, Severity, severity_of
from tocsin.errors.failure import MAX_MEMBERS

if TYPE_CHECKING:
    from tocsin.capture.details import Details
    from tocsin.errors.severity import Entry

#: The attribute of an exception that holds its draft. One exception object is one occurrence.
MARK = "__tocsin__"

#: The attribute of an exception that the application has declared to be none to worry about.
EXPECTED = "__tocsin_expected__"

#: Attributes in which libraries keep the exception that theirs stands for: SQLAlchemy, Werkzeug, billiard.
_WRAPPED = ("orig", "original_exception", "exc")
# Past whatever a class makes of these names: none of its code runs, and slotted and frozen ones have them too.
_name: Callable[[type], str] = type.__dict__["__name__"].__get__
_own: Callable[[BaseException], dict[str, Any]] = BaseException.__dict__["__dict__"].__get__
_cause: Callable[[BaseException], BaseException | None] = BaseException.__dict__["__cause__"].__get__
_context: Callable[[BaseException], BaseException | None] = BaseException.__dict__["__context__"].__get__
_traceback: Callable[[BaseException], TracebackType | None] = BaseException.__dict__["__traceback__"].__get__


class Draft:
    """One occurrence of one failure. Holds text only: no exception, no frame, nothing of the application."""

    __slots__ = (
        "at",
        "context",
        "details",
        "entry",
        "handled",
        "identity",
        "is_written",
        "message",
        "new",
        "stacktrace",
        "type",
        "user",
        "where",
    )

    def __init__(self, identity: Identity, *, type_name: str, at: float, handled: bool) -> None:
        self.identity = identity
        self.type = type_name
        self.at = at
        self.handled = handled
        #: Whether the writer has it: it may be handed over again, for it escaped after all.
        self.is_written = False
        self.new: bool | None = None
        #: The span that it was seen on.
        self.where = INVALID_SPAN_CONTEXT
        self.entry: Entry = "program"
        #: Whom it hit, as the application calls them; empty where nobody said.
        self.user = ""
        #: Message, stack trace, context and details are kept for sampled occurrences alone.
        self.message: str | None = None
        self.stacktrace = ""
        self.context: Mapping[str, str] = {}
        self.details: Details | None = None

    @property
    def trace_id(self) -> str:
        """32 hex digits; empty outside of any trace."""
        return f"{self.where.trace_id:032x}" if self.where.is_valid else ""

    @property
    def span_id(self) -> str:
        """16 hex digits; empty outside of any trace."""
        return f"{self.where.span_id:016x}" if self.where.is_valid else ""

    @property
    def severity(self) -> Severity:
        """How bad it is, by what is known now: it weighs more once it was seen to escape."""
        return self.weigh()

    def weigh(self, share: float = 0.0) -> Severity:
        """How bad it is where so much of what the process does, 0 to 1, is hit."""
        return severity_of(
            self.type.rpartition(".")[2],
            self.identity.category,
            handled=self.handled,
            entry=self.entry,
            share=share,
            is_new=bool(self.new),
        )

    def attributes(self) -> dict[str, str | bool]:
        """What goes onto the spans and log records of this occurrence."""
        marks: dict[str, str | bool] = {
            attributes.FINGERPRINT: self.identity.fingerprint,
            attributes.CATEGORY: self.identity.category,
            attributes.SEVERITY: self.severity,
            attributes.CULPRIT: self.identity.culprit,
            attributes.HANDLED: self.handled,
        }
        if self.new is not None:
            marks[attributes.NEW] = self.new
        return marks

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """Exceptions travel between processes with what is on them; there, a draft is nothing."""
        return type(None), ()


def mark(error: BaseException, draft: Draft) -> None:
    """Leave the draft on the exception."""
    _own(error)[MARK] = draft


def claim(error: BaseException, draft: Draft) -> Draft:
    """Leave the draft on the exception, unless another thread was faster; the one that is on it."""
    found = _own(error).setdefault(MARK, draft)
    if not isinstance(found, Draft):  # it came from another process
        found = _own(error)[MARK] = draft
    return found


def attributes_of(error: BaseException) -> dict[str, Any]:
    """What the instance holds, past whatever its class makes of it."""
    return _own(error)


def expect(error: BaseException) -> None:
    """Leave on the exception that it is no failure, whoever sees it next."""
    _own(error)[EXPECTED] = True


def is_expected(error: BaseException) -> bool:
    """Whether somebody left that on it."""
    return EXPECTED in _own(error)


def unwrapped(error: BaseException) -> BaseException:
    """The exception itself, where billiard has put it together with the text of its traceback."""
    inner = _own(error).get("exc") if name_of(error) == "ExceptionWithTraceback" else None
    return inner if isinstance(inner, BaseException) else error


def call_noted_on(error: BaseException) -> Mapping[str, str]:
    """What is known of the database call that this failure began with."""
    return next((call for member in _chain(error) if isinstance(call := _own(member).get(CALL), Call)), {})


def name_of(thing: object) -> str:
    """The name of its class, past whatever that makes of the question."""
    return str(_name(type(thing)))


def is_raised(thing: object) -> TypeGuard[BaseException]:
    """Whether this is an exception that was raised."""
    return issubclass(type(thing), Exception) and _traceback(cast("BaseException", thing)) is not None


def find(error: BaseException) -> Draft | None:
    """The draft of this failure: on the exception itself, on one that it wraps, groups or translates.

    What was raised while another failure was being dealt with is a failure of its own.
    """
    return next(find_all(error), None)


def find_all(error: BaseException) -> Iterator[Draft]:
    """The drafts of all failures that this one stands for: a group's members may have been seen one by one."""
    for member in _chain(error):
        draft = _own(member).get(MARK)
        if isinstance(draft, Draft):
            yield draft


def find_repeated(error: BaseException, fingerprint: str) -> Draft | None:
    """The draft of the same failure, raised anew while it was being dealt with: by what runs for error pages, too."""
    context = _context(error)
    for _ in range(50):
        if context is None:
            return None
        draft = _own(context).get(MARK)
        if isinstance(draft, Draft) and draft.identity.fingerprint == fingerprint:
            return draft
        context = _context(context)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting and len(seen) < 50:
        member = waiting.pop()
        if id(member) in seen:
            continue
        seen.add(id(member))
        yield member
        waiting.extend(_links(member))


def _links(error: BaseException) -> Iterator[BaseException]:
    own = _own(error)
    for link in (_cause(error), *(own.get(name) for name in _WRAPPED)):
        if issubclass(type(link), BaseException):
            yield cast("BaseException", link)
    context = _context(error)
    if context is not None and _is_translation(error, context):
        yield context
    yield from _members(error)


def _members(error: BaseException) -> tuple[BaseException, ...]:
    """Of a group; for Python 3.10 there is a package."""
    group = getattr(sys.modules.get("exceptiongroup", builtins), "BaseExceptionGroup", None)
    if group is None or not issubclass(type(error), group):
        return ()
    members: tuple[BaseException, ...] = group.exceptions.__get__(error)
    return members[:MAX_MEMBERS]


def _is_translation(error: BaseException, context: BaseException) -> bool:
    """Whether the call that caught the one raised the other, by a `raise` of its own."""
    caught, raised = _traceback(context), _last(_traceback(error))
    if caught is None or raised is None or caught.tb_frame is not raised.tb_frame:
        return False
    return raised.tb_frame.f_code.co_code[raised.tb_lasti] == opmap["RAISE_VARARGS"]


def _last(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback
