"""Categories that others know: packages register them under the entry point group `tocsin_categories`."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint
from typing import get_args

from opentelemetry.util._importlib_metadata import entry_points  # read once for all who ask

from tocsin.errors.categories import Category, extensions

GROUP = "tocsin_categories"


def register_categories(categories: Mapping[str, str]) -> list[str]:
    """Let exceptions of these types, by full or short name, be of these categories; returns what could not be used."""
    allowed = get_args(Category)
    problems = [
        f"{name}: {category!r} is no category; there are {', '.join(allowed)}"
        for name, category in categories.items()
        if category not in allowed
    ]
    extensions.update({name: category for name, category in categories.items() if category in allowed})  # type: ignore[misc]
    return problems


def load_categories(categories: Mapping[str, str] | None = None) -> list[str]:
    """Register what installed packages know, then the given ones, which win; returns what could not be used.

    An entry point names a mapping of type names to categories.
    """
    problems = [problem for point in entry_points(group=GROUP) for problem in _load(point)]
    return problems + register_categories(categories or {})


def _load(point: EntryPoint) -> list[str]:
    try:
        known = point.load()
    except (ImportError, AttributeError) as error:
        return [f"entry point {point.name} ({GROUP}): {error}"]
    if not isinstance(known, Mapping):
        return [f"entry point {point.name} ({GROUP}): must be a mapping of type names to categories"]
    return [f"entry point {point.name} ({GROUP}): {problem}" for problem in register_categories(known)]
