import io
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tocsin.cli import issues
from tocsin.cli.moment import ago, utc
from tocsin.cli.output import aligned, fitting, printable, rich_table, show_table

ROWS = [["firing", "[red]not markup[/red] " + "x" * 90]]


def terminal(width, **options):
    return Console(file=io.StringIO(), force_terminal=True, width=width, **options)


def written(console):
    console.print(rich_table(("state", "details"), ROWS, width=console.width))
    return console.file.getvalue()


def test_a_terminal_folds_and_loses_nothing():
    text = written(terminal(40, no_color=True, color_system=None))
    assert max(map(len, text.splitlines())) <= 40
    assert "[red]not markup[/red]" in " ".join(text.split())
    assert text.count("x") == 90


def test_colours_unless_they_are_not_wanted(monkeypatch):
    assert "\x1b[31mfiring" in written(terminal(200, color_system="standard"))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in written(terminal(200, color_system="standard"))


ISSUE = {
    "id": "12",
    "service": "checkout",
    "category": "dependency",
    "severity": "error",
    "status": "acknowledged",
    "count": "12345",
    "users": "17",
    "first seen": "3d ago",
    "last seen": "2m ago",
    "24 hours": "|" + "▁" * 24 + "|",
    "handled": "no",
    "culprit": "shop.checkout.views:CheckoutView.post",
    "title": 'OperationalError: connection to server at "db.internal" (10.0.0.3), port 5432 failed: refused',
}
ALERT = {
    "state": "acknowledged",
    "id": "0123456789abcdef",
    "alert": "TocsinHttpServerErrorRateHigh",
    "since": "12m ago",
    "value": "0.0345678",
    "labels": 'http_route="/orders/{id}", service_name="checkout"',
    "summary": "12 % of the requests of checkout fail with 5xx, more than usual",
}
SERIES = {"series": 'requests_count{http_route="/api/orders", service_name="checkout"}', "chart": f"|{'▃' * 40}|"}
SERIES |= {"last": "12.3456", "min": "0.123456", "avg": "5.12345", "max": "22.1234"}
MARGIN = {
    "comparison": 'sum by (service_name) (rate(requests_count{http_response_status_code=~"5.."}[5m])) / sum(x) > 0.05',
    "labels": '{deployment="production", service_name="checkout"}',
    "value": "0.123456",
    "limit": "> 0.05",
    "holds": "yes",
    "distance": "0.073456 (147% of the limit)",
}
PART = {"part": f"· · {MARGIN['comparison']}", "series": MARGIN["labels"], "value": "0.123456"}


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize(
    ("row", "always"),
    [
        (ISSUE, ("id", "service", "status", "count", "title")),
        (ALERT, ("state", "id", "alert", "value", "summary")),
        (SERIES, ("series", "chart", "last")),
        (MARGIN, ("comparison", "labels", "value", "limit")),
        (PART, ("part", "series", "value")),
    ],
)
def test_what_matters_is_whole_on_every_terminal(row, always, width):
    console = terminal(width, no_color=True, color_system=None)
    console.print(rich_table(tuple(row), [tuple(row.values())], width=width))
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    begins = {column: lines[0].index(column.upper()) for column in row if column.upper() in lines[0]}
    assert set(always) <= set(begins)
    ends = dict(zip(begins, [*list(begins.values())[1:], width], strict=True))
    table = list(takewhile(lambda line: not line.startswith("a wider terminal"), lines[1:]))
    for column in always:
        shown = "".join(line[begins[column] : ends[column]] for line in table)
        assert "".join(shown.split()) == "".join(row[column].split())


def test_columns_that_do_not_fit_are_named():
    needed = {"id": 10, "users": 10, "handled": 10, "title": 10}
    assert fitting(needed, width=46) == ["id", "users", "handled", "title"]
    assert fitting(needed, width=45) == ["id", "handled", "title"]
    assert fitting(needed, width=5) == ["id", "title"]
    console = terminal(45, no_color=True, color_system=None)
    console.print(rich_table(tuple(needed), [["x" * 10] * 4], width=45))
    assert console.file.getvalue().splitlines()[-1].rstrip() == "a wider terminal also shows: users"


def test_a_terminal_too_narrow_for_what_must_be_shown_folds_that_too():
    console = terminal(20, no_color=True, color_system=None)
    console.print(rich_table(("id", "service"), [["a" * 30, "b" * 30]], width=20))
    text = console.file.getvalue()
    assert (text.count("a"), text.count("b")) == (30, 30)


def test_a_pipe_has_every_column(capsys):
    show_table(issues._COLUMNS, [tuple(ISSUE.values())], empty="")
    head, line = capsys.readouterr().out.splitlines()
    assert all(column.upper() in head for column in ISSUE)
    assert all(cell in line for cell in ISSUE.values())


def test_columns_are_aligned():
    assert aligned([["A", "B"], ["long", "x"]]) == ["A     B", "long  x"]


@given(st.text())
def test_whatever_is_printed_is_one_line_without_control_characters(text):
    assert printable(text).isprintable()


def test_text_of_people_is_left_as_it_is():
    assert printable("naïve 東京 ✓") == "naïve 東京 ✓"
    assert printable("a\n\tb\x00", keep="\n\t") == "a\n\tb\\x00"


def test_moments():
    assert [ago(1000.0 - seconds, now=1000.0) for seconds in (0, 1, 59, 60, 3599, 3600, 86399, 86400, -5)] == [
        *("now", "1s ago", "59s ago", "1m ago", "59m ago", "1h ago", "23h ago", "1d ago", "now")
    ]
    assert utc(0.0) == "1970-01-01T00:00:00Z"
