import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.series import Matcher
from tocsin.syntax.linear import compile_linear, may_explode

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\w", "^", "$", r"\b", "(?i:A)", r"\x61", "[]b]"])
REPEATS = st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "*?", "+?"])


def larger(patterns):
    return st.one_of(
        st.tuples(patterns, patterns).map("".join),
        st.tuples(patterns, patterns).map("|".join),
        patterns.map("({})".format),
        st.tuples(patterns, REPEATS).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    )


@given(st.recursive(ATOMS, larger, max_leaves=8), st.text("abAc\n -", max_size=8))
def test_agrees_with_backtracking(pattern, text):
    wanted = re.compile(pattern, re.DOTALL | re.ASCII).fullmatch(text) is not None
    assert compile_linear(pattern)(text) is wanted


@pytest.mark.parametrize(
    "pattern", ["(a+)+b", "(a|a)*b", "(a|aa)+c", "a*a*a*a*a*a*b", "(x?a+a+)+y", "((a{0,30}){0,30})*b"]
)
def test_no_pattern_explodes(pattern):
    assert may_explode(pattern)
    matcher = Matcher("x", "=~", pattern)
    assert not matcher.matches("a" * 300)
    assert matcher.matches("a" * 300 + pattern[-1])


@pytest.mark.parametrize("pattern", [".*foo.*", "5..", "a|b.*", ".+-.+", "(GET|POST)?", "(?i)pro.*"])
def test_usual_patterns_are_left_to_re(pattern):
    assert not may_explode(pattern)
