"""`tocsin notify`: whether receivers can be told, and what they would be told."""

import sys
import time
import uuid
from collections.abc import Iterator
from typing import NamedTuple

import click

from tocsin.cli.options import json_option, load_settings
from tocsin.cli.outbox import retry, unsent
from tocsin.cli.output import printable, show_json
from tocsin.notify import DeliveryError, Notification, Receiver, watched
from tocsin.notify.sample import sample
from tocsin.notify.severity import SEVERITIES

severity_option = click.option(
    "--severity", type=click.Choice(list(SEVERITIES)), default="critical", show_default=True, help="Of the test alert."
)

_NO_RECEIVER = (
    "no receiver: set TOCSIN_WEBHOOK_URL, TOCSIN_SLACK_WEBHOOK_URL or TOCSIN_ALERTMANAGER, see `tocsin config docs`"
)


class Step(NamedTuple):
    """Something that happened on the way to a receiver."""

    name: str
    outcome: str


class Tried(NamedTuple):
    """What came of a test of one integration."""

    integration: str
    kind: str
    status: str
    steps: tuple[Step, ...]
    error: str | None


class Integrated(NamedTuple):
    """One way in which a receiver is told."""

    place: str
    kind: str
    receiver: Receiver


@click.group()
def notify() -> None:
    """Receivers of alerts: send them a test, look at what they would get, and at what they did not get."""


for command in (unsent, retry):
    notify.add_command(command)


@notify.command()
@click.argument("receiver")
@severity_option
@click.option("--resolve", is_flag=True, help="Then tell that it is over, as a real alert does.")
@json_option
def test(*, receiver: str, severity: str, resolve: bool, as_json: bool) -> None:
    """Send a real test alert to RECEIVER, in each of its ways, and report each step.

    Leaves with 1 where a delivery fails. With --json: {"receiver": ..., "tried": [...]}, each with integration, kind,
    status (firing or resolved), steps (name and outcome) and error, which is null where it was delivered.
    """
    found, external_url = _integrations(receiver)
    told = [
        sample(receiver=receiver, severity=severity, now=time.time(), resolved=resolved, external_url=external_url)
        for resolved in ([False, True] if resolve else [False])
    ]
    tried = [_try(each, notification) for each in found for notification in told]
    if as_json:
        show_json({"receiver": receiver, "tried": [_document(each) for each in tried]})
    else:
        click.echo("\n".join(line for each in tried for line in _lines(each)))
    sys.exit(any(each.error for each in tried))


@notify.command()
@click.argument("receiver", required=False)
@severity_option
@click.option("--resolved", is_flag=True, help="What is told when it is over.")
@json_option
def preview(*, receiver: str | None, severity: str, resolved: bool, as_json: bool) -> None:
    """Show what RECEIVER, or every one, would get; nothing is sent, and secrets are not shown.

    With --json: {"previews": [...]}, each with integration, kind and text.
    """
    found, external_url = _integrations(receiver)
    previews = [(each, _preview(each, severity, external_url, resolved=resolved)) for each in found]
    if as_json:
        show_json({"previews": [{"integration": it.place, "kind": it.kind, "text": text} for it, text in previews]})
        return
    if not previews:
        click.echo(_NO_RECEIVER)
    for each, text in previews:
        click.echo(f"{each.place} ({each.kind}):\n{printable(text, keep=chr(10))}\n")


def _integrations(name: str | None) -> tuple[list[Integrated], str]:
    """Those of the receiver of that name, or of all, and the address of the page about alerts."""
    from tocsin.alerting import receivers  # noqa: PLC0415  other commands start faster without
    from tocsin.evaluator.alerting_config import load_alerting  # noqa: PLC0415

    config = load_settings(None).config
    alerting = load_alerting(config)
    names = [each.name for each in alerting.receivers if each.integrations]
    if name is not None and name not in names:
        raise click.ClickException(f"there is no receiver {name!r} that is told of anything: {_known(names)}")
    try:
        made = receivers(alerting, private_targets=config.private_targets)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    found = [
        Integrated(f"{address.receiver}[{address.integration}]", kind, receiver)
        for address, receiver in made.items()
        if name in {None, address.receiver}
        for kind in [alerting.receiver(address.receiver).integrations[address.integration].kind]
    ]
    return found, alerting.external_url


def _known(names: list[str]) -> str:
    return f"there are {', '.join(names)}" if names else "there is none, see `tocsin config docs`"


def _try(integrated: Integrated, notification: Notification) -> Tried:
    steps: list[Step] = []
    error = None
    with watched(lambda name, outcome: steps.append(Step(name, outcome))):
        try:
            integrated.receiver.deliver(notification, key=uuid.uuid4().hex)
        except DeliveryError as failure:
            again = "Tocsin would try again" if failure.recoverable else "Tocsin would not try again"
            error = f"{failure} ({again})"
    return Tried(integrated.place, integrated.kind, notification.status, tuple(steps), error)


def _preview(integrated: Integrated, severity: str, external_url: str, *, resolved: bool) -> str:
    receiver = integrated.place.rpartition("[")[0]
    notification = sample(
        receiver=receiver, severity=severity, now=time.time(), resolved=resolved, external_url=external_url
    )
    try:
        return integrated.receiver.preview(notification)
    except DeliveryError as error:
        return f"nothing: {error}"


def _lines(tried: Tried) -> Iterator[str]:
    yield f"{tried.integration} ({tried.kind}), {tried.status}:"
    for step in tried.steps:
        yield f"  ✓ {step.name}: {printable(step.outcome)}"
    yield f"  ✗ {printable(tried.error)}" if tried.error else "  ✓ delivered"


def _document(tried: Tried) -> dict[str, object]:
    return tried._asdict() | {"steps": [step._asdict() for step in tried.steps]}
