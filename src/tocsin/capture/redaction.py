"""Masks spans, log records and occurrences: after failures were identified, before anything is exported or stored."""

from collections import Counter
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any

from opentelemetry.sdk._logs import ReadWriteLogRecord
from opentelemetry.sdk.trace import Span
from opentelemetry.trace import Status, StatusCode

from tocsin.capture.attributes import EXCEPTION_STACKTRACE, MASKED
from tocsin.guard import guard
from tocsin.privacy import Masker

#: Notes that one span, log record or occurrence can have.
MOST_NOTES = 16
#: What becomes of a text of which it is not known what it holds, because masking failed.
WITHHELD = "[withheld]"


class Redaction:
    """One masker for all that leaves the process, and the number of values that it masked, by kind.

    What was masked is written beside it, as `tocsin.masked`: `exception.message:email`, at most `MOST_NOTES` of them.
    Where masking itself fails, text is withheld. Thread-safe; the numbers may miss one now and then.
    """

    def __init__(self, masker: Masker) -> None:
        self.masker = masker
        self.counts: Counter[str] = Counter()
        self._mask_span = guard("masking of spans")(self._span)
        self._mask_log_record = guard("masking of log records")(self._log_record)

    def knows(self, span: Any) -> bool:
        """Whether it is a plain span that was clean lately: no events, no links, no error.

        So it is with most, which have to cost nanoseconds: hence past the SDK's properties, where they are as expected.
        """
        clean = self.masker.clean
        try:
            return (
                span._attributes._dict.items() <= clean  # noqa: SLF001  see above
                and not span._events._dq  # noqa: SLF001  see above
                and not span._links._dq  # noqa: SLF001  see above
                and span._status._status_code is not StatusCode.ERROR  # noqa: SLF001  see above
                and ("name", span._name) in clean  # noqa: SLF001  see above
            )
        except (AttributeError, TypeError):  # of a list or a mapping, too
            return False

    def mask_span(self, span: Span) -> None:
        """Mask a span in place: name, status, attributes, and those of its events and links.

        For `SpanProcessor._on_ending`, where the public API refuses changes: writes to private fields of the SDK, which
        all exporters share whatever the order of the processors.
        """
        if self._mask_span(span) is None:
            _withhold_span(span)

    def mask_log_record(self, log_record: ReadWriteLogRecord) -> None:
        """Mask a log record in place: its body and its attributes."""
        if self._mask_log_record(log_record) is None:
            log_record.log_record.body = WITHHELD
            _withhold(_fields(log_record.log_record.attributes))

    def mask_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of values by name, masked, with word of it."""
        masked = dict(values)
        self._note(self._mask(masked, stacktrace=self._clean_stacktrace(masked)), masked)
        return masked

    def _span(self, span: Span) -> bool:
        attributes = _fields(span._attributes)  # noqa: SLF001  see `mask_span`
        notes = self._mask(attributes)
        stacktrace = ""
        if len(span._events):  # noqa: SLF001  same
            for values in (_fields(event.attributes) for event in span._events):  # noqa: SLF001  same
                stacktrace = self._clean_stacktrace(values) or stacktrace
                notes += self._mask(values, stacktrace=stacktrace)
        if len(span._links):  # noqa: SLF001  same
            notes += [note for link in span._links for note in self._mask(_fields(link.attributes))]  # noqa: SLF001  same
        notes += self._name_and_status(span, stacktrace)
        self._note(notes, attributes)
        return True

    def _name_and_status(self, span: Span, stacktrace: str) -> list[str]:
        status = span._status  # noqa: SLF001  same
        texts = {"name": span._name}  # noqa: SLF001  same
        if status.description is None and self.masker.knows(texts):
            return []
        if status.description:
            texts["status.description"] = status.description
        notes = self._mask(texts, stacktrace=stacktrace)
        if notes:
            span._name = texts["name"]  # noqa: SLF001  same
            span._status = Status(status.status_code, texts.get("status.description"))  # noqa: SLF001  same
        return notes

    def _log_record(self, log_record: ReadWriteLogRecord) -> bool:
        record = log_record.log_record
        attributes = _fields(record.attributes)
        notes = self._mask(attributes, stacktrace=self._clean_stacktrace(attributes))
        body: dict[str, Any] = {"body": record.body}
        if changed := self._mask(body):
            notes += changed
            record.body = body["body"]
        self._note(notes, attributes)
        return True

    def _mask(self, values: MutableMapping[str, Any], *, stacktrace: str = "") -> list[str]:
        """Mask values by name, in place; what was masked."""
        notes: list[str] = []
        for key, masked in self.masker.changes(values, stacktrace=stacktrace).items():
            values[key] = masked.value
            for kind in masked.found:
                self.counts[kind] += 1
            notes += _notes(key, masked.found)
        return notes

    def _clean_stacktrace(self, values: Mapping[str, Any]) -> str:
        """What of an exception was looked at already: the stack trace tells its message, and the status does so."""
        return self.masker.clean_stacktrace(values.get(EXCEPTION_STACKTRACE)) if EXCEPTION_STACKTRACE in values else ""

    def _note(self, notes: list[str], values: MutableMapping[str, Any]) -> None:
        if notes:
            values[MASKED] = tuple(dict.fromkeys((*values.get(MASKED, ()), *notes)))[:MOST_NOTES]


@lru_cache(256)
def _notes(key: str, found: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{key}:{kind}" for kind in dict.fromkeys(found))


def _fields(attributes: Any) -> MutableMapping[str, Any]:
    """What the SDK's bounded attributes keep, past their lock on changes."""
    fields: MutableMapping[str, Any] | None = getattr(attributes, "_dict", attributes)
    return {} if fields is None else fields


def _withhold_span(span: Span) -> None:
    _withhold(_fields(span._attributes))  # noqa: SLF001  see `mask_span`
    for attributes in (*(event.attributes for event in span.events), *(link.attributes for link in span.links)):
        _withhold(_fields(attributes))
    span._status = Status(span._status.status_code)  # noqa: SLF001  same


def _withhold(values: MutableMapping[str, Any]) -> None:
    """Every value that may hold text."""
    values.update([(key, WITHHELD) for key, value in values.items() if not isinstance(value, bool | int | float)])
