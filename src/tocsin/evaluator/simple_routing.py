"""Who is told without an `alertmanager.yml`: what `notify` says, and the settings for a single receiver."""

from collections.abc import Mapping

from tocsin.alerting import Simple, Timing, simple
from tocsin.alerting.receiver_keys import ALERTMANAGERS, OURS
from tocsin.alerting.simple import CONDITIONS, DEFAULT
from tocsin.config import Config, Settings, variable
from tocsin.notices import notices
from tocsin.notify import RECEIVERS
from tocsin.notify.transport.target import Target

#: The settings for one receiver that is told of everything, by its kind.
SINGLE = {
    "webhook": "webhook_url",
    "slack": "slack_webhook_url",
    "file": "alert_file",
    "console": "alert_console",
}


def simple_routing(config: Config) -> Simple:
    """What the settings ask for without an `alertmanager.yml`; the single receivers are told of the rest.

    Raises:
        ValueError: something in `notify` is wrong; a line for each.
    """
    timing = Timing(
        group_wait=config.group_wait, group_interval=config.group_interval, repeat_interval=config.repeat_interval
    )
    notify, single = _receivers_said(config)
    name = _rest(notify)
    rest = notify.get(name)
    return simple({**notify, name: {**single, **rest}} if isinstance(rest, dict) else notify, timing)


def told_by(settings: Settings) -> dict[str, list[str]]:
    """Where each kind of receiver of `simple_routing` comes from: variables, arguments, the file."""
    notify, single = _receivers_said(settings.config)
    found = {kind: {settings.sources.get(SINGLE[kind], SINGLE[kind])} for kind in single}
    entries = (entry for entry in notify.values() if isinstance(entry, dict))
    given = (key for entry in entries for key, value in entry.items() if value)
    for kind in (key for key in given if key in RECEIVERS or key in ALERTMANAGERS):
        found.setdefault(kind, set()).add(settings.sources.get("notify", "notify"))
    return {kind: sorted(found[kind]) for kind in sorted(found)}


def displaced(settings: Settings) -> dict[str, str]:
    """What of `notify` a stronger source says otherwise: its key, and that source."""
    notify = settings.config.notify
    name, left = _rest(notify), _receivers_said(settings.config)[0]
    said, kept = notify.get(name), left.get(name)
    if not isinstance(said, dict) or not isinstance(kept, dict):
        return {}
    return {f"{name}.{kind}": settings.sources[SINGLE[kind]] for kind in SINGLE if kind in said.keys() - kept.keys()}


def _receivers_said(config: Config) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """`notify`, and the single receivers. Of one that both name, the one with the stronger source; else `notify`.

    What `notify` says of it beside its address stays.
    """
    name, ranks = _rest(config.notify), config.ranks
    rest = config.notify.get(name, {})
    if not isinstance(rest, dict):
        return config.notify, {}
    single = {
        kind: _readdressed(kind, rest.get(kind), value)
        for kind, value in _single(config).items()
        if kind not in rest or ranks.get(SINGLE[kind], 0) > ranks.get("notify", 0)
    }
    left = {key: value for key, value in rest.items() if key not in single}
    return {**config.notify, name: left}, {kind: value for kind, value in single.items() if value}


def _readdressed(kind: str, given: object, value: object) -> object:
    """The receiver with its address, or what else a plain value of it says, replaced."""
    key = {**ALERTMANAGERS, **OURS}.get(kind)
    if not isinstance(given, dict) or key is None:
        return value
    return {name: each for name, each in given.items() if name != f"{key}_file"} | {key: value}


def _single(config: Config) -> dict[str, object]:
    """The values of the settings for one receiver, by its kind; a switch that is off is one, too."""
    values = {
        "webhook": _usable("webhook_url", config.webhook_url),
        "slack": _usable("slack_webhook_url", config.slack_webhook_url),
        "file": None if config.alert_file is None else str(config.alert_file),
        "console": config.alert_console,
    }
    return {kind: value for kind, value in values.items() if value is not None}


def _rest(notify: Mapping[str, object]) -> str:
    """The name of those who are told of what nobody else is."""
    unconditional = [
        name for name, entry in notify.items() if isinstance(entry, dict) and not any(map(entry.get, CONDITIONS))
    ]
    return DEFAULT if DEFAULT in notify or not unconditional else unconditional[0]


def _usable(setting: str, url: str | None) -> str | None:
    """The URL, if it can be one."""
    try:
        Target.parse(url or "http://unset")
    except ValueError as error:
        notices.say(f"{variable(setting)} is not used: {error}", once=variable(setting))
        return None
    return url
