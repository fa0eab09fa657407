"""The attributes that Tocsin writes onto spans, log records and metrics."""

from typing import Final

FINGERPRINT: Final = "tocsin.error.fingerprint"
CATEGORY: Final = "tocsin.error.category"
SEVERITY: Final = "tocsin.error.severity"
HANDLED: Final = "tocsin.error.handled"
CULPRIT: Final = "tocsin.error.culprit"
#: Whether the store had never seen the fingerprint; absent while the process does not know yet.
NEW: Final = "tocsin.error.new"
#: What was masked on a span, a log record or an occurrence: `exception.message:email`.
MASKED: Final = "tocsin.masked"

# OpenTelemetry's own, as strings: the modules that hold them move between releases.
ERROR_TYPE: Final = "error.type"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
EXCEPTION_STACKTRACE: Final = "exception.stacktrace"
EXCEPTION_ESCAPED: Final = "exception.escaped"
