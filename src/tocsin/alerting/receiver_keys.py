"""The keys of receivers in `notify`, as the receivers themselves declare them."""

import difflib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from tocsin.notify import RECEIVERS, Secret
from tocsin.setting_keys import Key

#: What a plain value says of each kind of receiver that Alertmanager has.
ALERTMANAGERS: Mapping[str, str] = {
    "discord": "webhook_url",
    "email": "to",
    "msteams": "webhook_url",
    "msteamsv2": "webhook_url",
    "opsgenie": "api_key",
    "pagerduty": "routing_key",
    "slack": "api_url",
    "telegram": "chat_id",
    "webhook": "url",
}
#: And of those that only Tocsin has; `console: true` needs no more.
OURS: Mapping[str, str] = {"apprise": "urls", "file": "path", "log": "logger", "sentry": "dsn"}
#: What receivers are given that no file says.
_INTERNAL = frozenset({"templates", "clock", "messages", "sent", "stream"})


def receiver_keys() -> dict[str, Key]:
    """Every kind of receiver with what may be written for it."""
    ours = (kind for kind in RECEIVERS if kind not in ALERTMANAGERS)
    return {kind: _alertmanagers(kind) for kind in ALERTMANAGERS} | {kind: _own(kind) for kind in ours}


def misfits(place: str, kind: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """Keys that a receiver of ours does not have, and those without which it is none."""
    wanted = _parameters(kind)
    known = [*_keys(kind), *(settings if any(each.kind is each.VAR_KEYWORD for each in wanted.values()) else ())]
    if settings.keys() == {kind} - set(known):
        yield f"{place}: must be {_own(kind).allowed}"
        return
    for key in settings.keys() - set(known):
        yield f"{place}.{key}: is not known here, {hint(key, known)}"
    needed = [name for name, each in wanted.items() if each.default is each.empty and each.kind is each.KEYWORD_ONLY]
    if missing := [name for name in needed if not settings.keys() & {name, f"{name}_file"}]:
        yield f"{place}: needs {', '.join(missing)}"


def hint(word: str, known: Iterable[str]) -> str:
    """What was meant, or else what could have been."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(known))}"


def _alertmanagers(kind: str) -> Key:
    return Key(f"its {ALERTMANAGERS[kind]}, or a mapping", f"As Alertmanager's `{kind}_configs`.")


def _own(kind: str) -> Key:
    try:
        keys = ", ".join(_keys(kind))
    except (ImportError, AttributeError) as error:
        return Key("", f"Cannot be used here: {error}")
    plain = f"its {OURS[kind]}, or a" if kind in OURS else "a" if keys else "true"
    return Key(f"{plain} mapping with {keys}" if keys else plain, "Only Tocsin has it.")


def _keys(kind: str) -> list[str]:
    """Secrets may be named by their file instead."""
    made: Any = RECEIVERS[kind]
    secrets = [f"{each.name}_file" for each in fields(made) if each.type == Secret] if is_dataclass(made) else []
    return [*(name for name in _parameters(kind) if name not in _INTERNAL), *secrets]


def _parameters(kind: str) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(RECEIVERS[kind]).parameters
