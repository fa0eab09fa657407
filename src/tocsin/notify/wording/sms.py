"""What fits into text messages."""

import math

#: Characters that cost one place, and those that cost two, in GSM 03.38.
_ONE = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO = frozenset("^{}\\[~]|€")
_ELLIPSIS = "..."


def segments(text: str) -> int:
    """How many text messages carriers count: of 160 places, or of 70 where one character is not in their alphabet."""
    gsm = _is_gsm(text)
    places = sum(2 if char in _TWO else 1 for char in text) if gsm else len(text.encode("utf-16-le")) // 2
    alone, joined = (160, 153) if gsm else (70, 67)
    return 1 if places <= alone else math.ceil(places / joined)


def fit(text: str, *, limit: int) -> str:
    """The text, cut at its end so that it needs no more than `limit` messages."""
    if segments(text) <= limit:
        return text
    kept, dropped = 0, len(text)
    while dropped - kept > 1:
        middle = (kept + dropped) // 2
        if segments(text[:middle].rstrip() + _ELLIPSIS) <= limit:
            kept = middle
        else:
            dropped = middle
    return text[:kept].rstrip() + _ELLIPSIS


def _is_gsm(text: str) -> bool:
    return all(char in _ONE or char in _TWO for char in text)
