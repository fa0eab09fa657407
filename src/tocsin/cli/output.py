"""How answers are written: for a person at a terminal, as plain text for a pipe, and as JSON for a program."""

from collections.abc import Iterable, Mapping, Sequence

import click
import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Columns with text that may be long and is folded; the others hold single words and numbers.
_PROSE = {
    *("title", "culprit", "found", "fix", "labels", "summary", "details", "value", "matchers", "comment", "held"),
    *("comparison", "component", "part", "series", "why"),
}
#: Characters in which folded text can be read.
_READABLE = 20
_GAP = 2
#: Columns that a narrow terminal does without, the least important first.
_EXPENDABLE = (
    *("24 hours", "users", "handled", "first seen", "category", "severity", "culprit", "last seen"),
    *("avg", "min", "max", "distance", "holds", "since", "labels"),
)
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

    On a terminal long cells are folded, and columns that do not fit are named below it; in a pipe every row is one
    line with all columns, whatever its length. No cell is cut.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    if not cells:
        click.echo(empty)
    elif (console := Console(highlight=False)).is_terminal:
        console.print(rich_table(columns, cells, width=console.width))
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


def rich_table(columns: Sequence[str], rows: Rows, *, width: int) -> Table:
    """A table for a terminal of that many characters: without expendable columns as far as the others need the room."""
    cells = dict(zip(columns, zip(*rows, strict=True), strict=True))
    needed = {column: _needed(column, texts) for column, texts in cells.items()}
    kept = fitting(needed, width=width)
    crowded = _taken(needed[column] for column in kept) > width
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), caption=_left_out(columns, kept))
    table.caption_justify = "left"
    for column in kept:
        table.add_column(column.upper(), overflow="fold", no_wrap=not crowded and column not in _PROSE)
    for row in zip(*(cells[column] for column in kept), strict=True):
        table.add_row(*map(_styled, kept, row))
    return table


def fitting(needed: Mapping[str, int], *, width: int) -> list[str]:
    """The columns to show, of those that need so many characters; those that are not expendable always are."""
    kept = dict(needed)
    for column in _EXPENDABLE:
        if _taken(kept.values()) > width:
            kept.pop(column, None)
    return list(kept)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with the cells of each column under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _needed(column: str, texts: Iterable[str]) -> int:
    longest = max(map(cell_len, texts))
    return max(cell_len(column), min(longest, _READABLE) if column in _PROSE else longest)


def _taken(widths: Iterable[int]) -> int:
    return sum(width + _GAP for width in widths) - _GAP


def _left_out(columns: Iterable[str], kept: Iterable[str]) -> str | None:
    missing = [column for column in columns if column not in kept]
    return f"a wider terminal also shows: {', '.join(missing)}" if missing else None


def _styled(column: str, cell: str) -> Text:
    return Text(cell, style=_STYLES.get(cell, "") if column in _JUDGING else "")
