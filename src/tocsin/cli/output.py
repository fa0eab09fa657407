"""How answers are written: for a person at a terminal, as plain text for a pipe, and as JSON for a program."""

from collections.abc import Iterable, Mapping, Sequence

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Columns with text that people wrote; the others hold single words and numbers, which are never folded.
_PROSE = {"title", "culprit", "found", "fix", "labels", "summary", "details", "value", "matchers", "comment", "held"}
#: Colours of the words that judge; they stand in columns with one of these names.
_JUDGING = {"status", "state", "severity"}
_STYLES = {
    **dict.fromkeys(("broken", "firing", "parked", "new", "regressed", "critical", "fatal", "error"), "red"),
    **dict.fromkeys(("missed", "failed"), "red"),
    **dict.fromkeys(("warning", "pending", "acknowledged", "started"), "yellow"),
    **dict.fromkeys(("ok", "resolved", "sent"), "green"),
    **dict.fromkeys(("inactive", "muted"), "dim"),
}

Rows = Iterable[Sequence[str]]


def show_json(document: object) -> None:
    """Write one JSON document, indented; numbers that JSON does not have become null."""
    encoded = msgspec.json.encode(document, enc_hook=str)
    click.echo(msgspec.json.format(encoded, indent=2))


def show_table(columns: Sequence[str], rows: Rows, *, empty: str) -> None:
    """Write a table, or the sentence `empty` where it has no rows.

    On a terminal long cells are folded; in a pipe every row is one line, whatever its length. Nothing is cut.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    if not cells:
        click.echo(empty)
    elif (console := Console(highlight=False)).is_terminal:
        console.print(rich_table(columns, cells))
    else:
        click.echo("\n".join(aligned([[column.upper() for column in columns], *cells])))


def show_fields(fields: Mapping[str, str]) -> None:
    """Write names and values, a line each."""
    click.echo("\n".join(aligned([[f"{name}:", printable(value)] for name, value in fields.items()])))


def printable(text: str, *, keep: str = "") -> str:
    """The text with control characters written out: what an application logged cannot steer the terminal.

    Line breaks become spaces; the characters in `keep` stay.
    """
    return "".join(
        char if char.isprintable() or char in keep else " " if char in "\r\n\t" else repr(char)[1:-1] for char in text
    )


def rich_table(columns: Sequence[str], rows: Rows) -> Table:
    """A table for a terminal."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column.upper(), overflow="fold", no_wrap=column not in _PROSE)
    for row in rows:
        table.add_row(*(_styled(column, cell) for column, cell in zip(columns, row, strict=True)))
    return table


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with the cells of each column under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _styled(column: str, cell: str) -> Text:
    return Text(cell, style=_STYLES.get(cell, "") if column in _JUDGING else "")
