"""What the request path hands over."""

from collections import deque
from collections.abc import Callable
from typing import TypeAlias, TypeVar

from msgspec import Struct, field
from opentelemetry.sdk.trace import ReadableSpan

from tocsin.capture.draft import Draft

#: Failures that wait to be summed up, of half a kilobyte each; from here on, whoever has a further one lends a hand.
WAITING_DRAFTS = 1_000

T = TypeVar("T")
#: A name, seconds, and the class of what was raised.
Observation: TypeAlias = tuple[str, float, str | None]


def _nothing() -> None:
    """What there is to do before there is a writer."""


class Inbox(Struct):
    """What waits for the writer's thread. Handing over takes no time.

    Of failures none is lost: where they come faster than the writer, `gather` sums them up, some for each further one.
    Beyond the size, durations are dropped; so are failures beyond twice `WAITING_DRAFTS`, which takes a writer that
    does not sum them up.
    """

    size: int
    drafts: deque[Draft] = field(default_factory=deque)
    spans: deque[ReadableSpan] = field(default_factory=deque)
    observations: deque[Observation] = field(default_factory=deque)
    dropped: int = 0
    #: Sampled occurrences that are not written yet.
    samples: int = 0
    #: Ended requests and tasks.
    work: int = 0
    #: Called when there are many durations.
    hurry: Callable[[], object] = _nothing
    #: Called when there are many failures.
    gather: Callable[[], object] = _nothing
    #: Whether `hurry` is called for each occurrence: this process may be killed at any time.
    is_hasty: bool = False

    def put(self, draft: Draft) -> None:
        """Hand over an occurrence."""
        waiting = len(self.drafts)
        if waiting >= WAITING_DRAFTS:
            self.gather()
        if waiting < 2 * WAITING_DRAFTS:
            self.drafts.append(draft)
        else:
            self.dropped += 1
        if self.is_hasty:
            self.hurry()

    def measure(self, span: ReadableSpan) -> None:
        """Hand over an ended span, for its duration: so many do that it matters how."""
        spans = self.spans
        if len(spans) < self.size // 2:
            spans.append(span)
        else:
            self._put(spans, span)

    def observe(self, observation: Observation) -> None:
        """Hand over how long something took that the application observes."""
        self._put(self.observations, observation)

    def _put(self, queue: deque[T], item: T) -> None:
        waiting = len(queue)
        if waiting < self.size:
            queue.append(item)
            if waiting == self.size // 2:
                self.hurry()
        else:
            self.dropped += 1

    def forget(self) -> None:
        """Empty it in a forked child: the parent writes what it saw, and says what it lost."""
        self.drafts.clear()
        self.spans.clear()
        self.observations.clear()
        self.dropped = self.samples = self.work = 0
