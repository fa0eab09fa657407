"""Sees every failure of the application's process once, and writes what it is onto the telemetry.

Runs inside somebody else's request: nothing here raises, blocks, or touches a disk or a network outside the writer.
"""

from tocsin.capture.attachment import attach_log_record_processor, attach_span_processor
from tocsin.capture.capture import Capture
from tocsin.capture.logs import TocsinLogRecordProcessor
from tocsin.capture.spans import TocsinSpanProcessor

__all__ = [
    "Capture",
    "TocsinLogRecordProcessor",
    "TocsinSpanProcessor",
    "attach_log_record_processor",
    "attach_span_processor",
]
