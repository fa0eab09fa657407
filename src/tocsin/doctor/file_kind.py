"""What kind of configuration a file holds, told by its content."""

from collections.abc import Iterator
from enum import Enum
from typing import Final

import yaml

from tocsin.config import table


class FileKind(str, Enum):
    """The value is what the kind is called."""

    RULES = "Prometheus rules"
    ALERTMANAGER = "Alertmanager configuration"
    SETTINGS = "Tocsin settings"
    RULE_TESTS = "rule unit tests"


#: The keys at the top of each kind of file; the kind that stands first wins where two fit equally well.
_KEYS: Final = {
    FileKind.RULES: frozenset({"groups"}),
    FileKind.ALERTMANAGER: frozenset(
        {
            "global",
            "route",
            "receivers",
            "inhibit_rules",
            "templates",
            "time_intervals",
            "mute_time_intervals",
            "tracing",
        }
    ),
    FileKind.SETTINGS: frozenset(setting.name for setting in table()),
    FileKind.RULE_TESTS: frozenset({"rule_files", "tests", "evaluation_interval", "group_eval_order", "fuzzy_compare"}),
}


def file_kind(text: str) -> FileKind | None:
    """The kind to which most of the file's top-level keys belong; None where none of them is known.

    A file that breaks off before its end, because it is no YAML, is told by the keys before that.
    """
    keys = _top_level_keys(text)
    fitting = {kind: len(keys & known) for kind, known in _KEYS.items()}
    kind = max(fitting, key=lambda each: fitting[each])
    return kind if fitting[kind] else None


def _top_level_keys(text: str) -> set[str]:
    """The keys of the first document, as far as it can be read."""
    keys: set[str] = set()
    try:
        for place, event in _top_level_nodes(text):
            if place % 2 == 0 and isinstance(event, yaml.ScalarEvent):
                keys.add(event.value)
    except yaml.YAMLError:
        return keys
    return keys


def _top_level_nodes(text: str) -> Iterator[tuple[int, yaml.Event]]:
    """What the mapping at the top consists of: keys at even places, values at odd ones."""
    depth = place = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.DocumentEndEvent) or (depth == 0 and isinstance(event, yaml.SequenceStartEvent)):
            return
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth == 1 and isinstance(event, yaml.NodeEvent):
            yield place, event
            place += 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
