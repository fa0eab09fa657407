"""Check digits: what tells a card number or an IBAN from any other number."""

import re

#: First digits of a card number → its possible lengths.
_CARD_LENGTHS: tuple[tuple[re.Pattern[str], tuple[int, ...]], ...] = tuple(
    (re.compile(prefix), lengths)
    for prefix, lengths in (
        (r"4", (16, 13, 19)),
        (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),
        (r"3[47]", (15,)),
        (r"6011|64[4-9]|65|62", (16, 19)),
        (r"36|38|39|30[0-5]", (14, 16)),
        (r"35", (16,)),
        (r"50|5[6-8]|6[0-9]", (16, 19)),
    )
)
#: Country code → length of its IBANs, as the ISO 13616 registry has them.
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU",
        31: "MT SC",
        32: "LC",
    }.items()
    for country in countries.split()
}


def card_length(text: str) -> int:
    """Characters at the beginning of `text` that are a payment card's number, its separators included; 0 if none.

    The number has its issuer's prefix and length and satisfies ISO/IEC 7812's check digit.
    """
    digits = "".join(filter(str.isdigit, text))
    lengths = next((lengths for prefix, lengths in _CARD_LENGTHS if prefix.match(digits)), ())
    return next((_span(text, n) for n in lengths if _ends_at(text, n) and _satisfies_luhn(digits[:n])), 0)


def iban_length(text: str) -> int:
    """Characters at the beginning of `text` that are an IBAN, its spaces included; 0 if none (ISO 13616, mod 97)."""
    length = _IBAN_LENGTHS.get(text[:2], 0)
    compact = text.replace(" ", "")[:length]
    if not length or len(compact) < length or not _ends_at(text, length):
        return 0
    number = "".join(str(int(character, 36)) for character in compact[4:] + compact[:4])
    return _span(text, length) if int(number) % 97 == 1 else 0


def _satisfies_luhn(number: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return len(set(number)) > 1 and (sum(map(int, number[-1::-2])) + sum(doubled)) % 10 == 0


def _span(text: str, count: int) -> int:
    """Characters up to and with the `count`-th letter or digit; all of them where there are fewer."""
    positions = (index for index, character in enumerate(text, start=1) if character.isalnum())
    return next((index for seen, index in enumerate(positions, start=1) if seen == count), len(text))


def _ends_at(text: str, count: int) -> bool:
    """Whether there are `count` letters and digits, and no further one directly behind them."""
    end = _span(text, count)
    return sum(map(str.isalnum, text[:end])) == count and not text[end : end + 1].isalnum()
