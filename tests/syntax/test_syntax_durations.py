import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.syntax.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("15s", 15),
        ("500ms", 0.5),
        ("1h30m", 5400),
        ("-5m", -300),
        ("2d", 172_800),
        ("1w", 604_800),
        ("1y2w3d4h5m6s7ms", 33_019_506.007),
    ],
)
def test_durations_of_prometheus(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty duration string"),
        ("-", "empty duration string"),
        ("5", "not a valid duration string"),
        ("5m1h", "not a valid duration string"),
        ("1.5h", "not a valid duration string"),
        ("5 m", "not a valid duration string"),
        ("५s", "not a valid duration string"),
        ("5parsecs", 'unknown unit "parsecs"'),
        ("300y", "duration out of range"),
    ],
)
def test_texts_that_are_no_duration(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=10**12))
def test_what_is_written_is_read_back(milliseconds):
    assert parse_duration(format_duration(milliseconds / 1000)) == milliseconds / 1000
