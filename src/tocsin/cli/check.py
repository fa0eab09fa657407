"""`tocsin check`: can these files be used?"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.options import json_option
from tocsin.cli.output import printable, show_json

if TYPE_CHECKING:
    from tocsin.doctor.files import FileVerdict, Finding

FAILED = 1


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def check(*, files: tuple[Path, ...], as_json: bool) -> None:
    """Check rule files, Alertmanager configurations, tocsin.yml and rule unit tests, told apart by their content.

    Every problem is said with its file and line. Leaves with 1 where there is any; warnings alone are fine.

    With --json: {"files": [...]}, each with path, kind, found, problems and warnings; these have line, which may be
    null, and message.
    """
    from tocsin.doctor.files import check_file  # noqa: PLC0415  other commands start faster without

    verdicts = [check_file(file) for file in files]
    if as_json:
        show_json({"files": [_document(verdict) for verdict in verdicts]})
    else:
        click.echo("\n".join(line for verdict in verdicts for line in _lines(verdict)))
    if any(verdict.problems for verdict in verdicts):
        sys.exit(FAILED)


def _document(verdict: "FileVerdict") -> dict[str, object]:
    def listed(findings: "tuple[Finding, ...]") -> list[dict[str, object]]:
        return [finding._asdict() for finding in findings]

    return {
        "path": verdict.path,
        "kind": verdict.kind,
        "found": verdict.found,
        "problems": listed(verdict.problems),
        "warnings": listed(verdict.warnings),
    }


def _lines(verdict: "FileVerdict") -> Iterator[str]:
    kind = verdict.kind.value if verdict.kind else "unknown"
    if verdict.problems:
        problems = "1 problem" if len(verdict.problems) == 1 else f"{len(verdict.problems)} problems"
        yield f"FAILED   {verdict.path}: {kind}, {problems}"
    else:
        yield f"SUCCESS  {verdict.path}: {kind}, {verdict.found}"
    yield from (f"  {_place(verdict, problem)}: {printable(problem.message)}" for problem in verdict.problems)
    yield from (f"  {_place(verdict, warning)}: warning: {printable(warning.message)}" for warning in verdict.warnings)


def _place(verdict: "FileVerdict", finding: "Finding") -> str:
    return str(verdict.path) if finding.line is None else f"{verdict.path}:{finding.line}"
