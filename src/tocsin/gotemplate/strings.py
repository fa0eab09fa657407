"""Functions on strings that Prometheus' and Alertmanager's templates share."""

import re
from collections.abc import Callable, Mapping

from tocsin.gotemplate import regexp
from tocsin.gotemplate.html import SafeHtml
from tocsin.gotemplate.humanize import humanize_duration

_WORD_START = re.compile(r"(?<![\w'])\w")


def title(text: str) -> str:
    """Every word with a capital; the other letters stay as they are."""
    return _WORD_START.sub(lambda first: first[0].upper(), text)


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
