"""Output for HTML documents: each value is escaped for the place where it stands, as Go's html/template does."""

import re
from enum import Enum, auto
from string import ascii_letters, digits
from typing import ClassVar, Final

from tocsin.gotemplate.builtins import escape_html
from tocsin.gotemplate.errors import TemplateError
from tocsin.gotemplate.formatting import text_of
from tocsin.gotemplate.writer import TextWriter

_URL_ATTRIBUTES: Final = frozenset(
    {"action", "archive", "background", "cite", "classid", "codebase", "data", "formaction", "href", "icon"}
    | {"longdesc", "manifest", "poster", "profile", "src", "usemap", "xmlns"}
)
_TAG_START = re.compile(r"<!--|<(?P<name>/?[A-Za-z][\w-]*)")
_TAG_PART = re.compile(r"\s+|/|(?P<end>>)|(?P<name>[^\s=>/]+)(?P<equals>\s*=\s*(?P<quote>[\"']?))?")
_UNQUOTED_END = re.compile(r"[\s>]")
_SAFE_SCHEME = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
#: What Go puts in the place of a URL that could run code.
_UNSAFE_URL: Final = "#ZgotmplZ"
_URL_UNRESERVED: Final = frozenset(ascii_letters + digits + "-._~")
_URL_CHARACTERS: Final = _URL_UNRESERVED | frozenset("%!#$&*+,/:;=?@[]")
_UNQUOTED = {character: f"&#{ord(character)};" for character in " \t\n\r\f=`"}


class SafeHtml(str):
    """Text that is HTML already: not escaped again."""

    __slots__ = ()
    go_type: ClassVar[str] = "template.HTML"


class SafeUrl(str):
    """Text that is a URL already: only made to fit into an attribute."""

    __slots__ = ()
    go_type: ClassVar[str] = "template.URL"


class _Place(Enum):
    TEXT = auto()
    COMMENT = auto()
    RAW = auto()
    TAG = auto()
    VALUE = auto()


class HtmlWriter(TextWriter):
    """Follows the document as it is written. Values inside scripts, styles and tag names are refused."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._place = _Place.TEXT
        self._element = ""
        self._attribute = ""
        self._quote = ""
        #: The attribute's value so far.
        self._written = ""

    def text(self, text: str) -> None:
        """Append a part of the document, without its comments, and follow where it leads."""
        position = 0
        while position < len(text):
            place, start, position = self._place, position, self._follow(text, position)
            if self._place is _Place.COMMENT:
                super().text(text[start:position].partition("<!--")[0] if place is _Place.TEXT else "")
            elif place is not _Place.COMMENT:
                super().text(text[start:position])

    def value(self, value: object) -> None:
        """Append a value, escaped; nothing for no value.

        Raises:
            TemplateError: No escaping makes a value safe at this place.
        """
        if value is None or self._place is _Place.COMMENT:
            return
        if self._place is _Place.TEXT:
            super().text(value if isinstance(value, SafeHtml) else _escaped(text_of(value)))
        elif self._place is _Place.VALUE:
            self._attribute_value(value)
        else:
            raise TemplateError(f"a value cannot stand inside <{self._element}>; put it into the text or an attribute")

    def _follow(self, text: str, position: int) -> int:
        """Move on to the next change of place, at most to the end of the text."""
        match self._place:
            case _Place.TEXT:
                return self._follow_text(text, position)
            case _Place.TAG:
                return self._follow_tag(text, position)
            case _Place.VALUE:
                return self._follow_value(text, position)
            case _Place.COMMENT | _Place.RAW:
                return self._follow_raw(text, position)

    def _follow_text(self, text: str, position: int) -> int:
        found = _TAG_START.search(text, position)
        if found is None:
            return len(text)
        self._element = (found["name"] or "").lower()
        self._place = _Place.TAG if self._element else _Place.COMMENT
        return found.end()

    def _follow_tag(self, text: str, position: int) -> int:
        found = _TAG_PART.match(text, position)
        if found is None:
            return position + 1
        if found["end"]:
            self._place = _Place.RAW if self._element in {"script", "style"} else _Place.TEXT
        elif found["equals"]:
            self._place, self._written = _Place.VALUE, ""
            self._attribute, self._quote = found["name"].lower(), found["quote"]
        return found.end()

    def _follow_value(self, text: str, position: int) -> int:
        found = None if self._quote else _UNQUOTED_END.search(text, position)
        end = text.find(self._quote, position) if self._quote else found.start() if found else -1
        self._written += text[position : end if end >= 0 else None]
        if end < 0:
            return len(text)
        self._place = _Place.TAG
        return end + len(self._quote)

    def _follow_raw(self, text: str, position: int) -> int:
        closing = "-->" if self._place is _Place.COMMENT else f"</{self._element}"
        end = text.lower().find(closing, position)
        if end < 0:
            return len(text)
        self._place = _Place.TEXT if self._place is _Place.COMMENT else _Place.TAG
        self._element = "/" + self._element
        return end + len(closing)

    def _attribute_value(self, value: object) -> None:
        if self._attribute == "style" or self._attribute.startswith("on"):
            raise TemplateError(f"a value cannot stand inside the attribute {self._attribute}; put it into the text")
        text = text_of(value)
        if self._attribute in _URL_ATTRIBUTES:
            text = self._url(text, safe=isinstance(value, SafeUrl))
        escaped = _escaped(text)
        super().text(escaped if self._quote else "".join(_UNQUOTED.get(each, each) for each in escaped))
        self._written += text

    def _url(self, text: str, *, safe: bool) -> str:
        """Percent-encoded: all of it in a query or fragment, elsewhere what no URL may hold."""
        if not safe and ("?" in self._written or "#" in self._written):
            return _encoded(text, _URL_UNRESERVED)
        with_scheme = not self._written and ":" in text.split("/", maxsplit=1)[0]
        if not safe and with_scheme and not _SAFE_SCHEME.match(text):
            return _UNSAFE_URL
        return _encoded(text, _URL_CHARACTERS)


def _escaped(text: str) -> str:
    """With the plus sign, which browsers once took for the beginning of another encoding."""
    return escape_html(text).replace("+", "&#43;")


def _encoded(text: str, allowed: frozenset[str]) -> str:
    return "".join(each if each in allowed else "".join(f"%{byte:02x}" for byte in each.encode()) for each in text)
