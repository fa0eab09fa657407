"""The routing that the settings ask for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tocsin.alerting import AlertingConfig, Alertmanagers, load, receivers, simple
from tocsin.alerting.extension import with_maintenance, with_terms
from tocsin.alerting.matcher import parser_mode
from tocsin.config import Config, variable
from tocsin.evaluator.simple_routing import simple_routing
from tocsin.masking import masker_of
from tocsin.notices import notices
from tocsin.notify import HttpOptions

#: The settings that say what an `alertmanager.yml` cannot.
PARTS = ("receiver_terms", "maintenance")
#: Problems of a file that are said in one line.
SAID = 2


def load_alerting(config: Config) -> AlertingConfig:
    """The `alertmanager.yml` if there is one, else `notify` and the receivers of the other settings.

    What cannot be used is said, and the receivers of the other settings take its place: better told plainly than not.
    """
    if config.alertmanager is not None:
        try:
            loaded = load_file(config, config.alertmanager)
            receivers(loaded)
            loaded = _extended(config, loaded)
        except (OSError, ValueError) as error:
            notices.say(f"routing of alerts is off: {_briefly(error, config.alertmanager)}", once="alertmanager")
        else:
            _say_what_is_left_out(config, loaded)
            return loaded
    try:
        loaded = simple_routing(config).config(external_url=config.external_url)
        receivers(loaded)
    except ValueError as error:
        notices.say(f"notify is not used: {'; '.join(str(error).splitlines())}", once="notify")
        loaded = simple_routing(replace(config, notify={})).config(external_url=config.external_url)
    return _extended(config, loaded)


def reload_alerting(config: Config, before: AlertingConfig) -> AlertingConfig:
    """As `load_alerting`; but what cannot be used leaves everything as it was `before`, which is said."""
    try:
        receivers(load_file(config, config.alertmanager) if config.alertmanager else before)
    except (OSError, ValueError) as error:
        why = _briefly(error, config.alertmanager)
        notices.say(f"routing of alerts stays as it was: {why}", once=f"routing: {error}")
        return before
    return load_alerting(config)


def alertmanagers_of(config: Config) -> Alertmanagers | None:
    """The real Alertmanagers that the settings name; None where they name none, or cannot be used, which is said."""
    if not config.alertmanagers:
        return None
    options = HttpOptions(private_targets=config.private_targets)
    try:
        return Alertmanagers(
            config.alertmanagers,
            interval=config.evaluation_interval,
            external_url=config.external_url,
            mask=masker_of(config).mask,
            options=options,
        )
    except ValueError as error:
        notices.say(f"{variable('alertmanagers')} is not used: {error}", once="alertmanagers")
        return None


def extended(config: Config, loaded: AlertingConfig) -> AlertingConfig:
    """With what an `alertmanager.yml` cannot say.

    Raises:
        ValueError: something in `receiver_terms` or `maintenance` is wrong; a line for each.
    """
    if config.receiver_terms:
        loaded = with_terms(loaded, config.receiver_terms, setting="receiver_terms")
    return with_maintenance(loaded, config.maintenance, setting="maintenance") if config.maintenance else loaded


def routing_problems(config: Config) -> list[str]:
    """Everything that is wrong with `notify`, `receiver_terms` and `maintenance`, a line for each. Sends nothing."""
    path = config.alertmanager
    parts: tuple[str, ...] = PARTS
    problems: list[str] = []
    try:
        loaded = simple_routing(config).config() if path is None else load_file(config, path)
        receivers(loaded)
    except OSError as error:
        return [f"alertmanager: {path}: {error.strerror}"]
    except ValueError as error:
        setting = "notify" if path is None else "alertmanager"
        problems = [line if line.startswith(setting) else f"{setting}: {line}" for line in str(error).splitlines()]
        # Which receivers there are, nobody knows.
        parts, loaded = ("maintenance",), simple({}).config()
    return problems + [line for part in parts for line in _problems(part, config, loaded)]


def _problems(part: str, config: Config, loaded: AlertingConfig) -> list[str]:
    try:
        extended(_only(part, config), loaded)
    except ValueError as error:
        return str(error).splitlines()
    return []


def _only(part: str, config: Config) -> Config:
    """With that one of the parts."""
    nothing: dict[str, Any] = {each: {} for each in PARTS}
    return replace(config, **{**nothing, part: getattr(config, part)})


def _extended(config: Config, loaded: AlertingConfig) -> AlertingConfig:
    """As far as it can be used: what cannot is said."""
    for part in PARTS:
        if problems := _problems(part, config, loaded):
            notices.say(f"{part} is not used: {'; '.join(problems)}", once=part)
        else:
            loaded = extended(_only(part, config), loaded)
    return loaded


def load_file(config: Config, path: Path) -> AlertingConfig:
    """Raises OSError, or ValueError with everything that is wrong."""
    text = path.read_text(encoding="utf-8")
    return load(text, str(path), external_url=config.external_url, mode=parser_mode(config.alertmanager_matchers))


def _briefly(error: Exception, path: Path | None) -> str:
    """The first problems of a file in one line, and where the others are read."""
    problems = str(error).splitlines()
    if path is None or len(problems) <= SAID:
        return "; ".join(problems)
    return "; ".join([*problems[:SAID], f"and {len(problems) - SAID} more: `tocsin check {path}`"])


def _say_what_is_left_out(config: Config, loaded: AlertingConfig) -> None:
    if loaded.undelivered or loaded.unapplied:
        left_out = ", ".join((*loaded.undelivered, *loaded.unapplied))
        notices.say(f"{config.alertmanager}: not done by this version: {left_out}", once="alertmanager")
