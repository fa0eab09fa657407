"""What is known of an occurrence beyond its stack trace, for a person to read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
import msgspec

from tocsin.cli.moment import utc
from tocsin.cli.output import printable, show_fields, show_table

#: Parts that are names and values, and what they are called.
_SECTIONS = {
    "request": "request",
    "user": "user",
    "feature_flags": "feature flags",
    "execution": "process, thread and task",
    "versions": "versions of libraries in the stack",
}


def show_details(details: Mapping[str, Any]) -> None:
    """Write every part that there is."""
    for name, title in _SECTIONS.items():
        if fields := dict(_flat(details.get(name, {}))):
            click.echo(f"\n{title}")
            show_fields(fields)
    if crumbs := details.get("breadcrumbs"):
        click.echo("\nbefore it, in the same trace")
        show_table(("when", "kind", "what", "details"), map(_crumb, crumbs), empty="")
    for exception in details.get("exceptions", ()):
        _show_exception(exception)


def _flat(part: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in part.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _text(value)


def _crumb(crumb: Mapping[str, Any]) -> tuple[str, str, str, str]:
    if crumb["kind"] == "span":
        status = f", {crumb['status']}" if crumb.get("status") == "error" else ""
        return utc(crumb["at"]), "span", crumb.get("name", ""), f"{1000 * crumb.get('seconds', 0):.1f} ms{status}"
    if crumb["kind"] == "log":
        return utc(crumb["at"]), crumb.get("level", ""), crumb.get("name", ""), crumb.get("message", "")
    attributes = " ".join(f"{name}={value}" for name, value in _flat(crumb.get("attributes", {})))
    return utc(crumb["at"]), "note", "", f"{crumb.get('message', '')} {attributes}".rstrip()


def _show_exception(exception: Mapping[str, Any]) -> None:
    arguments = ", ".join(map(_text, exception.get("arguments", ())))
    click.echo(f"\n{printable(exception['type'])}({printable(arguments)})")
    for note in exception.get("notes", ()):
        click.echo(f"  note: {printable(note)}")
    for frame in exception.get("frames", ()):
        click.echo(f"  {printable(frame['module'])} in {printable(frame['function'])}, line {frame['line']}")
        _show_lines(frame.get("source", {}), str(frame["line"]))
        for name, value in frame.get("locals", {}).items():
            click.echo(f"       {printable(name)} = {printable(_text(value))}")


def _show_lines(source: Mapping[str, str], failed: str) -> None:
    for number, line in source.items():
        click.echo(f"  {'>' if number == failed else ' '} {number:>5}  {printable(line)}".rstrip())


def _text(value: object) -> str:
    """As JSON where it is more than a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return msgspec.json.encode(value).decode()
