"""What happened before a failure, in the order in which it did."""

from collections.abc import Iterable
from typing import Any

from tocsin.capture.request import current_request
from tocsin.capture.scope import MOST_CRUMBS, Crumb, Scope, ambient


def collect(scope: Scope | None) -> tuple[Crumb, ...]:
    """The latest crumbs of the trace and of the request; of neither, those of the thread's or task's context."""
    request = current_request()
    known = [each for each in (request.scope if request else None, scope) if each is not None]
    if not known:
        return ambient().crumbs
    crumbs = [crumb for each in dict.fromkeys(known) for crumb in _copied(each)]
    return tuple(sorted(crumbs, key=_seconds)[-MOST_CRUMBS:])


def describe(crumb: Crumb) -> dict[str, Any]:
    """A crumb as plain data: `at` in seconds, `kind`, and what that kind has."""
    kind, _, name, text, level, extra = crumb
    told: dict[str, Any] = {"at": _seconds(crumb), "kind": kind, "name": name, "message": text}
    if kind == "span":
        told |= {"seconds": extra / 1e9, "status": level.status_code.name.lower()}
    elif kind == "log":
        told["level"] = str(level)
    else:
        told["attributes"] = extra
    return {key: value for key, value in told.items() if value not in ("", {}, "unset")}


def _copied(scope: Scope) -> Iterable[Crumb]:
    try:
        return list(scope.crumbs or ())
    except RuntimeError:  # another thread leaves one right now
        return ()


def _seconds(crumb: Crumb) -> float:
    return crumb[1] / 1e9 if crumb[0] == "span" else crumb[1]
