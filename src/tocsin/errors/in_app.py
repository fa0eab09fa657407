"""Telling the application's own frames from those of the standard library, installed packages and instrumentation."""

from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from tocsin.errors.failure import Failure, Frame
from tocsin.errors.grouping import FrameRule
from tocsin.errors.libraries import LIBRARIES
from tocsin.errors.module_path import installed_package, is_library, is_script, place_of

#: Code of ours and of OpenTelemetry is never the application's, not even from a checkout.
_INSTRUMENTATION = ("opentelemetry.", "tocsin.")


class InApp(Struct, frozen=True):
    """Decides from a frame alone, so that it holds wherever the application is deployed.

    `include` and `exclude` are module prefixes (`shop`, `shop.vendored`) that override the rule; `include` wins. Of
    `rules`, which win over both, the last that fits decides.
    Otherwise everything outside the standard library and installed packages is the application's, except generated
    and compiled code and the scripts in a `bin` directory.

    An application may be installed like a library. So where nothing else of a failure is the application's, or only a
    script that starts it, packages that are installed and not known as libraries are: see `of`.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    rules: tuple[FrameRule, ...] = ()

    def of(self, failure: Failure) -> "InApp":
        """The rule for one failure."""
        if any(self.includes(frame) and "." in place_of(frame.module) for frame in _frames(failure)):
            return self
        packages = {installed_package(frame.path) for frame in _frames(failure)} - {""}
        unknown = tuple(sorted(name for name in packages if name.lower() not in LIBRARIES))
        return replace(self, include=(*self.include, *unknown)) if unknown else self

    def includes(self, frame: Frame) -> bool:
        """Whether a frame is the application's."""
        if self.rules and (rule := next((rule for rule in reversed(self.rules) if rule.fits(frame)), None)):
            return rule.in_app
        if self.include and _is_below(frame, self.include):
            return True
        if self.exclude and _is_below(frame, self.exclude):
            return False
        if frame.is_library is not None:
            return not frame.is_library
        return _is_application(frame.path, frame.function, frame.module)


def _frames(failure: Failure) -> Iterator[Frame]:
    for link in failure.chain():
        yield from link.frames
        for member in link.members:
            yield from _frames(member)


@lru_cache(maxsize=4096)
def _is_application(path: str, function: str, module: str) -> bool:
    # Cython names functions with their module: `pydantic.main.BaseModel.__init__`.
    if is_library(path) or "." in function or is_script(path):
        return False
    return not f"{module}.".startswith(_INSTRUMENTATION)


def _is_below(frame: Frame, prefixes: tuple[str, ...]) -> bool:
    """Whether the module is one of the prefixes or below: in an application wherever its unknown root ends."""
    places = (f".{frame.module}.".find(f".{prefix}.") for prefix in prefixes)
    return any(place == 0 if is_library(frame.path) else place >= 0 for place in places)
