"""`tocsin issues`: what fails, how often, since when."""

import time
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import get_args

import click

from tocsin.cli.moment import ago, utc
from tocsin.cli.options import GroupWithDefault, json_option, opened, store_option
from tocsin.cli.output import printable, show_fields, show_json, show_table
from tocsin.errors import Category, IssueStatus
from tocsin.store import Issue, Occurrence, Store

# What may be long comes last, so that it pushes nothing aside.
_COLUMNS = (
    "id",
    "service",
    "category",
    "severity",
    "status",
    "count",
    "first seen",
    "last seen",
    "handled",
    "culprit",
    "title",
)
_ALL = 2**31
_TIMES = {"first_seen", "last_seen", "resolved_at", "regressed_at"}
_LAYOUT = "\n\t"


@click.group(cls=GroupWithDefault, default="list")
def issues() -> None:
    """Errors grouped by their cause; without a command, a list of them.

    An ID is the number of an issue or the beginning of its fingerprint. Options without a command are those of `list`.
    """


@issues.command("list")
@click.option("--service", help="Only issues of this service.")
@click.option("--status", type=click.Choice(get_args(IssueStatus)), help="Only issues with this status.")
@click.option("--category", type=click.Choice(get_args(Category)), help="Only issues of this category.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@store_option
@json_option
def list_issues(*, store: Path | None, as_json: bool, limit: int, **wanted: str | None) -> None:
    """List issues, the most recently seen first.

    With --json: {"issues": [...]}, each with id, service, fingerprint, title, culprit, error_type, category, severity,
    handled, status, count, first_seen, last_seen, first_release, last_release, resolved_at and regressed_at.
    """
    with opened(store) as source:
        found = source.issues.recent(limit=_ALL)
    chosen = list(islice((issue for issue in found if _matches(issue, wanted)), limit))
    if as_json:
        show_json({"issues": chosen})
    else:
        now = time.time()
        show_table(_COLUMNS, (_row(issue, now) for issue in chosen), empty="no issues")


@issues.command()
@click.argument("issue_id", metavar="ID")
@store_option
@json_option
def show(*, issue_id: str, store: Path | None, as_json: bool) -> None:
    """Show one issue with its latest occurrence.

    With --json: the keys of `list` and `latest`, which has at, message, stacktrace, handled, release, trace_id,
    span_id and attributes, or is null.
    """
    with opened(store) as source:
        issue = _find(source, issue_id)
        latest = next(iter(source.issues.occurrences(issue.id, limit=1)), None)
    if as_json:
        show_json(asdict(issue) | {"latest": latest})
    else:
        _show_issue(issue)
        if latest is not None:
            _show_occurrence(latest)


@issues.command()
@click.argument("issue_id", metavar="ID")
@store_option
@json_option
def resolve(*, issue_id: str, store: Path | None, as_json: bool) -> None:
    """Mark an issue as resolved: if it comes back, it has regressed.

    With --json: the issue as in `list`.
    """
    with opened(store) as source:
        issue = _find(source, issue_id)
        source.issues.set_status(issue.id, "resolved", at=time.time())
        resolved = source.issues.get(issue.id)
    if as_json:
        show_json(resolved)
    else:
        click.echo(f"issue {issue.id} is resolved: {printable(issue.title)}")


def _matches(issue: Issue, wanted: dict[str, str | None]) -> bool:
    return all(value is None or getattr(issue, name) == value for name, value in wanted.items())


def _find(store: Store, issue_id: str) -> Issue:
    if issue_id.isdecimal() and (numbered := store.issues.get(int(issue_id))):
        return numbered
    found = store.issues.find(issue_id)
    if len(found) > 1:
        numbers = ", ".join(str(issue.id) for issue in found)
        raise click.ClickException(f"{issue_id} is the beginning of several fingerprints: issues {numbers}")
    if not found:
        raise click.ClickException(f"there is no issue {issue_id} in {store.path}: `tocsin issues` lists them")
    return found[0]


def _row(issue: Issue, now: float) -> tuple[str, ...]:
    return (
        str(issue.id),
        issue.service,
        issue.category,
        issue.severity,
        issue.status,
        str(issue.count),
        ago(issue.first_seen, now=now),
        ago(issue.last_seen, now=now),
        _yes_or_no(issue),
        issue.culprit,
        issue.title,
    )


def _yes_or_no(issue: Issue) -> str:
    return "yes" if issue.handled else "no"


def _show_issue(issue: Issue) -> None:
    now = time.time()
    shown = {name: value for name, value in asdict(issue).items() if value not in (None, "")}
    times = {name: _moment(value, now) for name, value in shown.items() if name in _TIMES}
    show_fields({name: str(value) for name, value in shown.items()} | {"handled": _yes_or_no(issue)} | times)


def _show_occurrence(occurrence: Occurrence) -> None:
    click.echo(f"\nlatest occurrence, {utc(occurrence.at)}")
    fields = {"message": occurrence.message, "trace_id": occurrence.trace_id, "span_id": occurrence.span_id}
    show_fields({name: value for name, value in fields.items() if value} | dict(occurrence.attributes))
    click.echo(f"\n{printable(occurrence.stacktrace.rstrip(), keep=_LAYOUT)}")


def _moment(at: float, now: float) -> str:
    return f"{utc(at)} ({ago(at, now=now)})"
