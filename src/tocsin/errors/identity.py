"""Which issue a failure belongs to."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from tocsin.errors.category import categorize, is_worded_by_input
from tocsin.errors.codes import PROTOCOL_CODES
from tocsin.errors.failure import Failure, Frame
from tocsin.errors.in_app import InApp
from tocsin.errors.kinds import Category
from tocsin.errors.module_path import is_library
from tocsin.errors.severity import Severity, severity_of
from tocsin.errors.site import Site, sites_of
from tocsin.errors.template import template_of

#: Part of every fingerprint: a new algorithm gets a new version, so that old issues can be found again.
VERSION = "v1"

#: Members of nested exception groups that are looked at.
_MAX_SITES = 64
_MAX_TITLE = 256
_MAX_SOURCE = 200


@dataclass(frozen=True, slots=True)
class Component:
    """One contribution to a fingerprint, and the reason for it."""

    name: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Identity:
    """The verdict on a failure. `fingerprint` is `v1:` and 16 hex digits; `components` explain it, in order."""

    fingerprint: str
    title: str
    culprit: str
    category: Category
    severity: Severity
    components: tuple[Component, ...]


def identify(
    failure: Failure,
    *,
    in_app: InApp = InApp(),  # noqa: B008  immutable
    handled: bool = False,
    attributes: Mapping[str, object] = MappingProxyType({}),
    service: str = "",
) -> Identity:
    """The identity of a failure: the same for a live exception and its exported text, on every machine and release.

    Line numbers, deployment roots, the way in, depth of recursion and values in messages do not count. Compute it
    before masking, so that a change of masking never regroups an issue.
    """
    identities = [
        _identity(site, failure, handled=handled, attributes=attributes, service=service)
        for site in islice(sites_of(failure, in_app), _MAX_SITES)
    ]
    # A group stands for its member of the smallest fingerprint: the order in which members failed is chance.
    return min(identities, key=lambda identity: identity.fingerprint)


def _identity(
    site: Site, reported: Failure, *, handled: bool, attributes: Mapping[str, object], service: str
) -> Identity:
    category = categorize(site.failure, reported=reported, attributes=attributes)
    components = tuple(_components(site, service))
    return Identity(
        fingerprint=_fingerprint(components),
        title=_title(site.failure if reported.members else reported),
        culprit=_culprit(site),
        category=category,
        severity=severity_of(site.failure.short_type, category, handled=handled),
        components=components,
    )


def _fingerprint(components: Sequence[Component]) -> str:
    text = "\0".join(f"{component.name}={component.value}" for component in components)
    return f"{VERSION}:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _title(failure: Failure) -> str:
    """`Type: first line of the message that says something`."""
    headline = next((line.strip() for line in failure.message.split("\n") if line.strip()), "")
    return ": ".join(part for part in (failure.short_type, headline) if part)[:_MAX_TITLE] or "Error"


def _culprit(site: Site) -> str:
    """`module in function` of the frame to look at first."""
    frame = next(iter(site.frames or site.failure.frames[-1:]), None)
    return f"{_where(frame)} in {frame.function or '<module>'}" if frame else ""


def _components(site: Site, service: str) -> Iterator[Component]:
    failure = site.failure
    if service:
        yield Component("service", service, "an issue belongs to one service")
    if failure.type:
        yield Component("type", failure.short_type, "class of the exception; not every carrier has its module")
    for prefix, frame in zip(("", "caller."), site.frames, strict=False):
        yield from _place(prefix, frame)
    for name, value in failure.codes:
        if name in PROTOCOL_CODES or site.in_library:
            yield Component(name, value, "said by the message, not by the stack")
    if _words_count(site) and failure.headline:
        yield Component("message", template_of(failure.headline), "nothing else tells the cause; values left out")


def _where(frame: Frame) -> str:
    """The module; of the application's, whose root can only be guessed, the end."""
    return frame.module if is_library(frame.path) else ".".join(frame.module.split(".")[-2:])


def _place(prefix: str, frame: Frame) -> Iterator[Component]:
    module = _where(frame)
    yield Component(prefix + "module", module, "file of the application, without deployment root")
    yield Component(prefix + "function", frame.function, "its function nearest to the failure")
    if frame.source:
        yield Component(prefix + "source", " ".join(frame.source.split())[:_MAX_SOURCE], "tells its lines apart")


def _words_count(site: Site) -> bool:
    if not site.frames:
        return True
    if site.in_library:
        return not site.failure.codes and not is_worded_by_input(site.failure)
    return not site.frames[0].source
