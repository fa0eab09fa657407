"""One failure may be told several times: by the span of a client, by the span it entered with, by a log record."""

from collections import deque
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from tocsin.errors import Failure, Identity

#: Answers that wait for a record of the same trace that knows more, and occurrences that are remembered.
WINDOW = 2_000
REMEMBERED = 20_000
_TRACE = ("trace_id", "traceId", "trace.id")


@dataclass(slots=True)
class Answer:
    """What is known of one record; `occurrence` is what it shares with others that tell of the same failure."""

    record_id: object
    identity: Identity
    occurrence: Hashable | None = None

    @property
    def is_final(self) -> bool:
        """Whether the application's code is named, or nobody else can name it."""
        return self.occurrence is None or any(each.name == "module" for each in self.identity.components)


class Occurrences:
    """Lets records of one trace that tell of the same failure have the identity of the one that knows most.

    An instrumentation's span ends before the exception reaches the application: its stack trace knows no caller. What
    is answered keeps its order; an answer waits for at most `WINDOW` others.
    """

    def __init__(self) -> None:
        self._waiting: deque[Answer] = deque()
        self._known: dict[Hashable, Identity] = {}

    def settle(self, answer: Answer) -> Iterator[Answer]:
        """Take one more; the answers that are final now, in order."""
        self._learn(answer)
        self._waiting.append(answer)
        while self._waiting and (self._is_settled(self._waiting[0]) or len(self._waiting) > WINDOW):
            yield self._waiting.popleft()

    def rest(self) -> Iterator[Answer]:
        """Those for which nobody came."""
        for answer in self._waiting:
            self._is_settled(answer)
            yield answer
        self._waiting.clear()

    def _learn(self, answer: Answer) -> None:
        if answer.occurrence is not None and answer.is_final:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known.setdefault(answer.occurrence, answer.identity)

    def _is_settled(self, answer: Answer) -> bool:
        if answer.is_final:
            return True
        known = self._known.get(answer.occurrence)
        answer.identity = known or answer.identity
        return known is not None


def occurrence_of(failure: Failure, attributes: Mapping[str, object]) -> Hashable | None:
    """What all records of one occurrence share; None where no trace connects them."""
    trace = next((attributes[name] for name in _TRACE if attributes.get(name)), None)
    return (trace, failure.short_type, failure.headline) if isinstance(trace, str) else None
