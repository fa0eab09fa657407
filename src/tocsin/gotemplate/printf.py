"""Go's Sprintf, with its inline complaints such as `%!d(string=x)`."""

import re
from collections.abc import Sequence

from tocsin.gotemplate.formatting import Verb, text_of
from tocsin.gotemplate.values import type_name

#: Wider fields and longer fractions than this are refused, as Go refuses them beyond a million.
MAX_WIDTH = 10_000

_NUMBER = r"\d+|(?:\[\d+\])?\*"
_DIRECTIVE = re.compile(
    rf"%(?P<flags>[-+# 0]*)(?P<width>{_NUMBER})?(?P<point>\.(?P<precision>{_NUMBER})?)?"
    r"(?P<index>\[\d+\])?(?P<verb>.|\Z)",
    re.DOTALL,
)


def printf(template: str, arguments: Sequence[object]) -> str:
    """The template with its directives replaced by the arguments."""
    return _Printf(arguments).text(template)


class _Printf:
    """One call: where in the arguments it is, and whether their order was changed."""

    def __init__(self, arguments: Sequence[object]) -> None:
        self._arguments = arguments
        self._next = 0
        self._reordered = False

    def text(self, template: str) -> str:
        return _DIRECTIVE.sub(self._replace, template) + self._extra()

    def _extra(self) -> str:
        """What Go says of arguments without a directive."""
        rest = self._arguments[self._next :]
        if self._reordered or not rest:
            return ""
        shown = (f"{type_name(value)}={text_of(value)}" if value is not None else "<nil>" for value in rest)
        return f"%!(EXTRA {', '.join(shown)})"

    def _replace(self, found: "re.Match[str]") -> str:
        verb, flags = found["verb"], found["flags"]
        if not verb:
            return "%!(NOVERB)"
        width, precision = self._number(found["width"]), self._number(found["precision"])
        if verb == "%":
            return "%"
        if width is not None and width < 0:
            flags, width = flags + "-", -width
        if found["point"] and precision is None:
            precision = 0
        if max(width or 0, precision or 0) > MAX_WIDTH:
            return "%!(BADWIDTH)" + self._format(found["index"], Verb(verb, flags))
        return self._format(found["index"], Verb(verb, flags, width, precision))

    def _format(self, index: str | None, verb: Verb) -> str:
        if index:
            self._select(index)
        if not self._has_next():
            return f"%!{verb.verb}({'BADINDEX' if index else 'MISSING'})"
        return verb.format(self._take())

    def _number(self, text: str | None) -> int | None:
        """A width or precision: in digits, or from the arguments where there is a star."""
        if text is None or text.isdecimal():
            return int(text) if text else None
        if text != "*":
            self._select(text[:-1])
        value = self._take() if self._has_next() else None
        return value if isinstance(value, int) else None

    def _select(self, index: str) -> None:
        """Go to the argument of a bracketed number, counted from 1."""
        self._next, self._reordered = int(index[1:-1]) - 1, True

    def _has_next(self) -> bool:
        return 0 <= self._next < len(self._arguments)

    def _take(self) -> object:
        self._next += 1
        return self._arguments[self._next - 1]
