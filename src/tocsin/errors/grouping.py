"""Rules by which users group errors themselves, written as users of Sentry write them.

`type:DatabaseError message:"*too many*" -> database-busy, "{{ default }}" title="Database busy"` says what a
fingerprint is made of; `path:"*/legacy/*" !function:main -app` says whose a frame is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import translate
from functools import lru_cache

from msgspec import Struct, field
from msgspec.structs import replace

from tocsin.errors.failure import Failure, Frame
from tocsin.errors.fingerprint import Component, fingerprint_of
from tocsin.errors.hook import hook
from tocsin.errors.verdict import Components, Identity

_MATCHER = re.compile(r'(?P<negated>!?)(?P<name>[\w.@-]+):(?P<glob>"(?:[^"\\]|\\.)*"|\S+)')
_PART = re.compile(r'\s*(?P<part>"(?:[^"\\]|\\.)*"|\{\{[^{}]*\}\}|[^,\s"]+)\s*(?:,|$)')
_TITLE = re.compile(r'\s+title="(?P<title>(?:[^"\\]|\\.)*)"\s*$')
_VARIABLE = re.compile(r"\{\{\s*(?P<name>[\w.@-]+)\s*\}\}")
_DEFAULT = re.compile(r"\{\{\s*default\s*\}\}")
#: Other names of a matcher or variable, as Sentry knows them.
_SAME = {
    "error.type": "type",
    "exception.type": "type",
    "error.value": "message",
    "exception.message": "message",
    "value": "message",
    "stack.function": "function",
    "stack.module": "module",
    "stack.abs_path": "path",
    "stack.path": "path",
    "service.name": "service",
    "logger.name": "logger",
}
_OF_FRAME = frozenset({"function", "module", "path"})
#: What an attribute may be called where it is not given by its own name.
_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "service": ("service.name",),
    "release": ("service.version",),
    "logger": ("logger", "logger.name", "otel.scope.name"),
    "level": ("level", "severity_text", "log.level"),
    "transaction": (
        "http.route",
        "celery.task_name",
        "messaging.destination.name",
        "rpc.method",
        "faas.name",
        "span.name",
    ),
}
_NAMES = frozenset({"type", "message", *_OF_FRAME, *_ATTRIBUTES})
_PREFIXES = ("tags.", "attributes.")
MAX_PARTS = 16
MAX_PART = 256


class RuleError(ValueError):
    """A rule that cannot be used; the message names it, what is wrong and what is allowed."""


class Matcher(Struct, frozen=True):
    """One `name:glob`; case counts only in names."""

    name: str
    pattern: re.Pattern[str]
    negated: bool = False

    def accepts(self, *values: str) -> bool:
        """Whether one of these values, which mean the same, is one that the rule is for."""
        return any(map(self.pattern.fullmatch, values)) is not self.negated


class FrameRule(Struct, frozen=True):
    """Frames that are, or are not, the application's; the last rule that fits decides."""

    text: str
    matchers: tuple[Matcher, ...]
    in_app: bool

    def fits(self, frame: Frame) -> bool:
        """Whether all matchers accept the frame."""
        return all(matcher.accepts(_of_frame(frame, matcher.name)) for matcher in self.matchers)


class FingerprintRule(Struct, frozen=True):
    """What the fingerprint of some failures is made of; the first rule that fits decides."""

    text: str
    matchers: tuple[Matcher, ...]
    parts: tuple[str, ...]
    title: str = ""

    def fits(self, failure: Failure, attributes: Mapping[str, object]) -> bool:
        """Whether one exception of the chain, one of its frames, and the attributes satisfy all matchers."""
        of_frame = [matcher for matcher in self.matchers if matcher.name in _OF_FRAME]
        others = [matcher for matcher in self.matchers if matcher.name not in _OF_FRAME]
        return any(_fits(link, others, of_frame, attributes) for link in failure.chain())


class Grouping(Struct, frozen=True):
    """All rules of an application, and after them its hook. `resource` is what holds for all that it reports."""

    rules: tuple[FingerprintRule, ...] = ()
    frame_rules: tuple[FrameRule, ...] = ()
    resource: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Grouping":
        """The rules in these lines; empty ones and those that begin with `#` are comments. Raises `RuleError`."""
        rules = [_rule(line.strip()) for line in lines if line.strip() and not line.strip().startswith("#")]
        return cls(
            tuple(rule for rule in rules if isinstance(rule, FingerprintRule)),
            tuple(rule for rule in rules if isinstance(rule, FrameRule)),
        )

    def __bool__(self) -> bool:
        return bool(self.rules or hook.callback)

    def __str__(self) -> str:
        return "\n".join([rule.text for rule in self.rules] + [rule.text for rule in self.frame_rules])

    def of_resource(self, attributes: Mapping[str, object]) -> "Grouping":
        """The same rules, with these attributes of the resource (`service.name`, …) to match as well."""
        return replace(self, resource=attributes)

    def apply(self, identity: Identity, failure: Failure, attributes: Mapping[str, object]) -> Identity:
        """The identity as the first rule that fits, and then the hook, would have it."""
        attributes = {**self.resource, **attributes}
        rule = next((rule for rule in self.rules if rule.fits(failure, attributes)), None)
        if rule is not None:
            identity = _regrouped(identity, rule.parts, failure, attributes, why=f"rule: {rule.text}")
            title = _filled(rule.title, identity, failure, attributes)
            identity = replace(identity, title=title) if title else identity
        parts = hook.callback(failure, attributes, identity.fingerprint) if hook.callback else None
        return _regrouped(identity, parts, failure, attributes, why="fingerprint hook") if parts else identity


