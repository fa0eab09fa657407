"""Where an application uses sentry-sdk itself: its events get our fingerprint, so that issues are the same there."""

from collections.abc import Mapping
from typing import Any

from tocsin.capture import attributes
from tocsin.capture.recorder import Recorder
from tocsin.guard import guard


def add_fingerprint(event: dict[str, Any], hint: Mapping[str, Any], recorder: Recorder) -> None:
    """Put fingerprint and category of the exception that Sentry hints at onto its event. Counts nothing."""
    with guard.block("Sentry event"):
        error = _exception(hint)
        if error is None:
            return
        identity = recorder.identity_of(error)
        event["fingerprint"] = [recorder.service, identity.fingerprint]
        tags = {attributes.FINGERPRINT: identity.fingerprint, attributes.CATEGORY: identity.category}
        event["tags"] = {**dict(event.get("tags") or {}), **tags}


def _exception(hint: Mapping[str, Any]) -> Exception | None:
    exc_info = hint.get("exc_info")
    error = exc_info[1] if isinstance(exc_info, tuple) else None
    return error if isinstance(error, Exception) else None
