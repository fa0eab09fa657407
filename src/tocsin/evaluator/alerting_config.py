"""The routing that the settings ask for."""

from tocsin.alerting import AlertingConfig, AlertingConfigError, load, simple
from tocsin.config import Config
from tocsin.notices import notices


def load_alerting(config: Config) -> AlertingConfig:
    """The `alertmanager.yml` if there is one, else the receivers of the settings.

    A file that cannot be used is said, and the receivers of the settings take its place: better told plainly than not.
    """
    if config.alertmanager is not None:
        try:
            text = config.alertmanager.read_text(encoding="utf-8")
            loaded = load(text, source=str(config.alertmanager), external_url=config.external_url)
        except (OSError, AlertingConfigError) as error:
            notices.say(f"routing of alerts is off: {error}", once="alertmanager")
        else:
            _say_what_is_left_out(config, loaded)
            return loaded
    return simple(
        webhook_url=config.webhook_url,
        slack_webhook_url=config.slack_webhook_url,
        file=config.alert_file,
        console=config.alert_console,
        group_wait=config.group_wait,
        group_interval=config.group_interval,
        repeat_interval=config.repeat_interval,
        external_url=config.external_url,
    )


def _say_what_is_left_out(config: Config, loaded: AlertingConfig) -> None:
    if loaded.undelivered or loaded.unapplied:
        left_out = ", ".join((*loaded.undelivered, *loaded.unapplied))
        notices.say(f"{config.alertmanager}: not done by this version: {left_out}", once="alertmanager")
