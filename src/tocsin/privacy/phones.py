"""Telephone numbers: international ones by their plan, national ones by their form or by a word before them."""

import re
from collections.abc import Iterator

from tocsin.privacy import shapes
from tocsin.privacy.reading import Finding, Reading

#: Calling codes in use (ITU-T E.164), without those of satellites and services.
_CODES = re.compile(
    r"1|7|2(?:0|7|[1346]\d|5[0-8]|9[0178])|3(?:[0-469]|[578]\d)|4(?:[013-9]|2[013])|5(?:[1-8]|0\d|9\d)"
    r"|6(?:[0-6]|[789]\d)|8(?:[1246]|5[0-6]|8[06])|9(?:[0-58]|[679]\d)"
)
#: Seconds and milliseconds since 1970, in this century.
_MOMENT = re.compile(r"1[4-9]\d{8}(?:\d{3})?")
_NORTH_AMERICAN = re.compile(r"[2-9]\d{9}")
_INTERNATIONAL = re.compile(r"\+[1-9]\d{0,3}(?:[ ./-]?(?:\(\d{1,5}\) ?|\d{1,5})){1,7}")
_AREA = re.compile(r"(?:1[ -])?\([2-9]\d{2}\)[ -]?\d{3}[ .-]?\d{4}")
_TRUNK = re.compile(r"\(?00?[1-9]\d{0,4}\)?(?:[ /-]{1,3}\d{2,8}){1,5}")
_TRUNK_START = re.compile(r"0(?<![\w.,:+-]0)0?[1-9]\d{0,4}\)?[ /-]")


def is_north_american(number: str) -> bool:
    """Ten digits of the North American plan; with 1 before them eleven."""
    return _NORTH_AMERICAN.fullmatch(number.removeprefix("1") if len(number) == 11 else number) is not None


def is_dialled(number: str) -> bool:
    """Digits that may be dialled within a country, or with `00` from another."""
    return 7 <= len(number) <= 15 and len(set(number)) > 2 and _MOMENT.fullmatch(number) is None


def is_international(digits: str) -> bool:
    """Digits behind a `+`: a calling code in use, and as many as its plan may have."""
    code = _CODES.match(digits)
    if code is None:
        return False
    national = digits[code.end() :]
    if code[0] == "1":
        return is_north_american(national)
    return len(national) >= 6 and 8 <= len(digits) <= 15 and len(set(national)) > 1


def is_abroad(written: str) -> bool:
    """Whether a number in groups begins with `00` and a calling code in use."""
    digits = "".join(filter(str.isdigit, written))
    return digits.startswith("00") and is_international(digits[2:])


def phones(reading: Reading) -> Iterator[Finding]:
    """Numbers that begin with `+`, with an area code in parentheses, or with a trunk prefix."""
    if "+" in reading.text:
        for start in shapes.positions(reading.shape, b"+0"):
            yield from _international(reading, start)
    if "(" not in reading.text:
        return
    for start in shapes.positions(reading.shape, b"(000)"):
        match = _AREA.match(reading.text, start)
        if match and not _goes_on(reading.text, match.end()):
            yield Finding(start, match.end(), "phone")


def _international(reading: Reading, start: int) -> Iterator[Finding]:
    match = _INTERNATIONAL.match(reading.text, start)
    if match is None or reading.text[max(start - 1, 0) : start].isalnum() or _goes_on(reading.text, match.end()):
        return
    digits = "".join(filter(str.isdigit, match[0].replace("(0)", "")))
    if is_international(digits):
        yield Finding(start, match.end(), "phone")


def trunk_candidates(reading: Reading) -> Iterator[tuple[int, int]]:
    """Places that look like a national number with its trunk prefix, in groups."""
    for begin in _TRUNK_START.finditer(reading.text):
        start = begin.start() - (reading.text[begin.start() - 1 : begin.start()] == "(")
        match = _TRUNK.match(reading.text, start)
        if match and is_dialled("".join(filter(str.isdigit, match[0]))) and not _goes_on(reading.text, match.end()):
            yield start, match.end()


def _goes_on(text: str, end: int) -> bool:
    following = text[end : end + 2]
    return following[:1].isalnum() or following[:1] == "_" or (following[:1] in {"-", "."} and following[1:].isalnum())
