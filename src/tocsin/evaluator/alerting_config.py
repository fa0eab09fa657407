"""The routing that the settings ask for."""

from dataclasses import replace
from pathlib import Path

from tocsin.alerting import AlertingConfig, Simple, Timing, load, receivers, simple
from tocsin.alerting.matcher import parser_mode
from tocsin.alerting.simple import DEFAULT
from tocsin.config import Config, variable
from tocsin.notices import notices
from tocsin.notify.target import Target


def load_alerting(config: Config) -> AlertingConfig:
    """The `alertmanager.yml` if there is one, else `notify` and the receivers of the other settings.

    What cannot be used is said, and the receivers of the other settings take its place: better told plainly than not.
    """
    if config.alertmanager is not None:
        try:
            loaded = load_file(config, config.alertmanager)
            receivers(loaded)
        except (OSError, ValueError) as error:
            notices.say(f"routing of alerts is off: {error}", once="alertmanager")
        else:
            _say_what_is_left_out(config, loaded)
            return loaded
    try:
        loaded = simple_routing(config).config(external_url=config.external_url)
        receivers(loaded)
    except ValueError as error:
        notices.say(f"notify is not used: {error}", once="notify")
        return simple_routing(replace(config, notify={})).config(external_url=config.external_url)
    return loaded


def load_file(config: Config, path: Path) -> AlertingConfig:
    """Raises OSError, or ValueError with everything that is wrong."""
    text = path.read_text(encoding="utf-8")
    return load(text, str(path), external_url=config.external_url, mode=parser_mode(config.alertmanager_matchers))


def simple_routing(config: Config) -> Simple:
    """What the settings ask for without an `alertmanager.yml`; the single receivers are told of the rest.

    Raises:
        ValueError: something in `notify` is wrong; a line for each.
    """
    single = {
        "webhook": _usable("webhook_url", config.webhook_url),
        "slack": _usable("slack_webhook_url", config.slack_webhook_url),
        "file": None if config.alert_file is None else str(config.alert_file),
        "console": config.alert_console,
    }
    given = {kind: value for kind, value in single.items() if value}
    timing = Timing(
        group_wait=config.group_wait, group_interval=config.group_interval, repeat_interval=config.repeat_interval
    )
    default = config.notify.get(DEFAULT, {})
    if not given or not isinstance(default, dict):
        return simple(config.notify or {DEFAULT: {}}, timing)
    return simple({**config.notify, DEFAULT: {**given, **default}}, timing)


def _usable(setting: str, url: str | None) -> str | None:
    """The URL, if it can be one."""
    try:
        Target.parse(url or "http://unset")
    except ValueError as error:
        notices.say(f"{variable(setting)} is not used: {error}", once=variable(setting))
        return None
    return url


def _say_what_is_left_out(config: Config, loaded: AlertingConfig) -> None:
    if loaded.undelivered or loaded.unapplied:
        left_out = ", ".join((*loaded.undelivered, *loaded.unapplied))
        notices.say(f"{config.alertmanager}: not done by this version: {left_out}", once="alertmanager")
