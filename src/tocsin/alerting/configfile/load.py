"""The configuration file as a whole."""

from collections import Counter
from collections.abc import Container
from dataclasses import replace
from pathlib import Path

from tocsin.alerting.config import AlertingConfig, ReceiverConfig
from tocsin.alerting.configfile.inhibitions import read_inhibit_rules
from tocsin.alerting.configfile.intervals import read_interval
from tocsin.alerting.configfile.receivers import POST_MESSAGE, Receivers
from tocsin.alerting.configfile.routes import INTERVALS, RouteReader
from tocsin.alerting.configfile.secrets import check_secrets
from tocsin.alerting.intervals import TimeIntervals
from tocsin.alerting.matcher import ParserMode
from tocsin.syntax.document import DocumentError, Findings, Section, parse

#: Every global setting; those of kinds that are not delivered have no effect.
GLOBAL = (
    *("jira_api_url", "mattermost_webhook_url", "mattermost_webhook_url_file", "opsgenie_api_key"),
    *("opsgenie_api_key_file", "opsgenie_api_url", "pagerduty_url", "resolve_timeout", "rocketchat_api_url"),
    *("rocketchat_token", "rocketchat_token_file", "rocketchat_token_id", "rocketchat_token_id_file", "slack_api_url"),
    *("slack_api_url_file", "slack_app_token", "slack_app_token_file", "slack_app_url", "smtp_auth_identity"),
    *("smtp_auth_password", "smtp_auth_password_file", "smtp_auth_secret", "smtp_auth_secret_file"),
    *("smtp_auth_username", "smtp_force_implicit_tls", "smtp_from", "smtp_hello", "smtp_require_tls"),
    *("smtp_smarthost", "smtp_tls_config", "telegram_api_url", "telegram_bot_token", "telegram_bot_token_file"),
    *("victorops_api_key", "victorops_api_key_file", "victorops_api_url", "webex_api_url", "wechat_api_corp_id"),
    *("wechat_api_secret", "wechat_api_secret_file", "wechat_api_url"),
)


class AlertingConfigError(DocumentError):
    """A file that Alertmanager would reject, or that cannot be used here."""


def load(
    text: str, source: str, *, external_url: str = "", mode: ParserMode = "fallback", own_settings: bool = False
) -> AlertingConfig:
    """Read an `alertmanager.yml`; paths in it are relative to the folder of `source`.

    `mode` is how matchers are read. `${NAME}` is an environment variable in secrets and URLs, and nowhere else.
    With `own_settings`, receivers may have the settings that only Tocsin knows, such as the `hmac_secret` of webhooks.

    Raises:
        AlertingConfigError: something in it is wrong; it lists everything that is.
    """
    findings = Findings()
    document = parse(text, findings)
    undelivered: list[str] = []
    config = None if document is None else _read(document, Path(source).parent, mode, undelivered, own=own_settings)
    if config is None or findings.problems:
        raise AlertingConfigError(source, findings.problems)
    return replace(
        config,
        external_url=external_url,
        undelivered=tuple(undelivered),
        unapplied=tuple(findings.unapplied),
    )


def _read(
    document: Section, folder: Path, mode: ParserMode, undelivered: list[str], *, own: bool
) -> AlertingConfig | None:
    receivers = _receivers(document, folder, undelivered, own=own)
    intervals = _intervals(document)
    inhibit_rules = read_inhibit_rules(document, mode)
    root = document.section("route")
    document.skip("tracing")
    document.close()
    if root is None:
        document.report("is missing, it says which receiver hears of which alerts", "route")
        return None
    _check_references(root, {receiver.name for receiver in receivers}, intervals)
    route = RouteReader(mode).root(root)
    return AlertingConfig(route=route, receivers=receivers, inhibit_rules=inhibit_rules, time_intervals=intervals)


def _receivers(document: Section, folder: Path, undelivered: list[str], *, own: bool) -> tuple[ReceiverConfig, ...]:
    global_settings = document.section("global")
    if global_settings is not None:
        _check_global(global_settings)
    reader = Receivers(document, global_settings, folder, undelivered, own_settings=own)
    sections = document.sections("receivers")
    receivers = tuple(reader.read(section) for section in sections)
    _check_unique(sections, "name", [receiver.name for receiver in receivers])
    return receivers


def _check_global(section: Section) -> None:
    check_secrets(section)
    webhook = section.given("slack_api_url_file") or section.text("slack_api_url") not in {"", POST_MESSAGE}
    if webhook and (section.given("slack_app_token") or section.given("slack_app_token_file")):
        section.report("give either an incoming webhook or an app's token, not both", "slack_app_token")
    section.accept(*GLOBAL, "http_config")
    section.close()


def _check_unique(sections: list[Section], key: str, names: list[str]) -> None:
    for section, name in zip(sections, names, strict=True):
        if Counter(names)[name] > 1:
            section.report(f"{name!r} is there more than once", key)


def _intervals(document: Section) -> TimeIntervals:
    sections = [each for key in ("time_intervals", "mute_time_intervals") for each in document.sections(key)]
    for section in sections:
        if not section.given("name"):
            section.report("is missing", "name")
    _check_unique(sections, "name", [section.text("name") for section in sections])
    return {section.text("name"): read_interval(section) for section in sections}


def _check_references(route: Section, receivers: set[str], intervals: Container[str]) -> None:
    receiver = route.text("receiver")
    if receiver and receiver not in receivers:
        route.report(f"{receiver!r} is not among the receivers: {', '.join(sorted(receivers)) or 'none'}", "receiver")
    for key in INTERVALS:
        for text in route.texts(key):
            if text.value not in intervals:
                route.report(f"{text.value!r} is not among the time intervals", key, line=text.line)
    for child in route.sections("routes"):
        _check_references(child, receivers, intervals)
