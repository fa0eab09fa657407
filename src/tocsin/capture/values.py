"""Values of the application as plain data that JSON can say: bounded, and without running any code of theirs.

No `__repr__`, `__str__`, property or `__getattr__` is called: a lazy query would run, a hostile object could do
anything, and nothing could stop it in time.
"""

import datetime as dt
import decimal
import math
import pathlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any, TypeAlias, cast

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"

#: Characters of a text and of a name, items of a collection, collections within each other.
MAX_TEXT, MAX_NAME, MAX_ITEMS, MAX_DEPTH = 1_000, 100, 20, 3
#: Values and characters of all that one occurrence may take.
BUDGET = 20_000
#: The name under which an object's class stands beside its attributes.
CLASS = "__class__"
MORE = "…"


def _kinds(*kinds: type) -> frozenset[int]:
    """By identity: a class may have a metaclass with a comparison of its own."""
    return frozenset(map(id, kinds))


_SCALARS = _kinds(bool, type(None))
_COLLECTIONS = _kinds(list, tuple, set, frozenset, dict)
#: The standard library's own, whose text is theirs to give; a subclass may be anybody's.
_TOLD = _kinds(
    dt.date, dt.timedelta, dt.timezone, decimal.Decimal, uuid.UUID, complex, pathlib.PosixPath, pathlib.PurePosixPath,
    range,
)  # fmt: skip
# Past whatever a class or its metaclass makes of these names.
_name: Callable[[type], str] = type.__dict__["__qualname__"].__get__
_names: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__
_mro: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__


class Plainly:
    """Turns values into plain data until the budget is spent; what is left out is `…`."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._left = budget

    def of(self, value: object, depth: int = 0) -> Plain:
        """The value as plain data. Never raises."""
        self._left -= 1
        if self._left < 0:
            return MORE
        kind = id(type(value))
        if kind in _SCALARS:
            return cast("Plain", value)
        if kind in _COLLECTIONS:
            return self._collection(value, depth)
        if type(value) is int or type(value) is float:
            return _number(value)
        text = _told(value)
        return self._object(value, depth) if text is None else self._text(text)

    def _text(self, text: str) -> str:
        self._left -= min(len(text), MAX_TEXT)
        return text[:MAX_TEXT]

    def _collection(self, value: Any, depth: int) -> Plain:
        if depth >= MAX_DEPTH:
            return f"<{class_of(value)} of {len(value)}>"
        is_mapping = type(value) is dict
        try:
            some = list(islice(value.items() if is_mapping else value, MAX_ITEMS))
        except RuntimeError:  # another thread changes it
            return f"<{class_of(value)}>"
        left_out = len(value) - len(some)
        if is_mapping:
            found = {text_of(key)[:MAX_NAME]: self.of(each, depth + 1) for key, each in some}
            return {**found, MORE: f"{left_out} more"} if left_out > 0 else found
        items = [self.of(each, depth + 1) for each in some]
        return [*items, f"{MORE} {left_out} more"] if left_out > 0 else items

    def _object(self, value: object, depth: int) -> Plain:
        """Its class, and what the instance holds."""
        held = list(islice(_held(value), MAX_ITEMS)) if depth < MAX_DEPTH else []
        if not held:
            return f"<{class_of(value)}>"
        return {CLASS: class_of(value), **{name[:MAX_NAME]: self.of(each, depth + 1) for name, each in held}}


def text_of(value: object) -> str:
    """A value as one text: what it says, as far as that takes no foreign code, else its class."""
    if type(value) is int or type(value) is float:
        return str(_number(value))
    if id(type(value)) in _SCALARS:
        return str(value)
    text = _told(value)
    return f"<{class_of(value)}>" if text is None else text


def class_of(value: object) -> str:
    """Module and name of its class, without the module of what is built in."""
    kind = type(value)
    module = _names(kind).get("__module__")
    name = _name(kind)[:MAX_NAME]
    return name if type(module) is not str or module == "builtins" else f"{module[:MAX_NAME]}.{name}"


def _told(value: object) -> str | None:
    """The text of what has one that takes no foreign code."""
    kind = type(value)
    if issubclass(kind, str):
        return str.__str__(cast("str", value))
    if issubclass(kind, int):  # an enumeration's
        return f"<{class_of(value)} {_number(int.__index__(cast('int', value)))}>"
    if kind is bytes or kind is bytearray:
        return repr(cast("bytes", value)[:MAX_TEXT])
    if kind is dt.datetime or kind is dt.time:  # a time zone may be anybody's
        return str(cast("dt.datetime", value).replace(tzinfo=None))
    if issubclass(kind, type):
        return f"<class {_name(cast('type', value))}>"
    return str(value) if id(kind) in _TOLD else None


def _number(value: float) -> int | float | str:
    """What JSON, and whoever reads it, can hold."""
    if isinstance(value, int):
        return value if value.bit_length() <= 1_000 else f"<int of {value.bit_length()} bits>"
    return value if math.isfinite(value) else str(value)


def _held(value: object) -> Iterator[tuple[str, object]]:
    """What an instance holds in its dict and in its slots; nothing of what is not made by a `class` statement."""
    for kind in _mro(type(value)):
        names = _names(kind)
        own = names.get("__dict__")
        if type(own) is GetSetDescriptorType and "__module__" in names:
            yield from _copied(own.__get__(value))
        if "__slots__" in names:
            yield from _slots(names, value)


def _copied(own: dict[str, object]) -> list[tuple[str, object]]:
    try:
        return [(name, each) for name, each in islice(own.items(), MAX_ITEMS) if type(name) is str]
    except RuntimeError:  # another thread changes it
        return []


def _slots(names: Mapping[str, Any], value: object) -> Iterator[tuple[str, object]]:
    for name, member in list(names.items()):
        if type(member) is MemberDescriptorType:
            try:
                yield name, member.__get__(value)
            except AttributeError:  # nothing is in it
                continue
