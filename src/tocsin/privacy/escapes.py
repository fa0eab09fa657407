r"""Characters written as codes, as URLs (`%40`) and JSON (`\u00fc`) do: what is masked has to be seen through them."""

import re
from collections.abc import Sequence

_CODE = re.compile(r"%([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})")
#: Where these are encoded, they do not separate.
_DATA = "&;"


def has_codes(text: str) -> bool:
    """Whether there may be any; costs next to nothing."""
    return "%" in text or "\\" in text


def decode(text: str) -> tuple[str, Sequence[int]]:
    """The text with characters for codes, and where in `text` each of its characters begins.

    One more place says where the text ends. What is encoded lest it separate is `_`; encoded bytes beyond ASCII stand
    for a letter each.
    """
    parts: list[str] = []
    places: list[int] = []
    done = 0
    for match in _CODE.finditer(text):
        character = chr(int(match[1] or match[2], 16))
        parts += text[done : match.start()], "_" if character in _DATA else character
        places += range(done, match.start() + 1)
        done = match.end()
    if not done:
        return text, range(len(text) + 1)
    return "".join((*parts, text[done:])), [*places, *range(done, len(text) + 1)]
