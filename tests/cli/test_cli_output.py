import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tocsin.cli.moment import ago, utc
from tocsin.cli.output import aligned, printable, rich_table

ROWS = [["firing", "[red]not markup[/red] " + "x" * 90]]


def terminal(width, **options):
    return Console(file=io.StringIO(), force_terminal=True, width=width, **options)


def written(console):
    console.print(rich_table(("state", "details"), ROWS))
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
