"""A failure between being seen and being written: what its later sightings find on the exception."""

from collections.abc import Iterator, Mapping

from tocsin.capture import attributes
from tocsin.errors import Identity, Severity, severity_of

#: The attribute of an exception that holds its draft. One exception object is one occurrence.
MARK = "__tocsin__"


class Draft:
    """One occurrence of one failure. Holds text only: no exception, no frame, nothing of the application."""

    __slots__ = ("at", "context", "handled", "identity", "message", "new", "span_id", "stacktrace", "trace_id", "type")

    def __init__(self, identity: Identity, *, type_name: str, at: float, handled: bool) -> None:
        self.identity = identity
        self.type = type_name
        self.at = at
        self.handled = handled
        self.new: bool | None = None
        self.trace_id = ""
        self.span_id = ""
        #: Message, stack trace and context are kept for sampled occurrences alone.
        self.message: str | None = None
        self.stacktrace = ""
        self.context: Mapping[str, str] = {}

    @property
    def severity(self) -> Severity:
        """How bad it is, by what is known now: it weighs more once it was seen to escape."""
        return severity_of(self.type.rpartition(".")[2], self.identity.category, handled=self.handled)

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
    """Leave the draft on the exception, where its class lets us."""
    try:
        setattr(error, MARK, draft)
    except (AttributeError, TypeError):
        return


def find(error: BaseException) -> Draft | None:
    """The draft of this failure: on the exception itself, on one that it wraps, or on one that it came from."""
    for member in _chain(error):
        draft = getattr(member, "__dict__", {}).get(MARK)
        if isinstance(draft, Draft):
            return draft
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
        links = (member.__context__, member.__cause__, getattr(member, "orig", None))
        waiting.extend(link for link in links if isinstance(link, BaseException))
