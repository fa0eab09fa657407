"""Finding what fits an alert among many matchers gives what asking each of them gives."""

from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.alerting.lookup import Lookup
from tocsin.alerting.matcher import Matcher

VALUES = ("", "a", "ab", "abc", "a-1", "a-10", "b", "a.c", "A", "a\nb")
EXPRESSIONS = (
    *("a", "ab?", "ab*", "ab+c", "a-1.*", "a-1", "a|b", "(a|b).*", ".*", ".+", "", "a{1}b", "a[b-]1?", r"a\.c", "a.c"),
    *("^(?:a-.*)$", "(?i)AB", "a-10|ab", "[ab]", "a()b", "a-1.?"),
)
NAMES = ("x", "y")
matchers = st.one_of(
    st.builds(Matcher, st.sampled_from(NAMES), st.sampled_from(["=", "!="]), st.sampled_from(VALUES)),
    st.builds(Matcher, st.sampled_from(NAMES), st.sampled_from(["=~", "!~"]), st.sampled_from(EXPRESSIONS)),
)
labels = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES[1:]))


@given(st.lists(st.lists(matchers, max_size=3), max_size=8), st.lists(labels, min_size=1, max_size=5))
@example([[Matcher("x", "=~", "a-1.*")], [Matcher("x", "=~", "a-10|ab")]], [{"x": "a"}, {"x": "a-10"}])
@example([[Matcher("x", "=", "a"), Matcher("x", "=", "a")]], [{"x": "a"}])
def test_as_if_each_was_asked(lists, seen):
    lookup = Lookup((given, number) for number, given in enumerate(lists))
    for each in (*seen, *seen):
        expected = [number for number, given in enumerate(lists) if all(matcher.matches(each) for matcher in given)]
        assert list(lookup.fitting(each)) == expected


@given(st.sampled_from(EXPRESSIONS), st.text("ab-1.c\n", max_size=6))
def test_all_that_an_expression_accepts_begins_with_its_prefix(expression, text):
    matcher = Matcher("x", "=~", expression)
    if matcher.accepts(text):
        assert text.startswith(matcher.prefix)
