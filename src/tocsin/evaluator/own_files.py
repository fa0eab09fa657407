"""The application's own rule files, read again when they change."""

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tocsin.evaluator.watched import Stamp, stamp
from tocsin.notices import notices
from tocsin.rules import RuleFile, RuleFileError, load


@dataclass(frozen=True, slots=True)
class Copy:
    """A file as it was read last; `rules` are those of its last version that could be used, if there was any."""

    stamp: Stamp | None = None
    content: bytes = b""
    rules: RuleFile | None = None


class OwnFiles:
    """The files that the patterns name. A broken one keeps the rules it had; that it is broken is said once."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._patterns = patterns
        self._copies: dict[Path, Copy] = {}

    @property
    def files(self) -> tuple[RuleFile, ...]:
        """Those that can be used; of a file that did not change, the same object every time."""
        return tuple(copy.rules for copy in self._copies.values() if copy.rules)

    def watch(self, patterns: tuple[str, ...]) -> None:
        """The files that these patterns name from now on."""
        self._patterns = patterns

    def refresh(self) -> bool:
        """Read what is new or changed, forget what is gone; whether any rules changed. Opens no other files."""
        before = self.files
        self._copies = {path: _current(path, self._copies.get(path, Copy())) for path in self._paths()}
        return [id(file) for file in self.files] != [id(file) for file in before]

    def _paths(self) -> Iterator[Path]:
        for pattern, paths in rule_paths(self._patterns):
            if not paths:
                notices.say(f"rules: no file matches {pattern}", once=pattern)
            yield from paths


def rule_paths(patterns: tuple[str, ...]) -> Iterator[tuple[str, list[Path]]]:
    """Each pattern with the files that it names."""
    for pattern in patterns:
        yield pattern, sorted(map(Path, glob.glob(pattern, recursive=True)))  # noqa: PTH207  absolute patterns too


def _current(path: Path, last: Copy) -> Copy:
    try:
        found = stamp(path)
        content = last.content if found == last.stamp else path.read_bytes()
    except OSError as error:
        _say_broken(path, last, str(error))
        return last
    if found == last.stamp or (content == last.content and last.rules):
        return Copy(found, content, last.rules)
    try:
        return Copy(found, content, load(content.decode("utf-8"), source=str(path)))
    except (UnicodeDecodeError, RuleFileError) as error:
        _say_broken(path, last, str(error))
        return Copy(found, content, last.rules)


def _say_broken(path: Path, last: Copy, error: str) -> None:
    first = error.split("\n", maxsplit=1)[0]
    state = "stay as they were" if last.rules else "are off"
    notices.say(f"rules of {path} {state}: {first} (all problems: `tocsin check {path}`)", once=f"{path}: {error}")
