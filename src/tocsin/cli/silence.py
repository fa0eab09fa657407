"""`tocsin silence`: what nobody is told of for a while. Takes and gives what Alertmanager's `amtool silence` does."""

import sys
import time
import uuid
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
from msgspec.structs import replace

from tocsin.cli.alert import parsed
from tocsin.cli.issue import user
from tocsin.cli.moment import ago, duration, moment, utc
from tocsin.cli.options import GroupWithDefault, json_option, load_settings, opened, store_option
from tocsin.cli.output import show_json, show_table
from tocsin.store import AlertEvent, Silence, Store

if TYPE_CHECKING:
    from tocsin.alerting import Matcher

FAILED = 1
_matchers = click.argument("matchers", nargs=-1)


@click.group(cls=GroupWithDefault, default="list")
def silence() -> None:
    """Silences: nobody is told of alerts that they match; without a command, those that are not over."""


@silence.command()
@_matchers
@click.option("--author", "-a", default=user, help="Who silences; by default, you.")
@click.option("--duration", "-d", type=duration, default="1h", show_default=True, help="For how long.")
@click.option("--start", type=moment, metavar="TIME", help="From when on, in RFC 3339; by default, now.")
@click.option("--end", type=moment, metavar="TIME", help="Until when, instead of --duration.")
@click.option("--comment", "-c", required=True, help="Why.")
@store_option
@json_option
def add(
    *,
    matchers: tuple[str, ...],
    author: str,
    duration: float,
    start: float | None,
    end: float | None,
    comment: str,
    store: Path | None,
    as_json: bool,
) -> None:
    """Silence alerts: MATCHERS such as alertname=HighLatency, 'env=~"prod.*"' or team!=web must all match.

    A first one without an operator is the name of the alert. Prints the id of the silence.
    """
    now = time.time()
    begin = now if start is None else max(start, now)
    made = _made(matchers, begin=begin, end=begin + duration if end is None else end, now=now)
    made = replace(made, created_by=author, comment=comment)
    with closing(Store(load_settings(store).config.store)) as source:
        _put(source, [made], "silenced", author, now)
    _show([made], now, as_json=as_json, quiet=True)


@silence.command("list")
@_matchers
@click.option("--expired", is_flag=True, help="Those that are over, instead of the others.")
@click.option("--within", type=duration, metavar="DURATION", help="Those that end, or ended, within that time.")
@click.option("--created-by", help="Those of this author.")
@click.option("--id", "silence_id", help="The one with this id.")
@click.option("--quiet", "-q", is_flag=True, help="Only ids.")
@store_option
@json_option
def list_silences(
    *,
    matchers: tuple[str, ...],
    expired: bool,
    within: float | None,
    created_by: str | None,
    silence_id: str | None,
    quiet: bool,
    store: Path | None,
    as_json: bool,
) -> None:
    """List silences that are active or pending; with MATCHERS, those that would silence what these describe.

    With --json: a list as Alertmanager's API has it, which `tocsin silence import` and `amtool silence import` read.
    """
    now = time.time()
    with opened(store) as source:
        found = source.silences.all()
    wanted = parsed(matchers) if matchers else ()
    chosen = [
        each
        for each in found
        if (each.ends_at < now) is expired
        and (within is None or abs(each.ends_at - now) <= within)
        and (created_by is None or each.created_by == created_by)
        and (silence_id is None or each.id == silence_id)
        and _concerns(each, wanted)
    ]
    _show(chosen, now, as_json=as_json, quiet=quiet)


@silence.command()
@click.argument("ids", nargs=-1, required=True)
@store_option
@json_option
def expire(*, ids: tuple[str, ...], store: Path | None, as_json: bool) -> None:
    """End silences now. Leaves with 1 where one does not exist or is over; the others are ended all the same."""
    from tocsin.alerting.silencing import expired, state  # noqa: PLC0415  other commands start faster without

    now = time.time()
    with opened(store) as source:
        found = {each: source.silences.get(each) for each in ids}
        ended = [expired(each, at=now) for each in found.values() if each and state(each, at=now) != "expired"]
        _put(source, ended, "ended a silence", user(), now)
    missing = [name for name in ids if name not in {each.id for each in ended}]
    _show(ended, now, as_json=as_json, quiet=True)
    for name in missing:
        click.echo(f"{name}: {'is over already' if found[name] else 'there is no such silence'}", err=True)
    if missing:
        sys.exit(FAILED)


