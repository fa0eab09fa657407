"""Why occurrences are one issue, and why two issues are two: read off their stored samples."""

from itertools import zip_longest
from pathlib import Path

import click

from tocsin.cli.fingerprint import described, in_app_of
from tocsin.cli.issue import find
from tocsin.cli.options import load_settings, opened
from tocsin.cli.output import show_fields, show_json, show_table
from tocsin.config import Config
from tocsin.errors import Failure, Identity, identify, parse_stacktrace
from tocsin.store import Issue, Store


def explain(store: Path | None, issue_id: str, *, as_json: bool) -> None:
    """Write what an issue's fingerprint is made of, and why."""
    config = load_settings(store).config
    with opened(store) as source:
        issue = find(source, issue_id)
        identity = _identity(source, issue, config)
    if as_json:
        show_json({"id": issue.id, "known_as": issue.fingerprint, **described(identity)})
        return
    show_fields({"issue": str(issue.id), "title": issue.title, "fingerprint": issue.fingerprint})
    show_table(("component", "value", "why"), [(c.name, c.value, c.why) for c in identity.components], empty="nothing")
    _say_what_changed(issue, identity)


def diff(store: Path | None, one_id: str, other_id: str, *, as_json: bool) -> None:
    """Write in which components of their fingerprints two issues differ."""
    config = load_settings(store).config
    with opened(store) as source:
        one, other = find(source, one_id), find(source, other_id)
        mine, theirs = (_identity(source, issue, config) for issue in (one, other))
    rows = _differences(mine, theirs)
    if as_json:
        differences = [{"component": name, "one": value, "other": their} for name, value, their in rows]
        show_json({"one": one.id, "other": other.id, "differences": differences})
        return
    columns = ("component", f"issue {one.id}", f"issue {other.id}")
    show_table(
        columns,
        rows,
        empty="no component differs: today, they would be one issue; `tocsin issues merge` makes them one",
    )
    for issue, identity in ((one, mine), (other, theirs)):
        _say_what_changed(issue, identity)


def _identity(store: Store, issue: Issue, config: Config) -> Identity:
    sample = next(iter(store.issues.occurrences(issue.id, limit=1)), None)
    if sample is None:
        raise click.ClickException(f"no occurrence of issue {issue.id} is stored any more: nothing tells what it was")
    is_logged = not sample.stacktrace and not issue.error_type
    failure = (
        Failure.of_message(sample.message)
        if is_logged
        else parse_stacktrace(issue.error_type, sample.message, sample.stacktrace)
    )
    return identify(
        failure,
        in_app=in_app_of(config),
        grouping=config.grouping,
        handled=sample.handled,
        attributes=sample.attributes,
    )


def _differences(one: Identity, other: Identity) -> list[tuple[str, str, str]]:
    """The components that only one has, or that have other values; a component may come more than once."""
    names = dict.fromkeys(component.name for component in (*one.components, *other.components))
    pairs = ((name, zip_longest(_values(one, name), _values(other, name), fillvalue="")) for name in names)
    return [(name, mine, theirs) for name, values in pairs for mine, theirs in values if mine != theirs]


def _values(identity: Identity, name: str) -> list[str]:
    return [component.value for component in identity.components if component.name == name]


def _say_what_changed(issue: Issue, identity: Identity) -> None:
    if identity.fingerprint != issue.fingerprint:
        click.echo(
            f"issue {issue.id} is known as {issue.fingerprint}; its stored sample gives {identity.fingerprint}:"
            " settings, the version of Tocsin, or what the span told were others when it was first seen"
        )
