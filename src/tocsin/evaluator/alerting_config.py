"""The routing that the settings ask for."""

from tocsin.alerting import AlertingConfig, load, receivers, simple
from tocsin.config import Config, variable
from tocsin.notices import notices
from tocsin.notify.target import Target


def load_alerting(config: Config) -> AlertingConfig:
    """The `alertmanager.yml` if there is one, else the receivers of the settings.

    A file that cannot be used is said, and the receivers of the settings take its place: better told plainly than not.
    """
    if config.alertmanager is not None:
        try:
            text = config.alertmanager.read_text(encoding="utf-8")
            loaded = load(text, source=str(config.alertmanager), external_url=config.external_url)
            receivers(loaded)
        except (OSError, ValueError) as error:
            notices.say(f"routing of alerts is off: {error}", once="alertmanager")
        else:
            _say_what_is_left_out(config, loaded)
            return loaded
    return _receivers_of_settings(config)


def _receivers_of_settings(config: Config) -> AlertingConfig:
    return simple(
        webhook_url=_usable("webhook_url", config.webhook_url),
        slack_webhook_url=_usable("slack_webhook_url", config.slack_webhook_url),
        file=config.alert_file,
        console=config.alert_console,
        group_wait=config.group_wait,
        group_interval=config.group_interval,
        repeat_interval=config.repeat_interval,
        external_url=config.external_url,
    )


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
