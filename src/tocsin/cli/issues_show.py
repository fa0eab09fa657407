"""`tocsin issues show`: all that is known of one issue."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from msgspec.structs import asdict

from tocsin.cli.chart import hourly
from tocsin.cli.details import show_details
from tocsin.cli.issue import find
from tocsin.cli.issues_decide import in_words
from tocsin.cli.issues_explain import diff, explain
from tocsin.cli.moment import ago, utc
from tocsin.cli.options import json_option, load_settings, opened, store_option
from tocsin.cli.output import printable, show_fields, show_json, show_table
from tocsin.errors.trend import HOUR
from tocsin.store import Issue, IssueEvent, Occurrence, Store
from tocsin.store.counts import USERS

_TIMES = ("first_seen", "last_seen", "resolved_at", "regressed_at")
_LAYOUT = "\n\t"
_HOURS = 72
#: Values of a tag that are written.
_VALUES = 5
#: Of an issue, what is said in other words or not at all.
_SILENT = {"status_since", "status_count", "until_at", "until_count", "within", "until_release", "handled", "users"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One issue with all that hangs on it."""

    issue: Issue
    services: list[tuple[str, int]]
    hours: dict[int, int]
    tags: dict[str, dict[str, int]]
    history: list[IssueEvent]
    occurrences: list[Occurrence]

    @classmethod
    def of(cls, store: Store, issue: Issue, now: float) -> "Sheet":
        """Read it."""
        return cls(
            issue=issue,
            services=store.issues.services(issue.fingerprint),
            hours=dict(store.issues.trend(issue.id, grain=HOUR, since=now - _HOURS * HOUR)),
            tags=store.issues.tags(issue.id),
            history=store.issues.history(issue.id),
            occurrences=store.issues.occurrences(issue.id),
        )


@click.command()
@click.argument("issue_id", metavar="ID", required=False)
@click.option("--explain", "explained", is_flag=True, help="What its fingerprint is made of, and why.")
@click.option("--diff", "pair", nargs=2, metavar="ID ID", help="Instead: why these two issues are apart.")
@store_option
@json_option
def show(
    *, issue_id: str | None, explained: bool, pair: tuple[str, str] | None, store: Path | None, as_json: bool
) -> None:
    """Show one issue: how it stands, its trend, what its occurrences have in common, and the latest of them.

    With --json: the keys of `list`; `services`, where its fingerprint was seen, each with service and issue; `hours`,
    from the beginning of an hour to its occurrences; `tags`; `history`, each with at, actor, action and detail;
    `occurrences`, each with at, message, stacktrace, handled, release, trace_id, span_id, attributes and details (of
    these: request, user, feature_flags, breadcrumbs, exceptions, execution and versions, as far as they are known), and
    the newest of them as `latest`, or null. With --explain, what `tocsin fingerprint` writes; with --diff,
    `differences`, each with component, one and other.
    """
    if pair:
        diff(store, *pair, as_json=as_json)
    elif issue_id is None:
        raise click.UsageError("Missing argument 'ID'.")
    elif explained:
        explain(store, issue_id, as_json=as_json)
    else:
        _show(issue_id, store, as_json=as_json)


def _show(issue_id: str, store: Path | None, *, as_json: bool) -> None:
    now = time.time()
    with opened(store) as source:
        sheet = Sheet.of(source, find(source, issue_id), now)
    latest = next(iter(sheet.occurrences), None)
    if as_json:
        services = [{"service": service, "issue": issue} for service, issue in sheet.services]
        document = {name: getattr(sheet, name) for name in ("hours", "tags", "history", "occurrences")}
        show_json(asdict(sheet.issue) | document | {"services": services, "latest": latest})
        return
    show_fields(dict(_fields(sheet, now)))
    _show_tags(sheet.tags)
    _show_history(sheet.history)
    if latest is not None:
        _show_occurrence(latest, load_settings(store).config.trace_url)
        _show_others(sheet.occurrences[1:])


def _fields(sheet: Sheet, now: float) -> Iterable[tuple[str, str]]:
    issue = sheet.issue
    for name, value in asdict(issue).items():
        if name == "status":
            yield name, f"{value}{in_words(issue)}, since {ago(issue.status_since, now=now).removesuffix(' ago')}"
        elif name in _TIMES and value is not None:
            yield name, f"{utc(value)} ({ago(value, now=now)})"
        elif name not in _SILENT and value not in (None, ""):
            yield name, str(value)
    yield "handled", "yes" if issue.handled else "no"
    if issue.users:
        yield "users", f"{issue.users}{' or more' if issue.users >= USERS else ''}"
    others = [f"{service} (issue {number})" for service, number in sheet.services if number != issue.id]
    if others:
        yield "also in", ", ".join(others)
    yield f"last {_HOURS} hours", hourly(sheet.hours, now=now, hours_back=_HOURS) or "nothing"


def _show_tags(tags: Mapping[str, Mapping[str, int]]) -> None:
    rows = {tag: ", ".join(_shares(values)) for tag, values in tags.items()}
    if rows:
        click.echo("\ntags of sampled occurrences")
        show_fields(rows)


def _shares(values: Mapping[str, int]) -> list[str]:
    whole = sum(values.values())
    shares = [f"{value} {count / whole:.0%}" for value, count in values.items()]
    more = len(shares) - _VALUES
    return [*shares[:_VALUES], f"{more} more"] if more > 0 else shares


def _show_history(history: list[IssueEvent]) -> None:
    if history:
        click.echo("\nhistory")
        rows = ((utc(event.at), event.actor or "by itself", event.action, event.detail) for event in history)
        show_table(("when", "who", "what", "details"), rows, empty="")


def _show_occurrence(occurrence: Occurrence, trace_url: str) -> None:
    click.echo(f"\nlatest occurrence, {utc(occurrence.at)}")
    fields = {
        "message": occurrence.message,
        "release": occurrence.release,
        "trace_id": occurrence.trace_id,
        "span_id": occurrence.span_id,
        "trace": trace_url.replace("{trace_id}", occurrence.trace_id) if occurrence.trace_id else "",
    }
    show_fields({name: value for name, value in fields.items() if value} | dict(occurrence.attributes))
    click.echo(f"\n{printable(occurrence.stacktrace.rstrip(), keep=_LAYOUT)}")
    show_details(occurrence.details)


def _show_others(occurrences: list[Occurrence]) -> None:
    if occurrences:
        kept = "1 more occurrence is" if len(occurrences) == 1 else f"{len(occurrences)} more occurrences are"
        click.echo(f"\n{kept} kept")
        rows = ((utc(each.at), each.release, each.trace_id, each.message) for each in occurrences)
        show_table(("at", "release", "trace", "details"), rows, empty="")
