"""`tocsin config routes`: who is told of what, and what an alert with certain labels would do."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.options import GroupWithDefault, json_option, load_settings
from tocsin.cli.output import printable, show_json
from tocsin.config import Config

if TYPE_CHECKING:
    from tocsin.alerting import AlertingConfig, ReceiverConfig, Route

FAILED = 1
_file = click.option(
    "--config.file",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="An alertmanager.yml, instead of the configured routing.",
)


@click.group(cls=GroupWithDefault, default="show")
def routes() -> None:
    """The routing tree: which receivers are told of which alerts; without a command, the tree."""


@routes.command()
@_file
@click.option("--yaml", "as_yaml", is_flag=True, help="As an alertmanager.yml, with secrets left out.")
@json_option
def show(*, file: Path | None, as_yaml: bool, as_json: bool) -> None:
    """Show the tree. Each alert goes down as far as it matches; a route that continues lets its siblings have it too.

    With --json: the root, with receiver, matchers, group_by ("..." for all labels), group_wait, group_interval,
    repeat_interval, continue, mute_time_intervals, active_time_intervals, integrations (their kinds), escalate_after,
    escalate_to, max_per_hour and routes.
    """
    config = load_settings(None).config
    if as_yaml:
        click.echo(_alertmanager_yml(config, file), nl=False)
        return
    alerting = _load(config, file)
    if as_json:
        show_json(_document(alerting.route, alerting))
    else:
        click.echo("\n".join(("Routing tree:", *_tree(alerting.route, alerting))))


@routes.command()
@click.argument("labels", nargs=-1)
@_file
@click.option("--verify.receivers", "verify", metavar="NAMES", help="Leave with 1 unless it is told to just these.")
@json_option
def test(*, labels: tuple[str, ...], file: Path | None, verify: str | None, as_json: bool) -> None:
    """Say which receivers are told of an alert with these LABELS, such as severity=critical team=web, in order.

    With --json: {"receivers": [...], "routes": [...]}, where a route is its key.
    """
    alerting = _load(load_settings(None).config, file)
    found = alerting.route.routes_for(dict(map(_label, labels)))
    told = [route.receiver for route in found]
    if as_json:
        show_json({"receivers": told, "routes": [route.key for route in found]})
    else:
        click.echo(printable(",".join(told)))
    if verify is not None and told != verify.split(","):
        click.echo(f"expected {verify}", err=True)
        sys.exit(FAILED)


def _load(config: Config, file: Path | None) -> "AlertingConfig":
    from tocsin.evaluator.alerting_config import (  # noqa: PLC0415  other commands start faster without
        extended,
        load_alerting,
        load_file,
    )

    if file is None:
        return load_alerting(config)
    try:
        return extended(config, load_file(config, file))
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _alertmanager_yml(config: Config, file: Path | None) -> str:
    from tocsin.evaluator.simple_routing import simple_routing  # noqa: PLC0415  other commands start faster without

    if file or config.alertmanager:
        raise click.UsageError(f"the routing is an alertmanager.yml already: {file or config.alertmanager}")
    try:
        return simple_routing(config).alertmanager_yml()
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _label(text: str) -> tuple[str, str]:
    from tocsin.alerting.matcher import parse  # noqa: PLC0415  other commands start faster without

    try:
        (label,) = parse(text)
    except ValueError as error:
        raise click.BadParameter(f"{text} is no label, write one like severity=critical") from error
    if label.op != "=":
        raise click.BadParameter(f"{text} is a condition, write a label like severity=critical")
    return label.name, label.value


def _document(route: "Route", alerting: "AlertingConfig") -> dict[str, Any]:
    receiver = alerting.receiver(route.receiver)
    escalation = receiver.terms.escalation
    return {
        "receiver": route.receiver,
        "matchers": list(map(str, route.matchers)),
        "group_by": ["..."] if route.group_by_all else route.group_by,
        "group_wait": route.group_wait,
        "group_interval": route.group_interval,
        "repeat_interval": route.repeat_interval,
        "continue": route.continue_,
        "mute_time_intervals": route.mute_intervals,
        "active_time_intervals": route.active_intervals,
        "integrations": [each.kind for each in receiver.integrations],
        "escalate_after": escalation and escalation.after,
        "escalate_to": escalation and escalation.to,
        "max_per_hour": receiver.terms.max_per_hour,
        "routes": [_document(each, alerting) for each in route.routes],
    }


def _tree(root: "Route", alerting: "AlertingConfig") -> Iterator[str]:
    yield "."
    yield f"└── default-route  {_told(root, alerting)}"
    yield from _below(root, alerting, "    ")


def _below(route: "Route", alerting: "AlertingConfig", indent: str) -> Iterator[str]:
    for place, each in enumerate(route.routes, 1):
        last = place == len(route.routes)
        yield f"{indent}{'└' if last else '├'}── {_line(each, alerting)}"
        yield from _below(each, alerting, indent + ("    " if last else "│   "))


def _line(route: "Route", alerting: "AlertingConfig") -> str:
    from tocsin.alerting.routing import format_matchers  # noqa: PLC0415  other commands start faster without

    times = {"muted": route.mute_intervals, "only": route.active_intervals}
    said = [f"{word}: {', '.join(names)}" for word, names in times.items() if names]
    parts = [format_matchers(route.matchers), *(["continue: true"] if route.continue_ else []), *said]
    return printable("  ".join((*parts, _told(route, alerting))))


def _told(route: "Route", alerting: "AlertingConfig") -> str:
    kinds = ", ".join(each.kind for each in alerting.receiver(route.receiver).integrations)
    return "  ".join(
        (f"receiver: {route.receiver} ({kinds or 'tells nobody'})", *_terms(alerting.receiver(route.receiver)))
    )


def _terms(receiver: "ReceiverConfig") -> Iterator[str]:
    """What only Tocsin can say of a receiver."""
    from tocsin.syntax.durations import format_duration  # noqa: PLC0415  other commands start faster without

    if escalation := receiver.terms.escalation:
        yield f"after {format_duration(escalation.after)}: {escalation.to}"
    if receiver.terms.max_per_hour:
        yield f"at most {receiver.terms.max_per_hour} an hour"
