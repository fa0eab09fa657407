"""The configuration file as a whole."""

from collections import Counter
from pathlib import Path

from tocsin.alerting.config import AlertingConfig, ReceiverConfig
from tocsin.alerting.configfile.document import AlertingConfigError, Findings, Section, parse
from tocsin.alerting.configfile.receivers import POST_MESSAGE, Receivers
from tocsin.alerting.configfile.routes import INTERVALS, read_matchers, read_root
from tocsin.alerting.configfile.secrets import check_secrets
from tocsin.alerting.routing import Route

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


def load(text: str, source: str, *, external_url: str = "") -> AlertingConfig:
    """Read an `alertmanager.yml`; paths in it are relative to the folder of `source`.

    Raises:
        AlertingConfigError: something in it is wrong; it lists everything that is.
    """
    findings = Findings()
    document = parse(text, findings)
    route, receivers = (None, ()) if document is None else _read(document, Path(source).parent)
    if route is None or findings.problems:
        raise AlertingConfigError(source, findings.problems)
    return AlertingConfig(
        route=route,
        receivers=receivers,
        undelivered=tuple(findings.undelivered),
        unapplied=tuple(findings.unapplied),
        external_url=external_url,
    )


def _read(document: Section, folder: Path) -> tuple[Route | None, tuple[ReceiverConfig, ...]]:
    global_settings = document.section("global")
    if global_settings is not None:
        _check_global(global_settings)
    reader = Receivers(global_settings, folder)
    sections = document.sections("receivers")
    receivers = tuple(reader.read(section) for section in sections)
    _check_unique(sections, "name", [receiver.name for receiver in receivers])
    root = document.section("route")
    if root is None:
        document.report("is missing, it says which receiver hears of which alerts", "route")
    else:
        _check_references(root, {receiver.name for receiver in receivers}, _interval_names(document))
    _check_inhibitions(document.sections("inhibit_rules"))
    document.skip("tracing", "inhibit_rules", "time_intervals", "mute_time_intervals", "templates")
    document.close()
    return (None if root is None else read_root(root)), receivers


def _check_global(section: Section) -> None:
    check_secrets(section)
    webhook = section.given("slack_api_url_file") or section.text("slack_api_url") not in {"", POST_MESSAGE}
    if webhook and (section.given("slack_app_token") or section.given("slack_app_token_file")):
        section.report("give either an incoming webhook or an app's token, not both", "slack_app_token")
    section.accept(*GLOBAL)
    section.skip("http_config")
    section.close()


def _check_unique(sections: list[Section], key: str, names: list[str]) -> None:
    for section, name in zip(sections, names, strict=True):
        if Counter(names)[name] > 1:
            section.report(f"{name!r} is there more than once", key)


def _interval_names(document: Section) -> set[str]:
    """The names of the time intervals, whose contents are not looked at."""
    sections = [each for key in ("time_intervals", "mute_time_intervals") for each in document.sections(key)]
    for section in sections:
        if not section.given("name"):
            section.report("is missing", "name")
        section.accept("time_intervals")
    names = [section.text("name") for section in sections]
    for section in sections:
        section.close()
    _check_unique(sections, "name", names)
    return set(names)


def _check_references(route: Section, receivers: set[str], intervals: set[str]) -> None:
    receiver = route.text("receiver")
    if receiver and receiver not in receivers:
        route.report(f"{receiver!r} is not among the receivers: {', '.join(sorted(receivers)) or 'none'}", "receiver")
    for key in INTERVALS:
        for text in route.texts(key):
            if text.value not in intervals:
                route.report(f"{text.value!r} is not among the time intervals", key, line=text.line)
    for child in route.sections("routes"):
        _check_references(child, receivers, intervals)


def _check_inhibitions(sections: list[Section]) -> None:
    for section in sections:
        for prefix in ("source_", "target_"):
            read_matchers(section, prefix)
        section.accept("name", "equal", "sources")
        section.close()
