"""`tocsin.capture(error)`: the application tells of a failure that it has dealt with."""

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from tocsin.guard import guard

if TYPE_CHECKING:
    from tocsin.capture.recorder import Recorder


class Listener:
    """Whom the application's own calls reach."""

    def __init__(self) -> None:
        #: None where Tocsin is not installed.
        self.recorder: Recorder | None = None


listener = Listener()


def capture(error: BaseException | None = None) -> str | None:
    """Record a failure that was caught, as handled; its fingerprint (`v1:` and 16 hex digits). Never raises.

    Without an argument, within `except`, it is the one being handled. One that was seen already is not counted again.
    None where there is none, for exits and cancellations, and where Tocsin is not installed.
    """
    return _capture(error) if listener.recorder is not None else None


@guard("capture")
def _capture(error: BaseException | None) -> str | None:
    failure = sys.exc_info()[1] if error is None else error
    if listener.recorder is None or not issubclass(type(failure), BaseException):
        return None
    draft = listener.recorder.see(failure, handled=True) if failure is not None else None
    return draft.identity.fingerprint if draft is not None else None


class CallablePackage(ModuleType):
    """The package `tocsin.capture`, which is also what an application calls by that name."""

    def __call__(self, error: BaseException | None = None) -> str | None:
        return capture(error)
