"""Where to fix a failure: the exception of a chain that decides, and the application's frames that lead to it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from tocsin.errors.category import BUILTIN
from tocsin.errors.failure import Failure, Frame
from tocsin.errors.in_app import InApp

#: Exceptions that only steer control: never the cause of another.
_STEERING = frozenset({"CancelledError", "GeneratorExit", "StopIteration", "StopAsyncIteration", "KeyboardInterrupt"})
#: Frames that exist in one version of Python and are inlined in the next.
_COMPREHENSIONS = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>"})
#: A call that hands on whatever it got: `f(*args, **kwargs)`, `super().send(request)`.
_FORWARDING = re.compile(r"\*\w+,\s*\*\*\w+\s*\)|\bsuper\(\)\.")
_RAISING = re.compile(r"\b(?:raise|assert)\b")
#: A line that raises what was worded elsewhere: `raise ApiError(message)`, `raise self.error`; or that of a base class,
#: which says whose instance it is: `raise ApiError(self.service, "no answer")`.
_RAISING_FOR_OTHERS = re.compile(
    r"raise (?:\w+\()?(?:self\.)?"
    r"(?:e|err|error|exc|exception|(?:\w*_)?(?:msg|message|text|details?|reason|code))\b"
    r"|raise \w+\((?:f[\"']\{)?(?:self\.(?:name|service|kind|label|provider|resource|__class__)|type\(self\))"
)
#: A function that only calls, or looks up, with what it was given: `return int(value)`, `return self.rows[key]`.
_PASSING = re.compile(r"return (?:await )?[\w.]+(?:\([\w., ]*\)|\[\w+\])")
#: The key of a lookup, the value of an option, the global object that is called (`TEMPLATES.get(name)`): where data
#: came from and how a call is made, not what for.
_INCIDENTAL = re.compile(
    r"""\[\s*(["'])[^"']*\1\s*\]|\.get\(\s*(["'])[^"']*\2|\b\w+\s?=\s?[\w.]+(?=[,)])|\{[^{}"']*\}|\b[A-Z][A-Z0-9_]+\.(?=[a-z])"""
)
#: A constant key.
_KEY = re.compile(r"""\[\s*["'][^"']+["']\s*\]|\.get\(\s*["']""")
#: Literals that any call may have: HTTP methods, encodings, modes.
_COMMON = re.compile(
    r"""(["'])(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|utf-?8|ascii|strict|ignore|json)\1""", re.IGNORECASE
)
#: A word in a literal, the name of a class or of a constant.
_TELLING = re.compile(r"""["'][^"']*[A-Za-z]{3}[^"']*["']|\b(?!None\b|True\b|False\b)[A-Z]\w*""")
#: Functions that are called without their name: `config.depot`, `rows[key]`.
_IMPLICIT = frozenset({"__getattr__", "__getattribute__", "__getitem__", "__missing__", "__get__"})
_MAX_HELPERS = 5
#: Frames, the nearest first, whose literals may be words of the message.
_MAX_NAMING = 2
#: A literal that names something (a key, a column, an action), the key of a format, or a class.
_NAME_LITERAL = re.compile(
    r"""(["'])(?P<literal>[A-Za-z_][A-Za-z_.-]{1,63})\1|(?:%\(|\$\{?|\{)(?P<key>[A-Za-z_]\w{1,63})\b"""
    r"""|\b(?P<kind>[A-Z][A-Za-z]{2,63})\b"""
)
#: An option or an attribute: where the application's own code words the message, it may be about that.
_NAME_OF_VALUE = re.compile(r"\b(?P<option>[a-z_]\w{1,63})=(?!=)|\.(?P<attribute>[a-z_]\w{1,63})\b(?!\s*\()")
_WORD = re.compile(r"[A-Za-z_][A-Za-z_.-]*")


@dataclass(frozen=True, slots=True)
class Site:
    """`failure` is the one that decides; `frames` are the application's that identify it, the deepest first.

    `in_library` tells that no code of the application raised it, as far as is known; `named` are words of the message
    that the application's code spells out on the way there: `require(row, "iban")` → `iban`. `is_told` says whether
    a line of code tells what was being done; else only what is told beside the stack can. `host` is whom the failure,
    or the nearest exception that wrapped it, says was called.
    """

    failure: Failure
    frames: tuple[Frame, ...] = ()
    in_library: bool = False
    named: tuple[str, ...] = ()
    is_told: bool = False
    host: str = ""


def sites_of(failure: Failure, in_app: InApp) -> Iterator[Site]:
    """The place to fix: one, or for an exception group one for each member."""
    yield from _sites_of(failure, in_app.of(failure))


def _sites_of(reported: Failure, in_app: InApp) -> Iterator[Site]:
    failure = _decisive(reported, in_app)
    if not failure.members:
        yield _site(failure, _host(failure, reported), in_app)
    for member in failure.members:
        yield from _sites_of(replace(member, frames=failure.frames + member.frames), in_app)


def _host(failure: Failure, reported: Failure) -> str:
    host = ""
    for link in reported.chain():
        host = dict(link.codes).get("host", host)
        if link.is_same_exception(failure):
            break
    return host


def _decisive(failure: Failure, in_app: InApp) -> Failure:
    """The failure along the chain of causes that one would fix.

    A cause is followed where the application translated it and has frames of its own in it. What merely happened
    while another exception was being handled decides for itself.
    """
    while (cause := failure.cause) is not None and _is_translation(failure, cause) and _is_in_app(cause, in_app):
        failure = replace(cause, frames=_whole_stack(failure, cause))
    return failure


def _whole_stack(failure: Failure, cause: Failure) -> tuple[Frame, ...]:
    """The stack of a cause from the way in on: its own begins where it was caught, the rest is its translation's."""
    if not cause.frames:
        return cause.frames
    catching = _function_of(cause.frames[0])
    around = failure.frames
    depth = next((depth for depth in reversed(range(len(around))) if _function_of(around[depth]) == catching), 0)
    return around[:depth] + cause.frames


def _function_of(frame: Frame) -> tuple[str, str]:
    return frame.path, frame.function


def _is_translation(failure: Failure, cause: Failure) -> bool:
    """`raise … from`, or a plain `raise` in the function that caught the cause."""
    if cause.short_type in _STEERING:
        # Python's own: a coroutine or generator must not raise it.
        return failure.headline.endswith(f"raised {cause.short_type}")
    if failure.cause_is_explicit:
        return True
    if not failure.frames or not cause.frames:
        return False
    raising, catching = failure.frames[-1], cause.frames[0]
    return _function_of(raising) == _function_of(catching) and raising.source.startswith("raise ")


def _is_in_app(failure: Failure, in_app: InApp) -> bool:
    return any(map(in_app.includes, failure.frames)) or any(_is_in_app(member, in_app) for member in failure.members)


def _site(failure: Failure, host: str, in_app: InApp) -> Site:
    frames = _without_comprehensions(failure.frames)
    own = [index for index, frame in enumerate(frames) if in_app.includes(frame)]
    if not own:
        return Site(failure, in_library=True, host=host)
    if failure.short_type == "RecursionError":
        return Site(failure, (_recursive([frames[index] for index in own]),), is_told=True)
    in_library = own[-1] != len(frames) - 1 or _is_compiled(failure, frames[-1])
    way = _way(frames, own)
    named = _named(failure.headline, way, in_library=in_library)
    if not in_library and not _serves_others(frames[-1].source):
        return Site(failure, (frames[-1],), named=named, is_told=True, host=host)
    responsible = _responsible(way, in_library=in_library)
    is_told = _is_specific(responsible[-1].source)
    return Site(failure, responsible, in_library=in_library, named=named, is_told=is_told, host=host)


@lru_cache(maxsize=2048)
def _serves_others(source: str) -> bool:
    """Whether a line is that of a helper: it raises what was worded elsewhere, or calls with what it was given."""
    return bool(_RAISING_FOR_OTHERS.match(source) or _PASSING.fullmatch(_COMMON.sub("", source)))


def _is_compiled(failure: Failure, deepest: Frame) -> bool:
    """Whether a library's compiled code raised: it has no frames, but exceptions of its own (`sqlite3`, `lxml`)."""
    if not deepest.source or _RAISING.search(deepest.source):
        return False
    return failure.short_type not in BUILTIN


def _without_comprehensions(frames: Sequence[Frame]) -> list[Frame]:
    if _COMPREHENSIONS.isdisjoint([frame.function for frame in frames]):
        return list(frames)
    merged: list[Frame] = []
    for frame in frames:
        if frame.function in _COMPREHENSIONS and merged:
            merged[-1] = replace(merged[-1], line_number=frame.line_number, source=frame.source)
        else:
            merged.append(frame)
    return merged


def _recursive(frames: Sequence[Frame]) -> Frame:
    """The call that recurses: neither the depth nor the line at which the limit struck matters."""
    calls = Counter(replace(frame, line_number=0) for frame in frames)
    often = max(max(calls.values()) // 2, 1)
    cycle = [call for call, count in calls.items() if count > often]
    return min(cycle, key=lambda call: (call.module, call.function, call.source), default=frames[-1])


def _way(frames: Sequence[Frame], own: Sequence[int]) -> list[Frame]:
    """The application's frame nearest to the failure, then who called it by name, and so on: a few.

    Wrappers that hand on whatever they got (retries, timers, middleware) are left out, and so are calls of libraries
    in between (`asyncio.run(load(path))`).
    """
    calls = (frames[index] for index in reversed(own) if not _forwards(frames[index].source))
    way = [next(calls, frames[own[-1]])]
    for caller in calls:
        if len(way) > _MAX_HELPERS or not _calls(caller.source, way[-1].function):
            break
        way.append(caller)
    return way


def _responsible(way: Sequence[Frame], *, in_library: bool) -> tuple[Frame, ...]:
    """The application's frame nearest to the failure, and who told it to, if it is a shared helper.

    A helper (`get_json(url)`, `fail(message)`) serves many. Going up through callers that name it, the first line
    that passes something constant tells which of its users failed; data that is only handed through tells nothing.
    Where no line does, the key of what it could not work on tells (`to_int(row["age"])`), unless a library failed. Else
    a caller of the same file: that is where helpers are kept.
    """
    deepest, callers = way[0], way[1:]
    if _is_specific(deepest.source):
        return (deepest,)
    telling = next((caller for caller in callers if _is_specific(caller.source)), None)
    keyed = None if in_library else next((caller for caller in callers if _KEY.search(caller.source)), None)
    near = next((caller for caller in callers if _is_neighbour(caller, deepest)), None)
    found = telling or keyed or near
    return (deepest, found) if found else (deepest,)


def _is_neighbour(caller: Frame, callee: Frame) -> bool:
    return caller.path == callee.path and caller.function not in {callee.function, "<module>"}


def _named(headline: str, way: Sequence[Frame], *, in_library: bool) -> tuple[str, ...]:
    names = _names(way[:_MAX_NAMING], in_library=in_library)
    return tuple(sorted(names.intersection(words_of(headline)))) if names else ()


def names_in(failure: Failure) -> set[str]:
    """The names that lines of code on the way to a failure spell out: of those, some words of its message may be."""
    return {name for link in failure.chain() for name in _names(link.frames, in_library=False)}


def words_of(headline: str) -> list[str]:
    """The words of a message that may be names."""
    return _WORD.findall(headline)


def _names(frames: Sequence[Frame], *, in_library: bool) -> set[str]:
    names = {name for frame in frames for name in _literals_of(frame.source)}
    return names if in_library else names.union(*(_values_of(frame.source) for frame in frames))


@lru_cache(maxsize=2048)
def _literals_of(source: str) -> tuple[str, ...]:
    return tuple(each[each.lastgroup or 0] for each in _NAME_LITERAL.finditer(source))


@lru_cache(maxsize=2048)
def _values_of(source: str) -> tuple[str, ...]:
    return tuple(each[each.lastgroup or 0] for each in _NAME_OF_VALUE.finditer(source))


@lru_cache(maxsize=2048)
def _forwards(source: str) -> bool:
    return _FORWARDING.search(source) is not None


@lru_cache(maxsize=2048)
def _calls(source: str, function: str) -> bool:
    return function in _IMPLICIT or re.search(rf"\b{re.escape(function)}\s*\(", source) is not None


@lru_cache(maxsize=2048)
def _is_specific(source: str) -> bool:
    if _RAISING_FOR_OTHERS.match(source):
        return False
    return _TELLING.search(_COMMON.sub("", _INCIDENTAL.sub("", source))) is not None
