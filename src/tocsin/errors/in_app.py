"""Telling the application's own frames from those of the standard library, installed packages and instrumentation."""

from dataclasses import dataclass

from tocsin.errors.failure import Frame
from tocsin.errors.module_path import is_library, is_script

#: Code of ours and of OpenTelemetry is never the application's, not even from a checkout.
_INSTRUMENTATION = ("opentelemetry.", "tocsin.")


@dataclass(frozen=True, slots=True)
class InApp:
    """Decides from a frame alone, so that it holds wherever the application is deployed.

    `include` and `exclude` are module prefixes (`shop`, `shop.vendored`) that override the rule; `include` wins.
    Otherwise everything outside the standard library and installed packages is the application's, except generated
    and compiled code and the scripts in a `bin` directory.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def includes(self, frame: Frame) -> bool:
        """Whether a frame is the application's."""
        if self.include and _is_below(frame, self.include):
            return True
        if self.exclude and _is_below(frame, self.exclude):
            return False
        return _is_application(frame)


def _is_application(frame: Frame) -> bool:
    # Cython names functions with their module: `pydantic.main.BaseModel.__init__`.
    if is_library(frame.path) or "." in frame.function or is_script(frame.path):
        return False
    return not f"{frame.module}.".startswith(_INSTRUMENTATION)


def _is_below(frame: Frame, prefixes: tuple[str, ...]) -> bool:
    """Whether the module is one of the prefixes or below: in an application wherever its unknown root ends."""
    places = (f".{frame.module}.".find(f".{prefix}.") for prefix in prefixes)
    return any(place == 0 if is_library(frame.path) else place >= 0 for place in places)
