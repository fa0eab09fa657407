import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.series import Matcher
from tocsin.series.labels import drop_name, format_labels, from_mapping, get, only, replace, without


@pytest.mark.parametrize(
    ("op", "value", "matching", "other"),
    [
        ("=", "a", ["a"], ["", "b", "aa"]),
        ("!=", "a", ["", "b"], ["a"]),
        ("=~", "a|b", ["a", "b"], ["", "ab", "a|b"]),
        ("!~", "a|b", ["", "ab"], ["a", "b"]),
        ("=~", "a|", ["a", ""], ["b"]),
        ("=~", "5..", ["500", "5\n1"], ["50", "5000", "x500"]),
        ("=~", "(?i)pro.*", ["Production"], ["reprod"]),
        ("=~", "a(?i)b|c", ["aB", "C"], ["AB", "ac"]),
        ("=~", "(x(?i)y)z", ["xYz"], ["xyZ", "Xyz"]),
        ("=~", "[[:alpha:]_]+", ["a_B"], ["a1"]),
        ("=~", r"\Qa.b\E+", ["a.b", "a.bb"], ["axb"]),
        ("=~", r"\x{e9}", ["é"], ["e"]),
        ("=~", r"(?<n>a)b\z", ["ab"], ["ab\n"]),
        ("=~", r"\d+", ["12"], ["١٢"]),
        ("=~", "[a&&b]", ["&"], ["&&"]),
    ],
)
def test_matches_whole_values(op, value, matching, other):
    matcher = Matcher("x", op, value)
    assert [text for text in (*matching, *other) if matcher.matches(text)] == matching


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(a)\1", "back-references"),
        ("(?=a)", "look-around"),
        ("(?<!a)b", "look-around"),
        ("(?P=n)", "look-around"),
        ("(?>a)", "atomic"),
        ("a++", "possessive"),
        (r"\pL", "only what RE2 and Python both know"),
        ("[[:vowel:]]", "character class"),
        ("(a", "missing"),
        ("a)", "unbalanced"),
        ("*", "nothing to repeat"),
    ],
)
def test_refuses_what_is_not_re2(pattern, reason):
    with pytest.raises(ValueError, match=f"(?s)invalid regular expression.*{reason}"):
        Matcher("x", "=~", pattern)


def test_matchers_are_values():
    assert Matcher("x", "=~", "a.") == Matcher("x", "=~", "a.")
    assert len({Matcher("x", "=", "a"), Matcher("x", "=", "a"), Matcher("x", "!=", "a")}) == 2
    assert str(Matcher("x", "!~", 'a"b')) == 'x!~"a\\"b"'


@given(st.text(alphabet="ab|.*+?()[]^$\\{}1,-:=!<>Pixn", max_size=12))
def test_a_pattern_is_refused_or_compiled(pattern):
    try:
        matcher = Matcher("x", "=~", pattern)
    except ValueError:
        return
    matcher.matches("aab")


@given(st.text(max_size=8), st.text(max_size=8))
def test_an_escaped_text_matches_itself_only(text, other):
    matcher = Matcher("x", "=~", re.escape(text))
    assert matcher.matches(text)
    assert matcher.matches(other) == (other == text)


def test_labels():
    labels = from_mapping({"job": "a", "__name__": "up", "empty": "", "Zone": "z"})
    assert labels == (("Zone", "z"), ("__name__", "up"), ("job", "a"))
    assert (get(labels, "job"), get(labels, "nope")) == ("a", "")
    assert only(labels, ["job", "nope"]) == (("job", "a"),)
    assert without(labels, ["job"]) == (("Zone", "z"), ("__name__", "up"))
    assert drop_name(labels) == (("Zone", "z"), ("job", "a"))
    assert drop_name(drop_name(labels)) == drop_name(labels)
    assert replace(labels, {"job": "", "b": "c"}) == (("Zone", "z"), ("__name__", "up"), ("b", "c"))
    assert format_labels((("a", 'b"c\n'),)) == '{a="b\\"c\\n"}'
