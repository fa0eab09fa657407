import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.syntax.quoting import quote, quote_rune, quote_value, unquote, unquote_rune


@given(st.text())
def test_what_is_quoted_is_read_back(text):
    assert unquote(quote(text)) == text
    assert unquote(quote_value(text)) == text


@given(st.characters(exclude_categories=["Cs"]))
def test_a_character_is_read_back(character):
    assert unquote_rune(quote_rune(ord(character))) == ord(character)


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r'"\a\t\"\\"', '\a\t"\\'),
        (r'"\x41\101\u00e9\U0001f514"', "AAé🔔"),
        (r'"\xc3\xa9"', "é"),
        ("`\\x41\r\n`", "\\x41\n"),
    ],
)
def test_escapes(literal, text):
    assert unquote(literal) == text


@pytest.mark.parametrize("literal", [r'"\q"', r'"\x4"', r'"\400"', r'"\ud800"', r'"\U00110000"', r'"\xff"', '"\\"'])
def test_what_is_no_text(literal):
    with pytest.raises(ValueError):
        unquote(literal)


def test_bytes_that_are_no_utf_8():
    assert unquote(r'"\xff"', errors="surrogateescape") == "\udcff"


@pytest.mark.parametrize(("literal", "code"), [("'a'", 97), (r"'\''", 39), (r"'\xff'", 255), (r"'\377'", 255)])
def test_characters(literal, code):
    assert unquote_rune(literal) == code


@pytest.mark.parametrize("literal", ["'ab'", "''"])
def test_a_character_is_one(literal):
    with pytest.raises(ValueError, match="malformed character constant"):
        unquote_rune(literal)
