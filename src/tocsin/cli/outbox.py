"""`tocsin notify unsent` and `retry`: notifications that could not be delivered."""

import time
from pathlib import Path

import click
import msgspec
from msgspec.structs import asdict

from tocsin.cli.issue import audited
from tocsin.cli.moment import utc
from tocsin.cli.options import json_option, opened, store_option
from tocsin.cli.output import show_json, show_table
from tocsin.notify import decode
from tocsin.store import AlertEvent, OutboxEntry


@click.command()
@store_option
@json_option
def unsent(*, store: Path | None, as_json: bool) -> None:
    """List notifications that failed: `parked` for good, and `pending` those that will be tried again.

    With --json: {"notifications": [...]}, each as in `tocsin alerts history`.
    """
    with opened(store) as source:
        found = source.notifications.unsent()
    if as_json:
        show_json({"notifications": [asdict(each) | {"payload": msgspec.Raw(each.payload)} for each in found]})
        return
    columns = ("state", "key", "receiver", "since", "attempts", "alerts", "details")
    show_table(columns, map(_row, found), empty="every notification was delivered, or waits for its first attempt")


@click.command()
@click.argument("keys", nargs=-1)
@click.option("--receiver", help="All that are parked for this receiver.")
@click.option("--all", "everything", is_flag=True, help="All that are parked.")
@audited
@store_option
@json_option
def retry(
    *,
    keys: tuple[str, ...],
    receiver: str | None,
    everything: bool,
    actor: str,
    note: str,
    store: Path | None,
    as_json: bool,
) -> None:
    """Try parked notifications again: those with these KEYS, or what their keys begin with.

    With --json: {"retried": [...]}, their keys.
    """
    if not (keys or receiver or everything):
        raise click.UsageError("name KEYS (`tocsin notify unsent` lists them), or use --receiver or --all")
    now = time.time()
    with opened(store) as source:
        parked = [entry for entry in source.notifications.unsent() if entry.state == "parked"]
        chosen = [entry for entry in parked if everything or entry.receiver == receiver or entry.key.startswith(keys)]
        if not chosen:
            raise click.ClickException("nothing like that is parked: `tocsin notify unsent` lists what is")
        with source.transaction():
            source.notifications.release([entry.key for entry in chosen], at=now)
            source.audit.log(
                AlertEvent(at=now, actor=actor, action="retried", subject=entry.key, detail=note) for entry in chosen
            )
    if as_json:
        show_json({"retried": [entry.key for entry in chosen]})
    else:
        click.echo(f"to be tried again by the process that evaluates: {len(chosen)}")


def _row(entry: OutboxEntry) -> tuple[str, ...]:
    names = ", ".join(sorted({alert.name for alert in decode(entry.payload).alerts}))
    place = f"{entry.receiver}[{entry.integration}]"
    return entry.state, entry.key[:12], place, utc(entry.created_at), str(entry.attempts), names, entry.last_error
