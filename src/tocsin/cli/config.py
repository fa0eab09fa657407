"""`tocsin config`: the settings, their values, and where these came from."""

from collections.abc import Iterator
from dataclasses import Field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import click

from tocsin.cli.options import json_option, load_settings, store_option
from tocsin.cli.output import show_json, show_table
from tocsin.cli.routes import routes
from tocsin.config import Settings, default_of, table, variable
from tocsin.setting_keys import NOTIFY, TABLE, Key
from tocsin.setting_kinds import DURATION, PERCENTAGE

_NOT_SET = "not set"
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


@click.group()
def config() -> None:
    """Settings: their values here, and the reference of all of them."""


config.add_command(routes)


@config.command()
@store_option
@json_option
def show(*, store: Path | None, as_json: bool) -> None:
    """Show every setting with its value and where the value came from; secrets only as set or not set.

    With --json: {"settings": [...], "problems": [...]}. A setting has name, variable, value, source and secret, a
    problem has key, value, source and fix; durations are seconds.
    """
    settings = load_settings(store)
    if as_json:
        show_json({"settings": list(_documents(settings)), "problems": settings.problems})
    else:
        rows = ((setting.name, _value(setting, settings), _source(setting, settings)) for setting in table())
        show_table(("setting", "value", "source"), rows, empty="no settings")


@config.command()
@json_option
def docs(*, as_json: bool) -> None:
    """Write the reference of all settings, and of the keys inside of them, as Markdown.

    With --json: {"settings": [...], "keys": [...]}. A setting has name, variable, default, allowed, secret and doc; a
    key has inside, such as "thresholds.<name>", name, allowed and doc.
    """
    if as_json:
        keys = [{"inside": place, "name": name, **key._asdict()} for place, name, key in _keys()]
        show_json({"settings": [_reference(setting) for setting in table()], "keys": keys})
    else:
        click.echo("\n".join((*_markdown(), *_markdown_of_keys())))


def _documents(settings: Settings) -> Iterator[dict[str, object]]:
    for setting in table():
        secret = setting.metadata["secret"]
        yield {
            "name": setting.name,
            "variable": variable(setting.name),
            "value": _value(setting, settings) if secret else getattr(settings.config, setting.name),
            "source": _source(setting, settings),
            "secret": secret,
        }


def _value(setting: Field[Any], settings: Settings) -> str:
    value = getattr(settings.config, setting.name)
    if setting.metadata["secret"]:
        return "set" if value else _NOT_SET
    return _readable(setting, value)


def _source(setting: Field[Any], settings: Settings) -> str:
    source = settings.sources.get(setting.name, "default")
    if setting.name != "notify" or not settings.config.notify:
        return source
    from tocsin.evaluator.simple_routing import displaced  # noqa: PLC0415  for those who have this setting

    return "; ".join((source, *(f"{key}: {by} instead" for key, by in displaced(settings).items())))


def _reference(setting: Field[Any]) -> dict[str, object]:
    default, home = default_of(setting), Path.home()
    if isinstance(default, Path) and default.is_relative_to(home):
        default = f"~/{default.relative_to(home)}"
    return {
        "name": setting.name,
        "variable": variable(setting.name),
        "default": _readable(setting, default),
        "allowed": setting.metadata["kind"].allowed,
        "secret": setting.metadata["secret"],
        "doc": setting.metadata["doc"],
    }


def _markdown() -> Iterator[str]:
    yield "| In `tocsin.yml` | Environment | Default | Allowed | What it does |"
    yield "|---|---|---|---|---|"
    for setting in map(_reference, table()):
        names = f"`{setting['variable']}`" + (f" or `{setting['variable']}_FILE`" if setting["secret"] else "")
        default = setting["default"] if setting["default"] == _NOT_SET else f"`{setting['default']}`"
        yield f"| `{setting['name']}` | {names} | {default} | {setting['allowed']} | {setting['doc']} |"


def _keys() -> Iterator[tuple[str, str, Key]]:
    """Place, name and description of every key inside a setting."""
    from tocsin.alerting.receiver_keys import receiver_keys  # noqa: PLC0415  other commands start faster without

    for place, keys in TABLE.items():
        receivers = receiver_keys() if keys is NOTIFY else {}
        yield from ((place, name, key) for name, key in {**receivers, **keys}.items())


def _markdown_of_keys() -> Iterator[str]:
    for place, keys in groupby(_keys(), key=itemgetter(0)):
        yield f"\n## `{place}`\n\n| Key | Allowed | What it does |\n|---|---|---|"
        yield from (f"| `{name}` | {_cell(key.allowed)} | {_cell(key.doc)} |" for _, name, key in keys)


def _cell(text: str) -> str:
    """As a cell of a table in Markdown."""
    return text.replace("|", r"\|")


def _readable(setting: Field[Any], value: Any) -> str:
    """A value as somebody would write it into the configuration."""
    if value is None or value in ("", (), {}):
        return _NOT_SET
    if setting.metadata["kind"] is DURATION:
        return _duration(value)
    if setting.metadata["kind"] is PERCENTAGE:
        return f"{value:g}%"
    if isinstance(value, tuple | dict):
        return ", ".join(value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _duration(seconds: float) -> str:
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds and seconds % size == 0), ("s", 1))
    return f"{seconds / size:g}{unit}"
