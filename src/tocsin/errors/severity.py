"""How much an error matters."""

from typing import Literal, TypeAlias

from tocsin.errors.kinds import Category

Severity: TypeAlias = Literal["info", "warning", "error", "critical"]

_ORDERLY = frozenset({"KeyboardInterrupt", "SystemExit", "GeneratorExit", "CancelledError", "StopIteration"})
#: Category → severity when it escaped, severity when the application handled it.
_BY_CATEGORY: dict[Category, tuple[Severity, Severity]] = {
    "resource_exhaustion": ("critical", "error"),
    "configuration": ("critical", "error"),
    "rate_limit": ("warning", "warning"),
}


def severity_of(short_type: str, category: Category, *, handled: bool) -> Severity:
    """The severity of an error; one the application handled itself weighs a step less."""
    if short_type in _ORDERLY:
        return "info"
    escaped, caught = _BY_CATEGORY.get(category, ("error", "warning"))
    return caught if handled else escaped
