"""How much an error matters."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from tocsin.errors.categories import Category

Severity: TypeAlias = Literal["info", "warning", "error", "critical"]
#: Where the work began that failed: with a request, with a task or message, or in the program itself.
Entry: TypeAlias = Literal["request", "task", "program"]

#: Share of the requests, or tasks, of a service from which on one issue is worse, and from which on it is an outage.
MANY = 0.05
MOST = 0.5

_OF_REQUESTS = frozenset({"http.route", "http.request.method", "http.method", "rpc.system", "rpc.service"})
_OF_TASKS = frozenset(
    {"messaging.system", "messaging.destination.name", "celery.task_name", "celery.action", "faas.trigger"}
)
_LADDER: tuple[Severity, ...] = get_args(Severity)
_ORDERLY = frozenset({"KeyboardInterrupt", "SystemExit", "GeneratorExit", "CancelledError", "StopIteration", "Retry"})
#: Category → severity when it escaped, severity when the application handled it.
_BY_CATEGORY: dict[Category, tuple[Severity, Severity]] = {
    "resource_exhaustion": ("critical", "error"),
    "configuration": ("critical", "error"),
    "rate_limit": ("warning", "warning"),
}


def severity_of(
    short_type: str,
    category: Category,
    *,
    handled: bool,
    entry: Entry = "program",
    share: float = 0.0,
    is_new: bool = False,
) -> Severity:
    """The severity of an error.

    One the application handled itself weighs a step less, and so does one in the input of a request that was told so
    by a handler. It weighs a step more where `share` of what the service does (0 to 1) is hit, and it is critical where
    most is. What is new and escaped is an error at least.
    """
    if short_type in _ORDERLY:
        return "info"
    escaped, caught = _BY_CATEGORY.get(category, ("error", "warning"))
    step = _LADDER.index(caught if handled else escaped)
    if category == "validation" and handled and entry == "request":
        step -= 1
    if share >= MOST:
        step = len(_LADDER) - 1
    elif share >= MANY:
        step += 1
    if is_new and not handled:
        step = max(step, _LADDER.index("error"))
    return _LADDER[max(0, min(step, len(_LADDER) - 1))]


def entry_of(attributes: Mapping[str, object]) -> Entry:
    """Where the work of a span began, by the attributes of its kind."""
    if not _OF_REQUESTS.isdisjoint(attributes):
        return "request"
    return "program" if _OF_TASKS.isdisjoint(attributes) else "task"