@silence.command("import")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--force", "-f", is_flag=True, help="As new silences, with ids of their own.")
@store_option
@json_option
def import_silences(*, file: BinaryIO, force: bool, store: Path | None, as_json: bool) -> None:
    """Take over silences from FILE or stdin: what `amtool silence query -o json` or Alertmanager's API wrote.

    They keep their ids, so that taking over a file again changes nothing. Those that are over are left out.
    """
    from tocsin.alerting.silence_json import decode  # noqa: PLC0415  other commands start faster without

    now = time.time()
    try:
        given = decode(file.read())
    except ValueError as error:
        raise click.ClickException(f"{file.name}: {error}") from error
    current = [replace(each, id=str(uuid.uuid4())) if force else each for each in given if each.ends_at > now]
    with closing(Store(load_settings(store).config.store)) as source:
        _put(source, current, "imported a silence", user(), now)
    _show(current, now, as_json=as_json, quiet=True)
    if len(current) < len(given):
        click.echo(f"{len(given) - len(current)} that are over were left out", err=True)


def _put(store: Store, silences: Sequence[Silence], action: str, actor: str, now: float) -> None:
    """Write them, and who did."""
    from tocsin.alerting.silencing import matchers  # noqa: PLC0415  other commands start faster without

    events = (
        AlertEvent(at=now, actor=actor, action=action, subject=each.id, detail=_said(each, map(str, matchers(each))))
        for each in silences
    )
    with store.transaction():
        store.silences.put(silences)
        store.audit.log(events)


def _said(silence: Silence, matchers: Iterable[str]) -> str:
    return f"{{{', '.join(matchers)}}} until {utc(silence.ends_at)}: {silence.comment}"


def _made(matchers: Sequence[str], *, begin: float, end: float, now: float) -> Silence:
    from tocsin.alerting.silencing import silence_matchers  # noqa: PLC0415  other commands start faster without

    if end <= begin:
        raise click.BadParameter(f"{utc(end)} is not after the start, {utc(begin)}", param_hint="--end")
    try:
        found = silence_matchers(parsed(matchers))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="MATCHERS") from error
    return Silence(
        id=str(uuid.uuid4()),
        matchers=found,
        starts_at=begin,
        ends_at=end,
        created_by="",
        comment="",
        updated_at=now,
    )


def _concerns(silence: Silence, wanted: "Iterable[Matcher]") -> bool:
    """Whether each wanted matcher agrees with one of the silence's for the same label."""
    return all(
        any(matcher.name == each.name and matcher.matches({each.name: each.value}) for each in silence.matchers)
        for matcher in wanted
    )


def _show(silences: Sequence[Silence], now: float, *, as_json: bool, quiet: bool) -> None:
    from tocsin.alerting.silence_json import document  # noqa: PLC0415  other commands start faster without
    from tocsin.alerting.silencing import matchers, state  # noqa: PLC0415  other commands start faster without

    if as_json:
        show_json([document(each, at=now) for each in silences])
        return
    if quiet:
        click.echo("".join(f"{each.id}\n" for each in silences), nl=False)
        return
    rows = (
        (
            each.id,
            state(each, at=now),
            " ".join(map(str, matchers(each))),
            ago(each.starts_at, now=now) if each.starts_at <= now else utc(each.starts_at),
            utc(each.ends_at),
            each.created_by,
            each.comment,
        )
        for each in silences
    )
    columns = ("id", "state", "matchers", "since", "until", "by", "comment")
    show_table(columns, rows, empty="no silences")
