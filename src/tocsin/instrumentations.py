"""Which libraries of this environment send telemetry, and why the others do not."""

import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import Literal, NamedTuple

from msgspec import Struct
from opentelemetry.instrumentation import bootstrap_gen
from opentelemetry.instrumentation.dependencies import get_dist_dependency_conflicts
from opentelemetry.util._importlib_metadata import entry_points  # read once for all who ask
from packaging.requirements import Requirement

DISABLED = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HEADER = re.compile(r"^(Version|Requires-Dist): (.*\S)", re.MULTILINE)
_PREFIX = "opentelemetry-instrumentation-"
#: Brings gRPC along, which applications have for its sake alone unless they ask for it. The exporter over HTTP brings
#: Requests, which many use without asking.
_EXPORTER = "opentelemetry-exporter-otlp-proto-grpc"

State = Literal["active", "available", "conflict", "disabled", "library missing", "instrumentation missing"]


class Instrumentation(Struct, frozen=True, kw_only=True):
    """A library and what becomes of its telemetry.

    `active`: patched in this process; `available`: the launcher patches it when it starts a process; any other state
    has its `reason`, and its `fix` where one command mends it. `version` is the library's, empty where it has none.
    """

    name: str
    library: str
    version: str
    state: State
    reason: str = ""
    fix: str = ""


def survey(*, environ: Mapping[str, str] | None = None) -> tuple[Instrumentation, ...]:
    """All installed instrumentations by name, then the libraries that have none installed.

    Reads package metadata only: no library and no instrumentation is imported to find out. Takes about 4 ms.
    """
    disabled = _disabled(os.environ if environ is None else environ)
    found = sorted(entry_points(group="opentelemetry_instrumentor"), key=lambda entry_point: entry_point.name)
    try:
        return (*(_installed(entry_point, disabled) for entry_point in found), *_missing(disabled))
    finally:
        _package.cache_clear()
        _distributions.cache_clear()


def _disabled(environ: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name.strip() for name in environ.get(DISABLED, "").split(","))


def _installed(entry_point: EntryPoint, disabled: frozenset[str]) -> Instrumentation:
    libraries = _instrumented_libraries(entry_point)
    library = next(filter(_version, libraries), libraries[0] if libraries else entry_point.name)
    state, reason = _state(entry_point, disabled)
    return Instrumentation(
        name=entry_point.name, library=library, version=_version(library), state=state, reason=reason
    )


def _state(entry_point: EntryPoint, disabled: frozenset[str]) -> tuple[State, str]:
    if _active(entry_point):
        return "active", ""
    if disabled & {entry_point.name, "*"}:
        return "disabled", f"listed in {DISABLED}"
    conflict = get_dist_dependency_conflicts(entry_point.dist) if entry_point.dist else None
    if conflict is None:
        return "available", ""
    needed = " or ".join(_plain(needed) for needed in [conflict.required, *(conflict.required_any or ())] if needed)
    found = conflict.found or ", ".join(conflict.found_any or ())
    if found:
        return "conflict", f"{found} installed, the instrumentation needs {needed}"
    return "library missing", f"{needed} is not installed"


def _active(entry_point: EntryPoint) -> bool:
    """Whether the one instance of the instrumentor has patched its library.

    Looks at the instance instead of calling the class, because that runs the constructor of some of them again.
    """
    instrumentor = getattr(sys.modules.get(entry_point.module), entry_point.attr, None)
    instance = getattr(instrumentor, "_instance", None)
    return bool(getattr(instance, "is_instrumented_by_opentelemetry", False))


def _missing(disabled: frozenset[str]) -> Iterator[Instrumentation]:
    """Libraries that were chosen for this environment, have an instrumentation, and do not have it installed.

    Which library has which is OpenTelemetry's own list.
    """
    incidental = set(_brought_along(_name(offer["library"]) for offer in bootstrap_gen.libraries))
    for offer in bootstrap_gen.libraries:
        library, package = _name(offer["library"]), _name(offer["instrumentation"])
        version = _version(library)
        if not version or library in incidental or _version(package):
            continue
        if not Requirement(offer["library"]).specifier.contains(version):
            continue
        name = package.removeprefix(_PREFIX).replace("-", "_")
        off = bool(disabled & {name, "*"})
        yield Instrumentation(
            name=name,
            library=library,
            version=version,
            state="disabled" if off else "instrumentation missing",
            reason=f"listed in {DISABLED}" if off else f"{library} is installed, its instrumentation is not",
            fix="" if off else f"pip install {shlex.quote(offer['instrumentation'])}",
        )


def _brought_along(libraries: Iterable[str]) -> Iterator[str]:
    """What the libraries need (Flask: Jinja2), Tocsin itself, and the exporter: nobody misses telemetry of these."""
    for library in libraries:
        yield from (_name(line) for line in _requirements(library) if "extra ==" not in line)
    yield from map(_name, _requirements("tocsin"))
    yield from _brought_to_export()


def _brought_to_export() -> frozenset[str]:
    """What nobody has asked for but the exporter; a frozen list of requirements asks for everything, and means none."""
    needed = frozenset(map(_name, _requirements(_EXPORTER)))
    requested = frozenset(filter(_is_requested, needed))
    return needed - requested or needed


def _is_requested(name: str) -> bool:
    """Whether somebody asked for the package itself; installers note it."""
    dist = _distributions().get(name)
    return dist is not None and dist.read_text("REQUESTED") is not None


def _instrumented_libraries(entry_point: EntryPoint) -> list[str]:
    lines = _read(entry_point.dist).requirements if entry_point.dist else []
    return [_name(line) for line in lines if "instruments" in line]


def _requirements(name: str) -> list[str]:
    package = _package(name)
    return package.requirements if package else []


def _plain(requirement: object) -> str:
    """A requirement without its environment marker."""
    return str(requirement).partition(";")[0].strip()


def _name(requirement: str) -> str:
    """The normalised name of the distribution that a requirement asks for."""
    match = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""


def _version(name: str) -> str:
    package = _package(name)
    return package.version if package else ""


class _Package(NamedTuple):
    version: str
    requirements: list[str]


@lru_cache(maxsize=1024)
def _package(name: str) -> _Package | None:
    dist = _distributions().get(_name(name))
    return _read(dist) if dist else None


@lru_cache(maxsize=1)
def _distributions() -> Mapping[str, Distribution]:
    """All that is installed, by name; of several versions the first on the path. One look takes less than two by name.

    The names are those of the folders, by which `importlib.metadata` tells packages apart: `name` opens a file each.
    """
    found: dict[str, Distribution] = {}
    for dist in distributions():
        found.setdefault(_name(dist._normalized_name), dist)  # type: ignore[attr-defined]  # noqa: SLF001  see above
    return found


def _read(dist: Distribution) -> _Package:
    """What an installed package says of itself, without its description, which takes longest to read."""
    text = dist.read_text("METADATA")
    if text is None:
        return _Package(dist.version, dist.requires or [])
    headers = _HEADER.findall(text.partition("\n\n")[0])
    version = next((value for header, value in headers if header == "Version"), "")
    return _Package(version, [value for header, value in headers if header == "Requires-Dist"])
