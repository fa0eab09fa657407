"""The rule files that the settings name."""

import glob
from collections.abc import Iterator
from pathlib import Path

from tocsin.config import Config
from tocsin.notices import notices
from tocsin.rules import Group, RuleFile, RuleFileError, load, load_pack


def rule_groups(config: Config) -> list[Group]:
    """The groups of the shipped packs and of the application's own files.

    A file that Prometheus would reject is said, with its first problem, and left out; the others count all the same.
    """
    return [group for file in (*map(load_pack, config.packs), *_own_files(config)) for group in file.groups]


def rule_paths(patterns: tuple[str, ...]) -> Iterator[tuple[str, list[Path]]]:
    """Each pattern with the files that it names."""
    for pattern in patterns:
        yield pattern, sorted(map(Path, glob.glob(pattern, recursive=True)))  # noqa: PTH207  absolute patterns too


def _own_files(config: Config) -> Iterator[RuleFile]:
    for pattern, paths in rule_paths(config.rules):
        if not paths:
            notices.say(f"rules: no file matches {pattern}", once=pattern)
        yield from filter(None, map(_usable, paths))


def _usable(path: Path) -> RuleFile | None:
    try:
        return load(path.read_text(encoding="utf-8"), source=str(path))
    except (OSError, UnicodeDecodeError, RuleFileError) as error:
        first = str(error).split("\n", maxsplit=1)[0]
        notices.say(f"rules of {path} are off: {first} (all problems: `tocsin doctor`)", once=str(path))
        return None
