"""`tocsin heartbeat`: signs of life of jobs that run no Python, and which are expected."""

import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from tocsin.cli.moment import ago, utc
from tocsin.cli.options import json_option, load_settings, opened, store_option
from tocsin.cli.output import show_json, show_table
from tocsin.store import Heartbeat, Store


@click.command()
@click.argument("name", required=False)
@click.option("--every", metavar="DURATION", help="How often the sign comes, such as 1d; remembered.")
@click.option("--grace", metavar="DURATION", help="How late it may be, or how long a run; remembered.")
@click.option("--severity", default="", help="Of the alert where it does not come; remembered.")
@click.option("--start", is_flag=True, help="A run begins.")
@click.option("--fail", is_flag=True, help="A run went wrong.")
@click.option("--ok", is_flag=True, help="A run went well, or it is alive; the default.")
@click.option("--note", default="", help="Shown beside it.")
@click.option("--forget", is_flag=True, help="Expect no more of it.")
@store_option
@json_option
def heartbeat(
    *,
    name: str | None,
    start: bool,
    fail: bool,
    ok: bool,
    forget: bool,
    store: Path | None,
    as_json: bool,
    **said: Any,
) -> None:
    """Give a sign of life of the job NAME: an alert fires when the next one does not come. Without NAME, list them.

    With --json: {"heartbeats": [...]}, each with name, every, grace, severity, status, created_at, ok_at, started_at,
    failed_at, note, duration and due_at.
    """
    _refuse_contradictions(name, {"start": start, "fail": fail, "ok": ok, "forget": forget}, said)
    if name is None:
        with opened(store) as source:
            _show(source.heartbeats.all(), as_json=as_json)
        return
    if forget:
        with opened(store) as source:
            _forget(source, name)
        return
    from tocsin.heartbeats.sign import sign  # noqa: PLC0415  other commands start faster without

    try:
        beat = sign(name, at=time.time(), status="started" if start else "failed" if fail else "ok", **said)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    with closing(Store(load_settings(store).config.store)) as source:
        if source.heartbeats.record([beat]):
            raise click.ClickException("there are too many heartbeats: --forget some")
        found = [each for each in source.heartbeats.all() if each.name == name]
    _show(found, as_json=as_json)


def _refuse_contradictions(name: str | None, signs: Mapping[str, bool], said: Mapping[str, Any]) -> None:
    """What is asked for has to be one thing, of one job."""
    chosen = [f"--{option}" for option, given in signs.items() if given]
    details = [f"--{option}" for option, value in said.items() if value]
    if len(chosen) > 1:
        every = ", ".join(f"--{option}" for option in signs)
        raise click.UsageError(f"{' and '.join(chosen)} contradict each other: give one of {every}")
    if signs["forget"] and details:
        raise click.UsageError(f"--forget and {details[0]} contradict each other: nothing of the job is remembered")
    if name is None and (chosen or details):
        option = (*chosen, *details)[0]
        raise click.UsageError(f"{option} needs the NAME of a job, such as `tocsin heartbeat nightly-etl {option}`")


def _forget(store: Store, name: str) -> None:
    if not store.heartbeats.forget(name):
        raise click.ClickException(f"there is no heartbeat {name!r}: `tocsin heartbeat` lists them")
    click.echo(f"{name} is forgotten")


def _show(heartbeats: list[Heartbeat], *, as_json: bool) -> None:
    if as_json:
        show_json({"heartbeats": list(map(_document, heartbeats))})
        return
    now = time.time()
    columns = ("status", "name", "last ok", "due until", "severity", "details")
    show_table(columns, (_row(each, now) for each in heartbeats), empty="no heartbeats")


def _row(each: Heartbeat, now: float) -> tuple[str, ...]:
    status = "missed" if now > each.due_at else each.status
    last = "never" if each.ok_at is None else ago(each.ok_at, now=now)
    return status, each.name, last, utc(each.due_at), each.severity, each.note


def _document(each: Heartbeat) -> dict[str, object]:
    values = {name: getattr(each, name) for name in each.__struct_fields__}
    return values | {"due_at": each.due_at}
