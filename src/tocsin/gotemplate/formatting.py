"""Go's fmt: how values look when printed, each verb on its own."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tocsin.gotemplate.values import is_list, is_number, type_name
from tocsin.syntax.quoting import quote, quote_rune

_INTEGER_BASES = {"b": "b", "o": "o", "O": "o", "x": "x", "X": "X", "d": "d", "v": "d"}
_BASE_PREFIX = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}


def text_of(value: object) -> str:
    """The value as `%v` and `print` show it."""
    return Verb("v").format(value)


def shortest(value: float) -> str:
    """The fewest digits that give the number back, with an exponent below 1e-4 and from 1e6 on: `%g`."""
    if not math.isfinite(value):
        return _special(value)
    decimal = Decimal(repr(value)).normalize()
    if -4 <= decimal.adjusted() < 6:
        return f"{decimal:f}"
    sign, digits, _ = decimal.as_tuple()
    first, *rest = map(str, digits)
    point = "." if rest else ""
    return f"{'-' * sign}{first}{point}{''.join(rest)}e{decimal.adjusted():+03d}"


def fixed(value: float) -> str:
    """The fewest digits that give the number back, never with an exponent."""
    return f"{Decimal(repr(value)).normalize():f}"


def println(arguments: Sequence[object]) -> str:
    """Go's Sprintln: spaces between all, a newline after."""
    return " ".join(map(text_of, arguments)) + "\n"


def printed(arguments: Sequence[object]) -> str:
    """Go's Sprint: a space between two operands of which neither is a string."""
    parts: list[str] = []
    for position, argument in enumerate(arguments):
        if position and not isinstance(argument, str) and not isinstance(arguments[position - 1], str):
            parts.append(" ")
        parts.append(text_of(argument))
    return "".join(parts)


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of printf with its flags: `%-8.3f` is `Verb("f", "-", 8, 3)`."""

    verb: str
    flags: str = ""
    width: int | None = None
    precision: int | None = None

    def format(self, value: object) -> str:
        if self.verb == "T":
            return self._pad(type_name(value))
        if value is None:
            return self._pad("<nil>") if self.verb == "v" else f"%!{self.verb}(<nil>)"
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, bool):
            return self._pad("true" if value else "false") if self.verb in "tv" else self._bad(value)
        if is_number(value):
            return self._float(value) if isinstance(value, float) else self._integer(value)
        return self._composite(value)

    def _bad(self, value: object) -> str:
        plain = "t" if isinstance(value, bool) else "d" if isinstance(value, int) else "g" if is_number(value) else "s"
        return f"%!{self.verb}({type_name(value)}={replace(self, verb=plain).format(value)})"

    def _pad(self, text: str, fill: str | None = None) -> str:
        """With the flag for it, text too is filled up with zeros."""
        width = self.width or 0
        if "-" in self.flags:
            return text.ljust(width)
        return text.rjust(width, fill or ("0" if "0" in self.flags else " "))

    def _pad_number(self, sign: str, digits: str) -> str:
        """Zeros go between the sign and the digits."""
        if "0" in self.flags and "-" not in self.flags and self.width:
            return sign + digits.rjust(self.width - len(sign), "0")
        return self._pad(sign + digits, " ")

    def _sign(self, *, negative: bool) -> str:
        return "-" if negative else "+" if "+" in self.flags and self.verb != "v" else " " if " " in self.flags else ""

    def _string(self, value: str) -> str:
        if self.verb in "sv":
            shown = quote(value) if self.verb == "v" and "#" in self.flags else value[: self.precision]
            return self._pad(shown)
        if self.verb == "q":
            return self._pad(quote(value[: self.precision]))
        if self.verb in "xX":
            data = value.encode("utf-8", "surrogateescape")[: self.precision]
            digits = data.hex(" ") if " " in self.flags else data.hex()
            return self._pad(digits.upper() if self.verb == "X" else digits)
        return self._bad(value)

    def _integer(self, value: int) -> str:
        if self.verb in _INTEGER_BASES:
            return self._digits(value)
        if self.verb == "c":
            return self._pad(chr(value))
        if self.verb == "q":
            return self._pad(quote_rune(value))
        if self.verb == "U":
            return self._pad(f"U+{value:04X}")
        return self._bad(value)

    def _digits(self, value: int) -> str:
        digits = format(abs(value), _INTEGER_BASES[self.verb]).rjust(self.precision or 0, "0")
        prefix = "0o" if self.verb == "O" else _BASE_PREFIX.get(self.verb, "") if "#" in self.flags else ""
        sign = self._sign(negative=value < 0) + prefix
        if self.precision is not None:
            return self._pad("" if self.precision == value == 0 else sign + digits, " ")
        return self._pad_number(sign, digits)

    def _float(self, value: float) -> str:
        if self.verb not in "vgGeEfF":
            return self._bad(value)
        if not math.isfinite(value):
            text = _special(value)
            return self._pad(f"+{text}" if text == "NaN" and "+" in self.flags else text, " ")
        digits = self._decimal(abs(value))
        return self._pad_number(self._sign(negative=math.copysign(1, value) < 0), digits)

    def _decimal(self, magnitude: float) -> str:
        verb = "g" if self.verb == "v" else self.verb
        if verb in "gG" and self.precision is None:
            text = shortest(magnitude)
            return text.upper() if verb == "G" else text
        return format(magnitude, f".{6 if self.precision is None else self.precision}{verb}")

    def _composite(self, value: object) -> str:
        exported: Mapping[str, str] = getattr(type(value), "exported", {})
        if "String" in exported and self.verb in "sv":
            return self._pad(getattr(value, exported["String"])())
        if isinstance(value, Mapping):
            pairs = (f"{self.format(key)}:{self.format(item)}" for key, item in sorted(value.items()))
            return f"map[{' '.join(pairs)}]"
        if is_list(value):
            return f"[{' '.join(map(self.format, value))}]"
        fields = (getattr(value, name) for name in exported.values())
        return f"{{{' '.join(self.format(field) for field in fields if not callable(field))}}}"
