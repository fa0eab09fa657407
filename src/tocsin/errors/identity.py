"""Which issue a failure belongs to."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType

from tocsin.errors.category import categorize, is_worded_by_input
from tocsin.errors.codes import DATABASE_CODES, PROTOCOL_CODES
from tocsin.errors.downstream import downstream_of, is_of_others
from tocsin.errors.failure import Failure, Frame
from tocsin.errors.fingerprint import VERSION, Component, fingerprint_of
from tocsin.errors.grouping import Grouping
from tocsin.errors.in_app import InApp
from tocsin.errors.module_path import place_of
from tocsin.errors.severity import entry_of, severity_of
from tocsin.errors.site import Site, sites_of
from tocsin.errors.template import template_of
from tocsin.errors.type_name import same_type
from tocsin.errors.verdict import Identity

#: Members of nested exception groups that are looked at.
_MAX_SITES = 64
_MAX_TITLE = 256
_MAX_SOURCE = 200


def identify(
    failure: Failure,
    *,
    in_app: InApp = InApp(),  # noqa: B008  immutable
    grouping: Grouping = Grouping(),  # noqa: B008  immutable
    handled: bool = False,
    attributes: Mapping[str, object] = MappingProxyType({}),
) -> Identity:
    """The identity of a failure: the same for a live exception and its exported text, on every machine and release.

    Line numbers, deployment roots, the way in, depth of recursion and values in messages do not count. Compute it
    before masking, so that a change of masking never regroups an issue.
    """
    identities = [
        _identity(site, failure, handled=handled, attributes=attributes)
        for site in islice(sites_of(failure, in_app), _MAX_SITES)
    ]
    # A group stands for its member of the smallest fingerprint: the order in which members failed is chance.
    identity = min(identities, key=lambda identity: identity.fingerprint)
    return grouping.apply(identity, failure, attributes) if grouping else identity


def _identity(site: Site, reported: Failure, *, handled: bool, attributes: Mapping[str, object]) -> Identity:
    category = categorize(site.failure, reported=reported, attributes=attributes)
    made = {version: tuple(components_of(site, attributes)) for version, components_of in ALGORITHMS.items()}
    newest = next(iter(made))
    components = made.pop(newest)
    return Identity(
        fingerprint=fingerprint_of(components, version=newest),
        title=_title(site.failure if reported.members else reported),
        culprit=_culprit(site),
        category=category,
        severity=severity_of(site.failure.short_type, category, handled=handled, entry=entry_of(attributes)),
        components=components,
        aliases=tuple(fingerprint_of(old, version=version) for version, old in made.items()),
        earlier=made,
    )


def _title(failure: Failure) -> str:
    """`Type: first line of the message that says something`."""
    headline = next((line.strip() for line in failure.message.split("\n") if line.strip()), "")
    return ": ".join(part for part in (failure.short_type, headline) if part)[:_MAX_TITLE] or "Error"


def _culprit(site: Site) -> str:
    """`module in function` of the frame to look at first."""
    frame = next(iter(site.frames or site.failure.frames[-1:]), None)
    if frame is None:
        return ""
    module = place_of(frame.module) if site.frames else frame.module
    return f"{module} in {frame.function or '<module>'}"


def _components(site: Site, attributes: Mapping[str, object]) -> Iterator[Component]:
    failure = site.failure
    if failure.type:
        yield Component("type", same_type(failure), "class of the exception; not every carrier has its module")
    for prefix, frame in zip(("", "caller."), site.frames, strict=False):
        yield from _place(prefix, frame)
    for name in site.named:
        yield Component("named", name, "in the message, and spelled out by the application's code on the way there")
    yield from _codes(site, attributes)
    if _words_count(site) and failure.headline:
        yield Component("message", template_of(failure.headline), "nothing else tells the cause; values left out")


def _place(prefix: str, frame: Frame) -> Iterator[Component]:
    yield Component(prefix + "module", place_of(frame.module), "file of the application, without deployment root")
    yield Component(prefix + "function", frame.function, "its function nearest to the failure")
    if frame.source:
        yield Component(prefix + "source", " ".join(frame.source.split())[:_MAX_SOURCE], "tells its lines apart")


def _codes(site: Site, attributes: Mapping[str, object]) -> Iterator[Component]:
    inner = _database_codes(site.failure)
    said = inner | dict(site.failure.codes)
    is_answer = site.in_library or bool(inner) or "sqlstate" in said
    codes = {name: value for name, value in sorted(said.items()) if name in PROTOCOL_CODES or is_answer}
    codes.pop("host", None)
    if site.host and is_of_others(site.failure):
        codes["host"] = site.host
    for name, value in codes.items():
        yield Component(name, value, "said by the message, not by the stack")
    if "host" not in codes and not site.is_told and (host := downstream_of(site.failure, attributes)):
        yield Component("host", host, "the span says what was called, and no line of code does")


def _database_codes(failure: Failure) -> dict[str, str]:
    """What the database said, where the exception that tells of it only wraps that."""
    link = failure
    while link.cause is not None and link.cause_is_explicit:
        link = link.cause
        if told := {name: value for name, value in link.codes if name in DATABASE_CODES}:
            return told
    return {}


def _words_count(site: Site) -> bool:
    if not site.frames:
        return True
    if site.in_library:
        return not site.failure.codes and not is_worded_by_input(site.failure)
    return not site.frames[0].source and "name" not in dict(site.failure.codes)


#: What each version of the algorithm counts, the newest first. One that fingerprints in stores were made by stays.
ALGORITHMS: dict[str, Callable[[Site, Mapping[str, object]], Iterator[Component]]] = {VERSION: _components}
