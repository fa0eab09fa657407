"""One issue, as commands name it, change it and write it."""

import getpass
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from tocsin.cli.options import opened
from tocsin.cli.output import printable, show_json
from tocsin.store import Issue, Store

F = TypeVar("F", bound=Callable[..., object])

issue_argument = click.argument("issue_id", metavar="ID")


def audited(command: F) -> F:
    """The options of every command that is remembered: who, and why."""
    note = click.option("--note", default="", help="Why; remembered with the change.")
    actor = click.option("--by", "actor", default=user, show_default="you", help="Who does it.")
    return note(actor(command))


def find(store: Store, issue_id: str) -> Issue:
    """The issue with this number, or whose fingerprint begins so."""
    if issue_id.isdecimal() and (numbered := store.issues.get(int(issue_id))):
        return numbered
    found = store.issues.find(issue_id)
    if len(found) > 1:
        numbers = ", ".join(str(issue.id) for issue in found)
        raise click.ClickException(f"{issue_id} is the beginning of several fingerprints: issues {numbers}")
    if not found:
        raise click.ClickException(f"there is no issue {issue_id} in {store.path}: `tocsin issues` lists them")
    return found[0]


def change(path: Path | None, issue_id: str, action: Callable[[Store, Issue, float], str], *, as_json: bool) -> None:
    """Do something to an issue, and say what became of it."""
    with opened(path) as store:
        issue = find(store, issue_id)
        done = action(store, issue, time.time())
        changed = store.issues.get(issue.id)
    if as_json:
        show_json(changed)
    else:
        click.echo(f"issue {issue.id} {done}: {printable(issue.title)}")


def user() -> str:
    """Who runs this command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without a name, as containers have them
        return "unknown"