def _regrouped(
    identity: Identity, parts: Iterable[str], failure: Failure, attributes: Mapping[str, object], *, why: str
) -> Identity:
    """Made of the given parts; `{{ default }}` stands for all that it was made of before."""
    components: list[Component] = []
    for part in list(parts)[:MAX_PARTS]:
        if _DEFAULT.fullmatch(str(part).strip()):
            components += identity.components
        else:
            components.append(Component("part", _filled(str(part), identity, failure, attributes)[:MAX_PART], why))
    made = tuple(components)
    earlier = {
        version: tuple(_with_default(made, identity.components, old)) for version, old in identity.earlier.items()
    }
    return replace(
        identity,
        fingerprint=fingerprint_of(made, version=identity.version),
        components=made,
        aliases=tuple(fingerprint_of(old, version=version) for version, old in earlier.items()),
        earlier=earlier,
    )


def _with_default(components: Iterable[Component], default: Components, old: Components) -> Iterator[Component]:
    has_default = False
    for component in components:
        if component not in default:
            yield component
        elif not has_default:
            has_default = True
            yield from old


def _filled(text: str, identity: Identity, failure: Failure, attributes: Mapping[str, object]) -> str:
    return _VARIABLE.sub(lambda match: _variable(match["name"], identity, failure, attributes), text)


def _variable(name: str, identity: Identity, failure: Failure, attributes: Mapping[str, object]) -> str:
    name = _SAME.get(name, name)
    if name in _OF_FRAME:
        frame = next(reversed(failure.frames), None)
        told = {component.name: component.value for component in identity.components}
        return told.get(name) or (_of_frame(frame, name) if frame else f"<no-{name}>")
    values = {
        "default": identity.fingerprint,
        "type": failure.type,
        "message": failure.headline,
        "category": identity.category,
    }
    return values.get(name) or _attribute(name, attributes) or f"<no-{name}>"


def _fits(
    failure: Failure, others: Iterable[Matcher], of_frame: Iterable[Matcher], attributes: Mapping[str, object]
) -> bool:
    if not all(_accepts(matcher, failure, attributes) for matcher in others):
        return False
    return not of_frame or any(
        all(matcher.accepts(_of_frame(frame, matcher.name)) for matcher in of_frame) for frame in failure.frames
    )


def _accepts(matcher: Matcher, failure: Failure, attributes: Mapping[str, object]) -> bool:
    if matcher.name == "type":  # not every carrier has its module
        return matcher.accepts(failure.type, failure.short_type)
    if matcher.name == "message":
        return matcher.accepts(failure.message)
    return matcher.accepts(_attribute(matcher.name, attributes))


def _of_frame(frame: Frame, name: str) -> str:
    return {"function": frame.function, "module": frame.module, "path": frame.path.replace("\\", "/")}[name]


def _attribute(name: str, attributes: Mapping[str, object]) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return next((str(attributes[key]) for key in (*_ATTRIBUTES.get(name, ()), name) if key in attributes), "")


def _rule(line: str) -> FingerprintRule | FrameRule:
    if "->" in line:
        matching, _, made = line.partition("->")
        title = _TITLE.search(made)
        parts = tuple(_parts(_TITLE.sub("", made), line))
        return FingerprintRule(
            line, tuple(_matchers(matching, line)), parts, _unquoted(title["title"]) if title else ""
        )
    matching, _, action = line.rpartition(" ")
    if action not in {"+app", "-app"}:
        raise RuleError(f"{line!r}: must end with `-> PART, …`, with +app or with -app")
    matchers = tuple(_matchers(matching, line))
    if unknown := [matcher.name for matcher in matchers if matcher.name not in _OF_FRAME]:
        raise RuleError(f"{line!r}: {unknown[0]} is not known of a frame; {', '.join(sorted(_OF_FRAME))} are")
    return FrameRule(line, matchers, in_app=action == "+app")


def _matchers(text: str, line: str) -> Iterator[Matcher]:
    rest = _MATCHER.sub("", text).strip()
    found = list(_MATCHER.finditer(text))
    if rest or not found:
        raise RuleError(f"{line!r}: {rest or text!r} is no matcher; write name:glob, such as type:KeyError")
    for match in found:
        name = _SAME.get(match["name"], match["name"])
        if name not in _NAMES and not name.startswith(_PREFIXES):
            raise RuleError(
                f"{line!r}: there is no matcher {name}; there are {', '.join(sorted(_NAMES))}, attributes.NAME"
            )
        yield Matcher(name, _glob(_unquoted(match["glob"])), negated=bool(match["negated"]))


def _parts(text: str, line: str) -> Iterator[str]:
    position = 0
    while position < len(text.rstrip()):
        match = _PART.match(text, position)
        if match is None:
            raise RuleError(f"{line!r}: {text[position:].strip()!r} is no part; separate parts by commas, quote spaces")
        yield _unquoted(match["part"])
        position = match.end()
    if not text.strip():
        raise RuleError(f"{line!r}: no fingerprint after ->; {{{{ default }}}} is the one it has without the rule")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


@lru_cache(maxsize=512)
def _glob(glob: str) -> re.Pattern[str]:
    return re.compile(translate(glob), re.IGNORECASE)
