"""The routing tree of the file."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from tocsin.alerting.matcher import Matcher, ParserMode, parse
from tocsin.alerting.routing import Route, format_matchers
from tocsin.syntax.document import Section, Text

#: In `group_by`: all labels.
ALL = "..."
INTERVALS = ("mute_time_intervals", "active_time_intervals")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class RouteReader:
    """Reads a tree with its matchers in one mode; what is wrong with it is noted in the sections' findings."""

    def __init__(self, mode: ParserMode = "fallback") -> None:
        self._mode: ParserMode = mode

    def root(self, section: Section) -> Route:
        """The tree from its root."""
        if not section.given("receiver"):
            section.report("is missing, the root of the tree needs one", "receiver")
        for name in ("match", "match_re", "matchers", *INTERVALS):
            if section.given(name):
                section.report("does not belong to the root of the tree, which takes every alert at any time", name)
        if section.flag("continue", default=False):
            section.report("does not belong to the root of the tree, which has no siblings", "continue")
        return self._read(section, Route(receiver="", key="", id=""), 0)

    def _read(self, section: Section, parent: Route, position: int) -> Route:
        """One node and all below it; what it does not say is its parent's."""
        matchers = read_matchers(section, mode=self._mode)
        labels, everything = _group_by(section)
        own = format_matchers(matchers)
        mute_intervals, active_intervals = (tuple(each.value for each in section.texts(name)) for name in INTERVALS)
        route = Route(
            receiver=section.text("receiver") or parent.receiver,
            matchers=matchers,
            group_by=labels or parent.group_by,
            group_by_all=everything or (parent.group_by_all and not labels),
            group_wait=section.duration("group_wait", parent.group_wait),
            group_interval=_interval(section, "group_interval", parent.group_interval),
            repeat_interval=_interval(section, "repeat_interval", parent.repeat_interval),
            continue_=section.flag("continue", default=False),
            mute_intervals=mute_intervals,
            active_intervals=active_intervals,
            key=f"{parent.key}/{own}" if parent.key else own,
            id=f"{parent.id}/{own}/{position}" if parent.key else own,
        )
        children = section.sections("routes")
        section.skip("labels")
        section.close()
        return replace(route, routes=tuple(self._read(child, route, place) for place, child in enumerate(children)))


def read_matchers(section: Section, prefix: str = "", *, mode: ParserMode = "fallback") -> tuple[Matcher, ...]:
    """`match`, `match_re` and `matchers` of a route or, with a prefix, of an inhibition rule, sorted as in keys."""
    found = [
        *_pairs(section, f"{prefix}match", "="),
        *_pairs(section, f"{prefix}match_re", "=~"),
        *_parsed(section, f"{prefix}matchers", mode),
    ]
    return tuple(sorted(found, key=lambda matcher: (matcher.name, matcher.value, matcher.op)))


def _group_by(section: Section) -> tuple[tuple[str, ...], bool]:
    """The labels, and whether all are meant."""
    names = [text.value for text in section.texts("group_by")]
    twice = [name for name, count in Counter(names).items() if count > 1]
    for name in twice:
        section.report(f"has {name!r} twice", "group_by")
    if ALL in names and len(names) > 1:
        section.report(f"must be either {ALL!r} alone, for all labels, or a list of labels", "group_by")
    if "" in names:
        section.report("has an empty name", "group_by")
    return tuple(sorted({*names} - {ALL})), ALL in names


def _interval(section: Section, name: str, inherited: float) -> float:
    seconds = section.duration(name, inherited)
    if seconds == 0:
        section.report("must be longer than zero", name)
    return seconds


def _pairs(section: Section, name: str, op: Literal["=", "=~"]) -> Iterator[Matcher]:
    for label, text in section.pairs(name).items():
        if not _LABEL_NAME.fullmatch(label):
            section.report(f"{label!r} is not the name of a label", name)
        elif op == "=":
            yield Matcher(label, op, text.value if text else "")
        elif text is None:
            section.report(f"{label} needs a regular expression", name)
        else:
            yield from _checked(section, name, label, text)


def _checked(section: Section, name: str, label: str, text: Text) -> Iterator[Matcher]:
    """The anchors are Alertmanager's, they show in keys; the expression is checked without them for clear messages."""
    try:
        Matcher(label, "=~", text.value)
        yield Matcher(label, "=~", f"^(?:{text.value})$")
    except ValueError as error:
        section.report(f"{label}: {error}", name, line=text.line)


def _parsed(section: Section, name: str, mode: ParserMode) -> Iterator[Matcher]:
    for text in section.texts(name):
        yield from _matchers(section, name, text, mode)


def _matchers(section: Section, name: str, text: Text, mode: ParserMode) -> tuple[Matcher, ...]:
    try:
        return parse(text.value, mode)
    except ValueError as error:
        section.report(str(error), name, line=text.line)
        return ()
