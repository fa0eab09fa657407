"""`tocsin issues`: what fails, how often, since when, and what people decided about it."""

import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import TypeAlias, get_args

import click

from tocsin.cli.chart import hourly
from tocsin.cli.issues_decide import ack, assign, merge, mute, reopen, resolve, unmerge
from tocsin.cli.issues_show import show
from tocsin.cli.moment import ago
from tocsin.cli.options import GroupWithDefault, json_option, opened, store_option
from tocsin.cli.output import show_json, show_table
from tocsin.errors import Category, IssueStatus, Severity
from tocsin.errors.trend import HOUR, USUAL, rise
from tocsin.store import Issue

#: Issue → the beginning of an hour → occurrences.
Trends: TypeAlias = Mapping[int, Mapping[int, int]]

# What may be long comes last, so that it pushes nothing aside.
_COLUMNS = (
    "id",
    "service",
    "category",
    "severity",
    "status",
    "count",
    "users",
    "first seen",
    "last seen",
    "24 hours",
    "handled",
    "culprit",
    "title",
)
_ALL = 2**31
_DAY = 86_400.0
#: An issue is trending from so many times as usual on.
_TRENDING = 3.0
_ORDERS: dict[str, Callable[[Issue], float]] = {
    "last-seen": lambda issue: issue.last_seen,
    "first-seen": lambda issue: issue.first_seen,
    "count": lambda issue: issue.count,
    "users": lambda issue: issue.users,
}


@click.group(cls=GroupWithDefault, default="list")
def issues() -> None:
    """Errors grouped by their cause; without a command, a list of them.

    An ID is the number of an issue or the beginning of its fingerprint. Options without a command are those of `list`.
    """


for command in (show, resolve, ack, mute, reopen, assign, merge, unmerge):
    issues.add_command(command)


@issues.command("list")
@click.option("--service", help="Only issues of this service.")
@click.option("--status", type=click.Choice(get_args(IssueStatus)), help="Only issues with this status.")
@click.option("--category", type=click.Choice(get_args(Category)), help="Only issues of this category.")
@click.option("--severity", type=click.Choice(get_args(Severity)), help="Only issues of this severity.")
@click.option("--assignee", help="Only issues that are this person's.")
@click.option("--release", help="Only issues first or last seen in this release.")
@click.option("--search", metavar="TEXT", help="Only issues with this text in title, culprit or type.")
@click.option("--new", "only_new", is_flag=True, help="Only issues first seen within the last 24 hours.")
@click.option("--trending", is_flag=True, help=f"Only issues that occur {_TRENDING:g} times as often as usual.")
@click.option("--sort", type=click.Choice([*_ORDERS, "trend"]), default="last-seen", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@store_option
@json_option
def list_issues(
    *,
    store: Path | None,
    as_json: bool,
    limit: int,
    sort: str,
    release: str | None,
    search: str | None,
    only_new: bool,
    trending: bool,
    **wanted: str | None,
) -> None:
    """List issues, the most recently seen first.

    With --json: {"issues": [...]}, each with id, service, fingerprint, title, culprit, error_type, category, severity,
    handled, status, count, first_seen, last_seen, first_release, last_release, resolved_at, regressed_at,
    status_since, status_count, until_at, until_count, within, until_release, assignee, merged_into and users.
    """
    now = time.time()
    with opened(store) as source:
        found: Iterable[Issue] = source.issues.recent(limit=_ALL)
        trends = {issue: dict(hours) for issue, hours in source.issues.hourly(since=now - (USUAL + 1) * HOUR).items()}
    rises = {issue: rise(hours, now=now) for issue, hours in trends.items()}
    found = (issue for issue in found if _matches(issue, wanted))
    found = (issue for issue in found if release in {None, issue.first_release, issue.last_release})
    found = (issue for issue in found if search is None or _mentions(issue, search))
    found = (issue for issue in found if not only_new or now - issue.first_seen <= _DAY)
    found = (issue for issue in found if not trending or rises.get(issue.id, 0.0) >= _TRENDING)
    order = _ORDERS.get(sort, lambda issue: rises.get(issue.id, 0.0))
    chosen = list(islice(sorted(found, key=order, reverse=True), limit))
    if as_json:
        show_json({"issues": chosen})
    else:
        show_table(_COLUMNS, (_row(issue, trends, now) for issue in chosen), empty="no issues")


def _matches(issue: Issue, wanted: Mapping[str, str | None]) -> bool:
    return all(value is None or getattr(issue, name) == value for name, value in wanted.items())


def _mentions(issue: Issue, text: str) -> bool:
    return any(text.casefold() in each.casefold() for each in (issue.title, issue.culprit, issue.error_type))


def _row(issue: Issue, trends: Trends, now: float) -> tuple[str, ...]:
    return (
        str(issue.id),
        issue.service,
        issue.category,
        issue.severity,
        issue.status,
        str(issue.count),
        str(issue.users or ""),
        ago(issue.first_seen, now=now),
        ago(issue.last_seen, now=now),
        hourly(trends.get(issue.id, {}), now=now, hours_back=USUAL),
        "yes" if issue.handled else "no",
        issue.culprit,
        issue.title,
    )
