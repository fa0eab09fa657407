"""The functions that Alertmanager gives to the templates of receivers."""

import base64
import binascii
import re
import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import unquote_plus

from tocsin.gotemplate.duration import Duration
from tocsin.gotemplate.encoding import to_json
from tocsin.gotemplate.html import SafeUrl
from tocsin.gotemplate.layout import parse_time
from tocsin.gotemplate.strings import SHARED, title
from tocsin.gotemplate.timestamp import ZERO, Time
from tocsin.gotemplate.values import AnyMap

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)


def alertmanager_functions(*, now: Callable[[], float] = time.time) -> Mapping[str, Callable[..., object]]:
    """All functions of Alertmanager 0.34 that are the same for all notifications; `route_labels` makes the other."""

    def current() -> Time:
        return Time(int(now() * 1e9))

    def since(moment: Time) -> Duration:
        return current().sub(moment)

    return {**_FUNCTIONS, "now": current, "since": since}


def route_labels(labels: Mapping[str, str], render: Callable[[str], str]) -> Callable[[str], str]:
    """The function `routeLabels` of a notification: the label of that name, itself rendered as a template.

    `render` is given the functions this one is among, so a label can use others; one that needs itself is an error.
    """
    rendering: list[str] = []

    def route_label(name: str) -> str:
        if name in rendering:
            raise ValueError(f"route label refers to itself: {' -> '.join((*rendering, name))}")
        rendering.append(name)
        try:
            return render(labels.get(name, ""))
        finally:
            rendering.pop()

    return route_label


def _title(text: str) -> str:
    return title(text.lower())


def _trim_space(text: str) -> str:
    return text.strip()


def _join(separator: str, items: Sequence[str]) -> str:
    return separator.join(items)


def _string_slice(*items: str) -> list[str]:
    return list(items)


def _safe_url(text: str) -> SafeUrl:
    return SafeUrl(text)


def _url_unescape(text: str) -> str:
    wrong = _BAD_ESCAPE.search(text)
    if wrong:
        raise ValueError(f'invalid URL escape "{wrong[0]}"')
    return unquote_plus(text)


def _base64_encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _base64_decode(text: str) -> str:
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True).decode()
    except binascii.Error as error:
        raise ValueError(f"illegal base64 data: {error}") from None


def _date(layout: str, moment: Time) -> str:
    return moment.format(layout)


def _tz(zone: str, moment: Time) -> Time:
    return moment.into(zone)


def _must_to_date(layout: str, text: str) -> Time:
    return Time.from_datetime(parse_time(layout, text))


def _to_date(layout: str, text: str) -> Time:
    try:
        return _must_to_date(layout, text)
    except ValueError:
        return ZERO


def _list(*items: object) -> list[object]:
    return list(items)


def _append(items: Sequence[object], *more: object) -> list[object]:
    return [*items, *more]


def _dict(*values: object) -> AnyMap:
    if len(values) % 2:
        raise ValueError("dict requires an even number of arguments")
    names, items = values[::2], values[1::2]
    if not all(isinstance(name, str) for name in names):
        raise ValueError("dict keys must be strings")
    return AnyMap(zip(map(str, names), items, strict=True))


_FUNCTIONS: Mapping[str, Callable[..., object]] = {
    **SHARED,
    "append": _append,
    "base64decode": _base64_decode,
    "base64encode": _base64_encode,
    "date": _date,
    "dict": _dict,
    "join": _join,
    "list": _list,
    "mustToDate": _must_to_date,
    "safeUrl": _safe_url,
    "stringSlice": _string_slice,
    "title": _title,
    "toDate": _to_date,
    "toJson": to_json,
    "trimSpace": _trim_space,
    "tz": _tz,
    "urlUnescape": _url_unescape,
}
