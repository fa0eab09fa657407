"""`tocsin issues resolve`, `ack`, `mute`, `reopen`, `assign`, `merge`, `unmerge`: what people decide about issues."""

from pathlib import Path
from typing import Any

import click
from msgspec.structs import asdict

from tocsin.cli.issue import audited, change, find, issue_argument
from tocsin.cli.moment import ago, duration, moment_ahead, utc
from tocsin.cli.options import json_option, store_option
from tocsin.errors import Standing, acknowledged, muted, reopened, resolved
from tocsin.store import Issue, Store


@click.command()
@issue_argument
@click.option("--in-release", metavar="RELEASE", default="", help="Fixed in this release: earlier ones may still fail.")
@click.option("--in-next-release", is_flag=True, help="Fixed in whatever comes after the release last seen.")
@audited
@store_option
@json_option
def resolve(
    *, issue_id: str, in_release: str, in_next_release: bool, actor: str, note: str, store: Path | None, as_json: bool
) -> None:
    """Mark an issue as resolved: if it comes back, it has regressed.

    With --json, here and in the commands like it: the issue as in `list`.
    """
    if in_release and in_next_release:
        raise click.UsageError("--in-release and --in-next-release exclude each other")

    def action(source: Store, issue: Issue, now: float) -> str:
        after = _release_of(issue, "resolve") if in_next_release else None
        said = f"resolved{f' in {in_release}' if in_release else ' in the next release' if in_next_release else ''}"
        _decide(source, issue, resolved(in_release=in_release, after_release=after), now, actor, _noted(said, note))
        return f"is {said}"

    change(store, issue_id, action, as_json=as_json)


@click.command()
@issue_argument
@audited
@store_option
@json_option
def ack(*, issue_id: str, actor: str, note: str, store: Path | None, as_json: bool) -> None:
    """Acknowledge an issue: somebody works on it, it is not new any more."""

    def action(source: Store, issue: Issue, now: float) -> str:
        _decide(source, issue, acknowledged(), now, actor, note)
        return "is acknowledged"

    change(store, issue_id, action, as_json=as_json)


@click.command()
@issue_argument
@click.option("--until", type=moment_ahead, metavar="TIME", help="Until then: 12h or 7d from now, or RFC 3339.")
@click.option("--count", type=click.IntRange(min=1), help="Until it occurred so many times more.")
@click.option("--within", type=duration, metavar="DURATION", help="With --count: so many times within this long.")
@click.option("--until-next-release", is_flag=True, help="Until it occurs in a later release than the last one.")
@audited
@store_option
@json_option
def mute(
    *,
    issue_id: str,
    until_next_release: bool,
    actor: str,
    note: str,
    store: Path | None,
    as_json: bool,
    **terms: Any,
) -> None:
    """Do not hear of an issue until any of what the options say, or until it is reopened. It is still counted."""
    if terms["within"] and not terms["count"]:
        raise click.UsageError("--within needs --count: how many times within that time?")

    def action(source: Store, issue: Issue, now: float) -> str:
        after = _release_of(issue, "mute") if until_next_release else None
        standing = muted(after_release=after, **terms)
        said = f"muted{in_words(standing)}"
        _decide(source, issue, standing, now, actor, _noted(said, note))
        return f"is {said}"

    change(store, issue_id, action, as_json=as_json)


@click.command()
@issue_argument
@audited
@store_option
@json_option
def reopen(*, issue_id: str, actor: str, note: str, store: Path | None, as_json: bool) -> None:
    """Undo resolve, ack or mute: the issue is ongoing."""

    def action(source: Store, issue: Issue, now: float) -> str:
        _decide(source, issue, reopened(), now, actor, note)
        return "is ongoing"

    change(store, issue_id, action, as_json=as_json)


@click.command()
@issue_argument
@click.argument("assignee", default="")
@audited
@store_option
@json_option
def assign(*, issue_id: str, assignee: str, actor: str, note: str, store: Path | None, as_json: bool) -> None:
    """Say whose an issue is; nobody's, without ASSIGNEE."""

    def action(source: Store, issue: Issue, now: float) -> str:
        source.issues.assign(issue.id, assignee, at=now, actor=actor, detail=note)
        return f"is assigned to {assignee}" if assignee else "is nobody's"

    change(store, issue_id, action, as_json=as_json)


@click.command()
@click.argument("issue_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--into", "issue_id", metavar="ID", required=True, help="The issue that is left.")
@audited
@store_option
@json_option
def merge(
    *, issue_ids: tuple[str, ...], issue_id: str, actor: str, note: str, store: Path | None, as_json: bool
) -> None:
    """Make issues part of another one: they are one cause. Undone by `unmerge`."""

    def action(source: Store, issue: Issue, now: float) -> str:
        parts = [find(source, each) for each in issue_ids]
        if wrong := [str(part.id) for part in (*parts, issue) if part.merged_into]:
            raise click.ClickException(
                f"issue {', '.join(wrong)} is part of another one: `tocsin issues unmerge` it first"
            )
        if issue.id in {part.id for part in parts}:
            raise click.ClickException(f"issue {issue.id} cannot be merged into itself; name another one with --into")
        source.issues.merge([part.id for part in parts], into=issue.id, at=now, actor=actor, detail=note)
        return f"has taken in {', '.join(str(part.id) for part in parts)}"

    change(store, issue_id, action, as_json=as_json)


@click.command()
@issue_argument
@audited
@store_option
@json_option
def unmerge(*, issue_id: str, actor: str, note: str, store: Path | None, as_json: bool) -> None:
    """Take an issue out of the one that it was merged into, with what was counted of it meanwhile. ID is its number."""

    def action(source: Store, issue: Issue, now: float) -> str:
        if not source.issues.unmerge(issue.id, at=now, actor=actor, detail=note):
            raise click.ClickException(f"issue {issue.id} is not part of another one")
        return f"is on its own again, and no part of {issue.merged_into}"

    change(store, issue_id, action, as_json=as_json)


def in_words(issue: Issue | Standing) -> str:
    """What ends the status of an issue; nothing where only people do."""
    times = f"{issue.until_count} times more" if issue.until_count else ""
    ends = (
        f"until {utc(issue.until_at)}" if issue.until_at else "",
        f"until it occurs {times}{_within(issue.within)}" if times else "",
        _release_in_words(issue),
    )
    said = " or ".join(filter(None, ends))
    return f" {said}" if said else ""


def _release_in_words(issue: Issue | Standing) -> str:
    release = issue.until_release.lstrip(">=")
    if issue.until_release.startswith(">="):
        return f"in {release}"
    return (
        f"{'in' if issue.status == 'resolved' else 'until'} a release after {release or 'this'}"
        if issue.until_release
        else ""
    )


def _within(seconds: float | None) -> str:
    return f" within {ago(-seconds, now=0).removesuffix(' ago')}" if seconds else ""


def _release_of(issue: Issue, command: str) -> str:
    """The release that the next one comes after. Raises ClickException where none is known: any would be later."""
    if not issue.last_release:
        raise click.ClickException(
            f"no release is known of {issue.service}: set service.version or TOCSIN_RELEASE, or {command} without it"
        )
    return issue.last_release


def _noted(said: str, note: str) -> str:
    """What was decided, and why; what the status alone does not say already."""
    return ": ".join(filter(None, (said if " " in said else "", note)))


def _decide(source: Store, issue: Issue, standing: Standing, now: float, actor: str, note: str) -> None:
    source.issues.decide(issue.id, asdict(standing), at=now, actor=actor, detail=note)
