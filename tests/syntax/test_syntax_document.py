"""Every problem of a document with its line; what is absent, null or unreadable counts as absent."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.syntax.document import DocumentError, Findings, Problem, parse


def read(text):
    findings = Findings()
    return parse(text, findings), findings


def problems(text, ask=lambda _: None):
    section, findings = read(text)
    if section is not None:
        ask(section)
    return [str(problem) for problem in findings.problems]


def test_every_kind_of_value():
    section, findings = read("""\
text: 1.0
flag: yes
whole: 7
integer: -0x10
number: .inf
duration: 1h30m
texts: [a, 2]
pairs: {a: b, c: }
section: {inside: true}
sections: [{a: 1}, {a: 2}]
""")
    assert section.text("text") == "1.0"
    assert section.flag("flag", default=False)
    assert section.whole("whole", 0) == 7
    assert section.integer("integer", 0) == -16
    assert section.number("number", 0.0) == math.inf
    assert section.duration("duration", 0.0) == 5400
    assert [(text.line, text.value) for text in section.texts("texts")] == [(7, "a"), (7, "2")]
    assert {name: text and text.value for name, text in section.pairs("pairs").items()} == {"a": "b", "c": None}
    assert section.section("section").flag("inside", default=False)
    assert [each.path for each in section.sections("sections")] == ["sections[0]", "sections[1]"]
    section.close()
    assert findings == Findings()


@pytest.mark.parametrize("text", ["", "null", "# nothing", "a:", "a: ~"])
def test_what_is_absent_has_the_default(text):
    section, findings = read(text)
    assert (section.text("a", "x"), section.whole("a", 3), section.number("a", 0.5)) == ("x", 3, 0.5)
    assert (section.duration("a", 60.0), section.texts("a"), section.section("a")) == (60.0, [], None)
    assert findings.problems == []


@pytest.mark.parametrize(
    ("ask", "problem"),
    [
        (lambda section: section.text("a"), "2: a: must be a text, not a list"),
        (lambda section: section.section("a"), "2: a: must be a mapping, not a list"),
        (lambda section: section.texts("b"), "3: b: must be a list of texts, not 'x'"),
        (lambda section: section.texts("a"), "2: a: must be a list of texts, a list is in it"),
        (lambda section: section.sections("a"), "2: a: must be a list of mappings, 'y' is in it"),
        (lambda section: section.flag("b", default=True), "3: b: must be true or false, not 'x'"),
        (lambda section: section.whole("b", 0), "3: b: must be a whole number, not 'x'"),
        (lambda section: section.integer("b", 0), "3: b: must be a whole number, not 'x'"),
        (lambda section: section.number("b", 0.0), "3: b: must be a number such as 1, 0.5, .inf or .nan, not 'x'"),
        (lambda section: section.duration("b", 0.0), "3: b: 'x' is no duration, write one like 30s, 5m or 1h30m"),
        (lambda section: section.close(), "3: b: is not known here, known are "),
    ],
)
def test_what_cannot_be_read_is_a_problem(ask, problem):
    assert problem in problems("# a comment\na: [y, [z]]\nb: x\n", ask)


def test_an_unknown_key_may_be_a_slip():
    def ask(section):
        section.text("receiver")
        section.close()

    assert problems("reciever: a", ask) == ["1: reciever: is not known here, did you mean receiver?"]


def test_what_a_mapping_says_itself_counts_before_what_it_refers_to():
    section, findings = read("base: &base {a: 1, b: 2}\nown: {<<: *base, b: 3}\n")
    own = section.section("own")
    assert (own.text("a"), own.text("b"), findings.problems) == ("1", "3", [])


@pytest.mark.parametrize(("text", "line"), [("a: 1\na: 2\n", 2), ("{a: 1, a: 2}", 1), ("b: {c: 1,\n c: 2}", 2)])
def test_a_key_is_set_once(text, line):
    [problem] = problems(text)
    assert problem.startswith(f"{line}: ")
    assert "is set twice" in problem


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {<<: *a}", "[" * 300 + "]" * 300, "{a: " * 5000])
def test_nothing_goes_on_without_end(text):
    [problem] = problems(text)
    assert "is not YAML" in problem


def test_the_root_is_a_mapping():
    findings = Findings()
    assert parse("- a", findings, of="the rule file") is None
    assert findings.problems == [Problem(1, "", "the rule file must be a mapping, not a list")]


def test_an_error_has_each_problem_once_and_by_line():
    later, sooner = Problem(10, "b", "is wrong"), Problem(9, "", "is wrong too")
    assert str(DocumentError("x.yml", [later, sooner, later])) == "x.yml:9: is wrong too\nx.yml:10: b: is wrong"


@given(st.text())
def test_any_text_is_read_or_a_problem(text):
    section, findings = read(text)
    assert section is not None or findings.problems
