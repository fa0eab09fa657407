"""Sees every failure of the application's process once, and writes what it is onto the telemetry.

Runs inside somebody else's request: nothing here raises, blocks, or touches a disk or a network outside the writer.
"""

import sys

from tocsin.capture.attachment import attach_log_record_processor, attach_span_processor
from tocsin.capture.capture import Capture
from tocsin.capture.logs import TocsinLogRecordProcessor
from tocsin.capture.report import CallablePackage
from tocsin.capture.spans import TocsinSpanProcessor

# `tocsin.capture(error)` is what an application calls, and this package.
sys.modules[__name__].__class__ = CallablePackage

__all__ = [
    "Capture",
    "TocsinLogRecordProcessor",
    "TocsinSpanProcessor",
    "attach_log_record_processor",
    "attach_span_processor",
]
