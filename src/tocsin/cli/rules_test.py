"""`tocsin rules test`: do rules do what their tests say?"""

import glob
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.options import json_option
from tocsin.cli.output import printable, show_json

if TYPE_CHECKING:
    from tocsin.rules import Group
    from tocsin.rules.unit_test import Failure
    from tocsin.rules.unit_test_file import UnitTestFile

FAILED = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test file. With `problems`, its tests were not run."""

    path: Path
    tests: int = 0
    problems: tuple[str, ...] = ()
    failures: "tuple[Failure, ...]" = ()


@click.command("test")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def test_rules(*, files: tuple[Path, ...], as_json: bool) -> None:
    """Run unit tests of rules, in the format of `promtool test rules` and with its verdicts.

    Leaves with 1 where a test fails.

    With --json: {"files": [...]}, each with path, tests (their number), problems (texts) and failures; a failure has
    test, line, message, expected and got.
    """
    outcomes = [_outcome(file) for file in files]
    if as_json:
        show_json({"files": outcomes})
    else:
        click.echo("\n".join(line for outcome in outcomes for line in _lines(outcome)))
    if any(outcome.problems or outcome.failures for outcome in outcomes):
        sys.exit(FAILED)


def _outcome(path: Path) -> Outcome:
    from tocsin.rules import load_unit_tests, run_unit_tests  # noqa: PLC0415  needs the engine

    try:
        file = load_unit_tests(path.read_text(encoding="utf-8"), source=str(path))
        failures = tuple(run_unit_tests(file, _groups(file, path.parent))) if file.tests else ()
    except OSError as error:
        return Outcome(path, problems=(f"{error.filename}: cannot be read: {error.strerror}",))
    except ValueError as error:
        return Outcome(path, problems=tuple(str(error).splitlines()))
    return Outcome(path, tests=len(file.tests), failures=failures)


def _groups(file: "UnitTestFile", folder: Path) -> "list[Group]":
    """Of all rule files that the patterns match, each once."""
    from tocsin.rules import load  # noqa: PLC0415  needs the engine

    paths = dict.fromkeys(path for pattern in file.rule_files for path in sorted(_matching(folder, pattern)))
    return [group for path in paths for group in load(Path(path).read_text(encoding="utf-8"), source=path).groups]


def _matching(folder: Path, pattern: str) -> list[str]:
    paths = glob.glob(str(folder / pattern))  # noqa: PTH207  absolute patterns too
    if not paths:
        click.echo(f"warning: no file matches {folder / pattern}", err=True)
    return paths


def _lines(outcome: Outcome) -> Iterator[str]:
    if not outcome.problems and not outcome.failures:
        yield f"SUCCESS  {outcome.path}: {outcome.tests} test{'' if outcome.tests == 1 else 's'}"
        return
    yield f"FAILED   {outcome.path}"
    yield from (f"  {printable(problem)}" for problem in outcome.problems)
    for failure in outcome.failures:
        yield f"  {outcome.path}:{failure.line}: {printable(failure.test)}: {printable(failure.message)}"
        yield from (f"      expected: {printable(text)}" for text in failure.expected)
        yield from (f"      got:      {printable(text)}" for text in failure.got)
