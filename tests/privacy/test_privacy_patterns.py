"""Regular expressions of users: those that cannot take long are taken, the others refused, and told why."""

import time

import pytest

from tocsin.privacy import Masker, Policy
from tocsin.privacy.patterns import LONGEST_PIECE, PatternError, compile_bounded


@pytest.mark.parametrize(
    "pattern",
    [
        r"ORD-\d+",
        r"\bE-[0-9]{6}\b",
        r"[\w.]+@corp\.example",
        r"(?i)customer[ -]?no\.? ?\d{4,12}",
        r"(?:\d{1,3}\.){3}\d{1,3}",
        r"(foo|bar)-\d+",
        r"(?:alice|bob)+",
        r"\d{4}(?: \d{4}){3}",
        r".{0,40}secret",
        r"K\d+(?=/)",
        r"(?<=id=)\w+",
        r"[^,;]+;\d",
        r"name: .*",
        r"é+\d",
    ],
)
def test_what_is_taken(pattern):
    assert compile_bounded(pattern).pattern == pattern


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a+)+b", "bound both"),
        (r"(a|a)*b", "bound both"),
        (r"(?:a*)*c", "bound both"),
        (r"(.*)*x", "bound both"),
        (r"(\w+\s?)+:", "bound both"),
        (r"(a|ab|b)+c", "bound both"),
        (r"a*a*a*b", "very long"),
        (r".*.*x", "very long"),
        (r"(?:a?){30}a{30}", "very long"),
        (r"\w+\w+\w+!", "very long"),
        (r"\d+\d+x", "very long"),
        (r"(x)\1", "back-reference"),
        (r"(", "no regular expression"),
        (r"a*", "empty text"),
        (r"|a", "empty text"),
        ("a" * 2_000, "characters"),
    ],
)
def test_what_is_refused(pattern, why):
    with pytest.raises(PatternError, match=why):
        compile_bounded(pattern)


EVIL = ["a" * 60_000, "1" * 60_000, "a " * 30_000, "x" * 60_000 + "\n", "\n" * 60_000, "ab" * 30_000]


@pytest.mark.parametrize(
    "pattern",
    [r".{0,40}.{0,40}q", r".*q", r"[a-z ]+\d", r"(?:a?){10}b", r"(?:a|ab|b){1,10}c", r"\w+q", r"(?:a+,?){1,2}b"],
)
def test_what_is_taken_takes_no_time(pattern):
    masker = Masker(policy=Policy.of({"patterns": {"mine": pattern}}))
    for text in EVIL:
        started = time.perf_counter()
        masker.mask(text)
        assert time.perf_counter() - started < 6.0


def test_a_pattern_sees_a_line_at_a_time():
    mask = Masker(policy=Policy.of({"patterns": {"mine": "a[^b]*b"}})).mask
    assert mask("a12b\na\nb") == "[mine]\na\nb"
    assert mask("x" * LONGEST_PIECE + "a12b") == "x" * LONGEST_PIECE + "[mine]"
