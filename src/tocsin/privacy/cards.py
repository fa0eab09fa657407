"""Payment cards: issuer's prefix, length, check digit."""

import re

from tocsin.privacy.checksums import luhn

#: First digits of a card number → its possible lengths, the usual one first.
_LENGTHS: tuple[tuple[re.Pattern[str], tuple[int, ...]], ...] = tuple(
    (re.compile(prefix), lengths)
    for prefix, lengths in (
        (r"4", (16, 13, 19)),
        (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),
        (r"3[47]", (15,)),
        (r"6011|64[4-9]|65", (16, 19)),
        (r"62", (16, 17, 18, 19)),
        (r"36|38|39|30[0-5]", (14, 16)),
        (r"35", (16, 17, 18, 19)),
        (r"220[0-4]", (16, 17, 18, 19)),
        (r"50|5[6-8]|6", (16, 18, 19)),
    )
)


def is_card(number: str) -> bool:
    """Whether digits are a payment card's number: prefix and length of an issuer, ISO/IEC 7812's check digit."""
    lengths = next((lengths for prefix, lengths in _LENGTHS if prefix.match(number)), ())
    return len(number) in lengths and luhn(number)
