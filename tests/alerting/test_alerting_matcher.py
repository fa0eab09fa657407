import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.alerting import Matcher
from tocsin.alerting.matcher import parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('severity="critical"', [("severity", "=", "critical")]),
        ("severity = critical", [("severity", "=", "critical")]),
        ("{foo=bar, dings!=bums, }", [("foo", "=", "bar"), ("dings", "!=", "bums")]),
        ('status=~"5..",job!~"a|b"', [("status", "=~", "5.."), ("job", "!~", "a|b")]),
        ("foo=", [("foo", "=", "")]),
        ('foo=""', [("foo", "=", "")]),
        ("{}", []),
        ("", []),
        (r'quote="She said: \"Hi, ladies!\""', [("quote", "=", 'She said: "Hi, ladies!"')]),
        (r'foo="a\tb"', [("foo", "=", r"a\tb")]),
        (r"foo=a\nb", [("foo", "=", "a\nb")]),
        ("foo=bar baz", [("foo", "=", "bar baz")]),
        ("foo==bar", [("foo", "=", "=bar")]),
        ("a:b=c", [("a:b", "=", "c")]),
        ('"foo bar"="baz"', [("foo bar", "=", "baz")]),
        (r'"tab\u0009"="a\x41\101\n"', [("tab\t", "=", "aAA\n")]),
        ("föö=bär", [("föö", "=", "bär")]),
        ("{föö=~bär,foo!=x}", [("föö", "=~", "bär"), ("foo", "!=", "x")]),
    ],
)
def test_matchers_are_read(text, expected):
    assert [(matcher.name, matcher.op, matcher.value) for matcher in parse(text)] == expected


@pytest.mark.parametrize(
    "text", ["foo", "=bar", 'foo="bar', 'foo=b"ar', ",foo=bar", "1foo=~bar baz", '"foo"="b"ar', "{föö=bar", '"\\q"=x']
)
def test_what_is_no_matcher_is_refused(text):
    with pytest.raises(ValueError, match="is no matcher, write one like"):
        parse(text)


def test_a_malformed_expression_is_named():
    with pytest.raises(ValueError, match=r"invalid regular expression 'a\('"):
        parse("foo=~a(")


@pytest.mark.parametrize(
    ("text", "value", "matches"),
    [
        ("foo=bar", "bar", True),
        ("foo=bar", "", False),
        ("foo=", "", True),
        ("foo!=bar", "", True),
        ("foo=~ba.", "bar", True),
        ("foo=~ba.", "bart", False),
        ("foo=~a|b", "b", True),
        ("foo=~.*", "", True),
        ("foo!~.+", "", True),
        ("foo!~ba.", "bar", False),
        ('foo=~"(?i)BAR"', "bar", True),
    ],
)
def test_values_match_as_a_whole_and_absent_ones_are_empty(text, value, matches):
    [matcher] = parse(text)
    assert matcher.matches({"foo": value} if value else {}) is matches


@pytest.mark.parametrize("expression", ["^(?:(?i)BAR)$", "[[:alpha:]]+", r"\Qbar\E", "b(?i)AR", r"bar\z"])
def test_expressions_are_re2s(expression):
    assert Matcher("foo", "=~", expression).matches({"foo": "bar"})


@pytest.mark.parametrize("expression", ["(?=bar)bar", r"(b)\1", "(?>bar)", "b++", "("])
def test_what_re2_does_not_have_is_refused(expression):
    with pytest.raises(ValueError, match="invalid regular expression"):
        Matcher("foo", "=~", expression)


def test_no_expression_takes_for_ever():
    assert not Matcher("foo", "=~", "(a+)+b").matches({"foo": "a" * 200})
    assert not Matcher("foo", "=~", "(a|.)*b").matches({"foo": "a\nb"})


@pytest.mark.parametrize(
    ("matcher", "text"),
    [
        (Matcher("foo", "=", 'a"b\\c\nd\te'), 'foo="a\\"b\\\\c\\nd\te"'),
        (Matcher("foo bar", "!=", "\t\u200b\x7f\U000e0001é"), r'"foo bar"!="\t\u200b\x7f\U000e0001é"'),
        (Matcher("föö", "=~", "x"), 'föö=~"x"'),
    ],
)
def test_a_matcher_is_written_as_in_keys(matcher, text):
    assert str(matcher) == text


@given(st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]*", fullmatch=True), st.sampled_from(["=", "!="]), st.text())
def test_what_is_written_is_read_again(name, op, value):
    assert parse(str(Matcher(name, op, value))) == (Matcher(name, op, value),)


@given(st.text(min_size=1).map(lambda text: f"{text} é"), st.text())
def test_names_in_utf8_are_read_again(name, value):
    matcher = Matcher(name, "=", value)
    assert parse(str(matcher)) == (matcher,)


@given(st.text(alphabet='ab1,="\\{}~! \né'))
def test_any_text_is_read_or_refused(text):
    try:
        matchers = parse(text)
    except ValueError:
        return
    assert parse(",".join(map(str, matchers))) == matchers
