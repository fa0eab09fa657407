"""Functions on strings that Prometheus' and Alertmanager's templates share."""

import re
from collections.abc import Callable, Mapping

from tocsin.gotemplate import regexp
from tocsin.gotemplate.html import SafeHtml
from tocsin.gotemplate.humanize import humanize_duration

_WORD = re.compile(r"[\w\u00ad\u0300-\u036f]+(?:[.:'\u2019\u00b7][\w\u00ad\u0300-\u036f]+)*")
_CASED = re.compile(r"[^\W\d_]")


def title(text: str) -> str:
    """Every word with a capital, the rest as it is; a full stop, a colon or an apostrophe inside does not end one."""
    return _WORD.sub(lambda word: _CASED.sub(_capitalized, word[0], count=1), text)


def _capitalized(first: re.Match[str]) -> str:
    return first[0].title()


def _to_upper(text: str) -> str:
    return "".join(_single(each.upper(), each) for each in text)


def _to_lower(text: str) -> str:
    return "".join(_single(each.lower(), each) for each in text)


def _single(changed: str, character: str) -> str:
    """Go changes letter by letter: where Unicode has several for one, the letter stays."""
    return changed if len(changed) == 1 else character


def _safe_html(text: str) -> SafeHtml:
    return SafeHtml(text)


SHARED: Mapping[str, Callable[..., object]] = {
    "humanizeDuration": humanize_duration,
    "match": regexp.match,
    "reReplaceAll": regexp.replace_all,
    "safeHtml": _safe_html,
    "toLower": _to_lower,
    "toUpper": _to_upper,
}
