"""The functions every template has. `and` and `or` are not here: they evaluate only what they need."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote_plus

from tocsin.gotemplate.formatting import printed, println, text_of
from tocsin.gotemplate.printf import printf
from tocsin.gotemplate.values import is_list, is_number, truth, type_name, zero

_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;", "\0": "\ufffd"}
_JAVASCRIPT = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
}


def _kind(value: object) -> str:
    """What Go compares by: numbers of different kinds do not compare."""
    if isinstance(value, bool):
        return "bool"
    if is_number(value):
        return "float" if isinstance(value, float) else "int"
    return "string" if isinstance(value, str) else "other"


def _same_kind(first: object, second: object) -> None:
    if first is not None and second is not None and _kind(first) != _kind(second):
        raise ValueError(f"incompatible types for comparison: {type_name(first)} and {type_name(second)}")


def equal(first: object, *others: object) -> bool:
    """Whether the first argument equals any of the others."""
    if not others:
        raise ValueError("missing argument for comparison")
    if is_list(first) or isinstance(first, Mapping):
        raise ValueError(f"non-comparable type {text_of(first)}: {type_name(first)}")
    for other in others:
        _same_kind(first, other)
        if first == other:
            return True
    return False


def not_equal(first: object, second: object) -> bool:
    """Whether the two differ."""
    return not equal(first, second)


def less(first: object, second: object) -> bool:
    """Whether the first is smaller: numbers of one kind, or strings."""
    _same_kind(first, second)
    if isinstance(first, str) and isinstance(second, str):
        return first < second
    if is_number(first) and is_number(second):
        return first < second
    raise ValueError("invalid type for comparison")


def length(value: object) -> int:
    """The number of items; of a string, of bytes."""
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogateescape"))
    if isinstance(value, Mapping) or is_list(value):
        return len(value)
    raise ValueError("len of nil pointer" if value is None else f"len of type {type_name(value)}")


def index(value: object, *keys: object) -> object:
    """`index x 1 "a"` is x[1]["a"]; a missing key gives the zero value."""
    for key in keys:
        value = _item(value, key)
    return value


def _item(value: object, key: object) -> object:
    if isinstance(value, Mapping):
        return value.get(key, zero(value))
    if not isinstance(key, int) or isinstance(key, bool):
        raise ValueError(f"cannot index slice/array with type {type_name(key)}")  # noqa: TRY004  a failure, as in Go
    items = _sequence(value, "index")
    if not 0 <= key < len(items):
        raise ValueError(f"index out of range: {key}")
    return items[key]


def _sequence(value: object, action: str) -> Sequence[object]:
    """The items of a slice, or the bytes of a string."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if is_list(value):
        return value
    raise ValueError(f"can't {action} {'untyped nil' if value is None else f'item of type {type_name(value)}'}")


def cut(value: object, *bounds: int) -> object:
    """`slice x 1 3` is x[1:3]; of a string, by bytes."""
    items = _sequence(value, "slice")
    if len(bounds) > 2:
        raise ValueError(f"too many slice indexes: {len(bounds)}")
    start = bounds[0] if bounds else 0
    end = bounds[1] if len(bounds) > 1 else len(items)
    for bound in (start, end):
        if not 0 <= bound <= len(items):
            raise ValueError(f"index out of range: {bound}")
    if start > end:
        raise ValueError(f"invalid slice index: {start} > {end}")
    part = items[start:end]
    return part.decode("utf-8", "surrogateescape") if isinstance(part, bytes) else part


def escape_html(text: str) -> str:
    """The text, safe inside HTML and inside its quoted attributes; the entities are Go's."""
    return "".join(_HTML.get(character, character) for character in text)


def escape_javascript(text: str) -> str:
    """The text, safe inside a JavaScript string."""
    return "".join(_JAVASCRIPT.get(character) or _javascript(character) for character in text)


def _javascript(character: str) -> str:
    return character if character.isprintable() else f"\\u{ord(character):04X}"


def _html(*values: object) -> str:
    return escape_html(printed(values))


def _js(*values: object) -> str:
    return escape_javascript(printed(values))


def _urlquery(*values: object) -> str:
    return quote_plus(printed(values), safe="~")


def _not(value: object) -> bool:
    return not truth(value)


def _print(*values: object) -> str:
    return printed(values)


def _printf(template: str, *values: object) -> str:
    return printf(template, values)


def _println(*values: object) -> str:
    return println(values)


def _call(function: object, *_: object) -> object:
    """Data holds no functions."""
    raise ValueError(f"non-function {text_of(function)} of type {type_name(function)}")


def _less_or_equal(first: object, second: object) -> bool:
    return less(first, second) or equal(first, second)


def _greater(first: object, second: object) -> bool:
    """Not less or equal: true of NaN, as in Go."""
    return not _less_or_equal(first, second)


def _greater_or_equal(first: object, second: object) -> bool:
    return not less(first, second)


#: Evaluated by the evaluator itself, argument by argument.
LAZY = {"and": False, "or": True}

BUILTINS: Mapping[str, Callable[..., object]] = {
    "call": _call,
    "eq": equal,
    "ne": not_equal,
    "lt": less,
    "le": _less_or_equal,
    "gt": _greater,
    "ge": _greater_or_equal,
    "not": _not,
    "len": length,
    "index": index,
    "slice": cut,
    "print": _print,
    "printf": _printf,
    "println": _println,
    "html": _html,
    "js": _js,
    "urlquery": _urlquery,
}

#: Every name that is always defined.
NAMES = frozenset(BUILTINS) | frozenset(LAZY)
