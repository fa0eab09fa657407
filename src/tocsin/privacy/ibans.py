"""International bank account numbers (ISO 13616)."""

import re
from collections.abc import Iterator

from tocsin.privacy.checksums import mod97
from tocsin.privacy.reading import Finding, Reading

#: Country code → length, as the registry has them.
_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
_COMPACT_OR_GROUPED = re.compile(
    r"[A-Z]{2}\d\d(?:[A-Z0-9]{11,29}|(?P<gap>[ -])[A-Z0-9]{4}(?:(?P=gap)[A-Z0-9]{1,4}){1,7})", re.IGNORECASE | re.ASCII
)
#: How they begin, in a shape; and the word, by its rarest letter, for speed.
_BEGINNING, _BEGINNING_ANY_CASE = re.compile(rb"AA00"), re.compile(rb"(?:AA|aa)00")
_IBAN = re.compile(rb"b(?<=ib)an")


def ibans(reading: Reading) -> Iterator[Finding]:
    """Account numbers of a country's length that satisfy their check digits, in one piece or in groups.

    In lower case they are looked for where the text says that there are any.
    """
    beginnings = _BEGINNING_ANY_CASE if _IBAN.search(reading.lower) else _BEGINNING
    for beginning in beginnings.finditer(reading.shape):
        start = beginning.start()
        match = _COMPACT_OR_GROUPED.match(reading.text, start)
        if match and not reading.text[max(start - 1, 0) : start].isalnum():
            end = _end(reading.text, match)
            if end:
                yield Finding(start, end, "iban")


def _end(text: str, match: re.Match[str]) -> int:
    """Where the account number ends; 0 if it is none."""
    gap, length = match["gap"], _LENGTHS.get(match[0][:2].upper(), 0)
    size = length + (length - 1) // 4 if gap else length
    written = match[0][:size]
    compact = written.replace(gap, "") if gap else written
    follows = text[match.start() + size : match.start() + size + 1]
    if not length or len(compact) != length or follows.isalnum() or follows == "_":
        return 0
    return match.start() + size if mod97(compact) else 0
