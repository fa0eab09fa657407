"""What a template can reach, and how much it may use."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.gotemplate import KV, Limits, Template, TemplateError, alertmanager_functions, prometheus_functions
from tocsin.gotemplate.formatting import shortest
from tocsin.gotemplate.layout import parse_time
from tocsin.gotemplate.lexer import Kind, Lexer
from tocsin.gotemplate.timestamp import Time


@dataclass(frozen=True)
class Secretive:
    name: str = "a"
    secret: str = "s3cret"

    go_type = "test.Secretive"
    exported = {"Name": "name", "Hello": "hello"}  # noqa: RUF012

    def hello(self, whom: str) -> str:
        return f"hello {whom}"


def render(text, data=None, **options):
    options.setdefault("functions", alertmanager_functions())
    return Template.parse(text, name="t").render(data, **options)


def test_fields_and_methods_that_a_class_exports():
    assert render('{{ .Name }} {{ .Hello "you" }} {{ "me" | .Hello }}', Secretive()) == "a hello you hello me"


@pytest.mark.parametrize("name", ["secret", "Secret", "__class__", "__dict__", "hello", "_name"])
def test_nothing_else_of_an_object_is_there(name):
    with pytest.raises(TemplateError, match=rf"can't evaluate field {name} in type test.Secretive"):
        render(f"{{{{ .{name} }}}}", Secretive())


@pytest.mark.parametrize("data", ["text", 1, 1.5, True, [1], len, object()])
def test_values_have_no_attributes(data):
    with pytest.raises(TemplateError, match="can't evaluate field __class__ in type"):
        render("{{ .__class__ }}", data)


def test_labels_that_are_missing_are_empty():
    assert render("[{{ .a }}{{ .b }}]", {"a": "x"}) == "[x]"
    with pytest.raises(TemplateError, match='map has no entry for key "b"'):
        render("{{ .b }}", {"a": "x"}, missing_key_fails=True)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{{ range 1000000000 }}{{ end }}", "needs more than 1000 steps"),
        ("{{ range 500 }}{{ range 500 }}{{ end }}{{ end }}", "needs more than 1000 steps"),
        ("{{ range 200 }}0123456789{{ end }}", "the output is longer than 1000 characters"),
        ('{{ $x := "0123456789" }}{{ range 20 }}{{ $x = print $x $x }}{{ end }}', "the result of print is longer"),
        ('{{ define "r" }}{{ template "r" }}{{ end }}{{ template "r" }}', "exceeded maximum template depth"),
        (
            '{{ define "r" }}{{ if true }}{{ with 1 }}{{ template "r" }}{{ end }}{{ end }}{{ end }}{{ template "r" }}',
            "depth",
        ),
    ],
)
def test_bounds(text, complaint):
    with pytest.raises(TemplateError, match=re.escape(complaint)):
        render(text, limits=Limits(characters=1000, steps=1000))


@pytest.mark.parametrize("opening", ["{{ if 1 }}", "{{ range 1 }}", "{{ with 1 }}"])
def test_nesting_is_bounded(opening):
    with pytest.raises(TemplateError, match="nested deeper than 32 levels"):
        Template.parse(opening * 10_000)
    with pytest.raises(TemplateError, match="nested deeper than 32 levels"):
        Template.parse("{{" + "(" * 100 + "1" + ")" * 100 + "}}")


def test_values_nested_too_deeply_are_an_error_of_the_template():
    with pytest.raises(TemplateError, match="a value is nested too deeply"):
        render("{{ $x := list }}{{ range 20000 }}{{ $x = list $x }}{{ end }}{{ $x }}")


def test_a_string_is_no_list_and_a_boolean_no_number():
    for text in ('{{ join "," "abc" }}', "{{ slice (list 1) true }}"):
        with pytest.raises(TemplateError, match="wrong type for value; expected "):
            render(text)


def test_a_struct_prints_its_fields():
    assert render("{{ . }}", Secretive()) == "{a}"


def test_widths_are_bounded():
    assert render('{{ printf "%999999999d" 1 }}') == "%!(BADWIDTH)1"


def test_long_texts_are_not_given_to_regular_expressions():
    with pytest.raises(TemplateError, match="regular expressions take at most 65536"):
        render('{{ match "(a+)+$" . }}', "a" * 70_000)


def test_errors_of_functions_are_errors_of_the_template():
    def fails():
        raise LookupError("nothing there")

    with pytest.raises(
        TemplateError, match=r'^template: t:1:3: executing "t" at <fails>: error calling fails: nothing'
    ):
        render("{{ fails }}", functions={"fails": fails})


def test_templates_of_another_are_shared_and_blamed():
    base = Template.parse('{{ define "list" }}\n{{ range . }}{{ .a.b }}{{ end }}{{ end }}', name="base")
    template = Template.parse('{{ template "list" . }}', name="mail", base=base)
    assert template.render([{"a": {"b": "x"}}, {"a": {"b": "y"}}]) == "\nxy"
    with pytest.raises(TemplateError, match=r'template: base:2:\d+: executing "list" at <.a.b>'):
        template.render([{"a": "x"}])
    assert template.named("list").render([]) == "\n"


@pytest.mark.parametrize(
    ("text", "data", "html"),
    [
        ("<p>{{ . }}</p>", "<b>&\"'", "<p>&lt;b&gt;&amp;&#34;&#39;</p>"),
        ('<a title="{{ . }}">', 'a"b<', '<a title="a&#34;b&lt;">'),
        ("<a title={{ . }}>", "a b=c", "<a title=a&#32;b&#61;c>"),
        ('<a href="{{ . }}">', "javascript:alert(1)", '<a href="#ZgotmplZ">'),
        ('<a href="{{ . }}">', "https://example.com/a b?c=d&e", '<a href="https://example.com/a%20b?c=d&amp;e">'),
        ('<a href="/s?q={{ . }}">', "a b&c=d", '<a href="/s?q=a%20b%26c%3dd">'),
        ('<a href="{{ . }}/x?q={{ . }}">', "a/b", '<a href="a/b/x?q=a%2fb">'),
        ("<!-- {{ . }} -->{{ . }}", "x", "x"),
        ("<style>p { color: red }</style>{{ . }}", "<", "<style>p { color: red }</style>&lt;"),
        ("{{ .none }}", {}, ""),
    ],
)
def test_html_is_escaped_for_its_place(text, data, html):
    assert render(text, data, html=True) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>{{ . }}</script>",
        "<style>{{ . }}</style>",
        '<p onclick="{{ . }}">',
        '<p style="{{ . }}">',
        "<p {{ . }}>",
    ],
)
def test_html_has_places_for_no_value(text):
    with pytest.raises(TemplateError, match="a value cannot stand inside"):
        render(text, "x", html=True)


def test_label_sets():
    kv = KV(severity="page", alertname="A", job="shop")
    assert render("{{ . }}", kv) == "alertname=A, job=shop, severity=page"
    assert render(
        '{{ range .SortedPairs }}{{ .Name }}={{ .Value }};{{ end }}{{ (.Remove (stringSlice "job")).Names }}', kv
    ) == ("alertname=A;job=shop;severity=page;[alertname severity]")


@given(st.floats())
def test_the_shortest_form_of_a_number_is_the_number(value):
    assert float(shortest(value)) == value or value != value  # noqa: PLR0124  NaN


@given(st.integers(-(2**60), 2**60))
def test_times_survive_their_own_layout(nanoseconds):
    layout = "2006-01-02T15:04:05.999999999Z07:00"
    moment = Time(nanoseconds // 1_000_000_000 * 1_000_000_000)
    assert Time.from_datetime(parse_time("2006-01-02T15:04:05Z07:00", moment.format(layout))) == moment


@given(st.text(st.sampled_from("{}$.|():=-+ \n\"'`aif01end/*,rng") | st.characters(), max_size=40))
@settings(max_examples=300)
def test_any_text_is_parsed_or_refused(text):
    try:
        Template.parse("{{" + text).render({"a": "b"}, functions=prometheus_functions())
    except TemplateError as error:
        complaint = str(error)
    else:
        complaint = "template: none"
    assert complaint.startswith("template: ")


@given(st.text(st.sampled_from("{}- \nabc"), max_size=30))
def test_tokens_cover_all_text_outside_of_actions(text):
    if "{{" not in text:
        assert [token.text for token in Lexer(text, "t").tokens() if token.kind is Kind.TEXT] == [text][: len(text)]


@pytest.mark.parametrize(
    ("text", "output"),
    [
        (r'{{ "\xc3\xa9" }}', "é"),
        (r'{{ "\xff" }}', "\ufffd"),
        ('{{ slice "é" 0 1 }}', "\ufffd"),
        ('{{ slice "é" 0 1 }}{{ slice "é" 1 }}', "é"),
        ("{{ . }}", "\ufffd"),
    ],
)
def test_what_comes_out_can_be_written(text, output):
    assert render(text, "\ud800") == output
