"""The receivers of the file, with global settings and the contents of secret files filled in."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tocsin.alerting.config import Integration, ReceiverConfig
from tocsin.alerting.configfile.email import EmailReader
from tocsin.alerting.configfile.http_config import read_http
from tocsin.alerting.configfile.secrets import check_secrets, secret, secret_url
from tocsin.alerting.configfile.settings import read_settings
from tocsin.notify import RECEIVERS, HttpOptions, Templates
from tocsin.notify.receivers.slack_app import POST_MESSAGE
from tocsin.syntax.document import Section

__all__ = ["POST_MESSAGE", "Receivers"]

#: What each kind of integration cannot do without: one of the alternatives, in itself or among the global settings.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "discord": ("webhook_url",),
    "email": ("to", "smarthost", "from"),
    "incidentio": (),
    "jira": (),
    "mattermost": ("webhook_url",),
    "msteams": ("webhook_url",),
    "msteamsv2": ("webhook_url",),
    "opsgenie": ("api_key",),
    "pagerduty": ("service_key|routing_key",),
    "pushover": ("user_key", "token"),
    "rocketchat": ("token", "token_id"),
    "slack": ("api_url|app_token",),
    "sns": ("target_arn|topic_arn|phone_number",),
    "telegram": ("bot_token",),
    "victorops": ("api_key",),
    "webex": (),
    "webhook": ("url",),
    "wechat": ("api_secret",),
}
#: Kinds whose global settings have another prefix.
PREFIXES: Mapping[str, str] = {"email": "smtp"}
#: Kinds that Tocsin delivers: our kind, and whether resolutions are told where the file does not say.
DELIVERED: Mapping[str, tuple[str, bool]] = {
    "discord": ("discord", True),
    "email": ("email", False),
    "msteams": ("msteams", True),
    "msteamsv2": ("msteams", True),
    "opsgenie": ("opsgenie", True),
    "pagerduty": ("pagerduty", True),
    "slack": ("slack", False),
    "telegram": ("telegram", True),
    "webhook": ("webhook", True),
}
#: How Apprise addresses the others, which a receiver of the kind `apprise` in `tocsin.yml` delivers.
APPRISE: Mapping[str, str] = {
    "mattermost": "mmosts://",
    "pushover": "pover://",
    "rocketchat": "rockets://",
    "sns": "sns://",
    "victorops": "splunk://",
    "webex": "wxteams://",
    "wechat": "wecombot://",
}
#: Secrets and addresses of each kind that may be global.
GLOBALLY: Mapping[str, Mapping[str, str]] = {
    "opsgenie": {"api_key": "opsgenie_api_key", "api_url": "opsgenie_api_url"},
    "pagerduty": {"url": "pagerduty_url"},
    "slack": {"api_url": "slack_api_url"},
    "slack_app": {"app_token": "slack_app_token", "app_url": "slack_app_url"},
    "telegram": {"bot_token": "telegram_bot_token", "api_url": "telegram_api_url"},
}
#: Settings that are secret addresses, checked without being shown.
_URLS = {"discord": "webhook_url", "msteams": "webhook_url", "slack": "api_url", "webhook": "url"}
#: What receivers have that no file says.
_INTERNAL = ("http", "templates", "clock", "messages", "flavour")
#: Settings that Alertmanager does not know.
_OWN = ("hmac_secret",)


class Receivers:
    """Reads the receivers. What is wrong goes into the findings, what is not delivered into `undelivered`."""

    def __init__(
        self,
        document: Section,
        global_settings: Section | None,
        folder: Path,
        undelivered: list[str],
        *,
        own_settings: bool = False,
    ) -> None:
        self._undelivered = undelivered
        self._left_out = _INTERNAL if own_settings else (*_INTERNAL, *_OWN)
        self._global = global_settings
        self._folder = folder
        self._templates = self._load_templates(document)
        self._http = read_http(global_settings and global_settings.section("http_config"), folder=folder)

    def read(self, section: Section) -> ReceiverConfig:
        """One receiver, with those of its integrations that are delivered."""
        name = section.text("name")
        if not name:
            section.report("is missing", "name")
        integrations = [
            integration
            for kind in NEEDS
            for each in section.sections(f"{kind}_configs")
            if (integration := self._integration(kind, each)) is not None
        ]
        section.accept("labels")
        section.close()
        return ReceiverConfig(name=name, integrations=tuple(integrations))

    def _load_templates(self, document: Section) -> Templates:
        try:
            return Templates.load([text.value for text in document.texts("templates")], self._folder)
        except ValueError as error:
            document.report(str(error), "templates")
            return Templates()

    def _integration(self, kind: str, section: Section) -> Integration | None:
        check_secrets(section)
        for need in NEEDS[kind]:
            self._check_need(kind, section, need)
        if kind not in DELIVERED or section.given("service_key") or section.given("service_key_file"):
            self._undelivered.append(f"{section.path} (line {section.line}): {_instead(kind)}")
            return None
        ours, send_resolved = DELIVERED[kind]
        send_resolved = section.flag("send_resolved", default=send_resolved)
        timeout = section.duration("timeout", 0.0)
        if ours == "slack" and self._is_slack_app(section):
            ours = "slack_app"
        settings = self._email(section, timeout) if ours == "email" else self._http_settings(ours, section, timeout)
        section.close()
        if kind == "msteams":
            settings["flavour"] = kind
        return Integration(kind=ours, settings=settings, send_resolved=send_resolved)

    def _check_need(self, kind: str, section: Section, need: str) -> None:
        names, prefix = need.split("|"), PREFIXES.get(kind, kind)
        own = [each for name in names for each in (name, f"{name}_file")]
        if not any(section.given(name) or self._given_globally(f"{prefix}_{name}") for name in own):
            section.report(f"needs {' or '.join(names)}, here or globally with the prefix {prefix}_")

    def _given_globally(self, name: str) -> bool:
        return self._global is not None and self._global.given(name)

    def _email(self, section: Section, timeout: float) -> dict[str, Any]:
        settings = EmailReader(section, self._global, self._folder).settings(timeout=timeout)
        return {} if settings is None else settings | {"templates": self._templates}

    def _http_settings(self, kind: str, section: Section, timeout: float) -> dict[str, Any]:
        settings = read_settings(section, RECEIVERS[kind], folder=self._folder, without=self._left_out)
        for name, global_name in GLOBALLY.get(kind, {}).items():
            if name not in settings and self._global is not None:
                inherited = secret(self._global, global_name, folder=self._folder)
                settings |= {name: inherited} if inherited else {}
        if kind in _URLS and section.given(_URLS[kind]):
            secret_url(section, _URLS[kind], folder=self._folder)
        elif kind == "slack" and self._global is not None:
            secret_url(self._global, "slack_api_url", folder=self._folder)
        if kind in {"slack", "slack_app"}:
            self._check_slack(kind, section)
        if kind == "pagerduty":
            section.accept("service_key", "service_key_file")
        return settings | {"http": self._options(section, timeout), "templates": self._templates}

    def _options(self, section: Section, timeout: float) -> HttpOptions:
        own = section.section("http_config")
        if own is not None:
            return read_http(own, folder=self._folder, timeout=timeout)
        return replace(self._http, timeout=timeout or self._http.timeout)

    def _check_slack(self, kind: str, section: Section) -> None:
        section.accept("api_url", "api_url_file", "app_token", "app_token_file", "app_url")
        if kind == "slack" and section.flag("update_message", default=False):
            section.report("is for apps, an incoming webhook cannot change its messages", "update_message")

    def _is_slack_app(self, section: Section) -> bool:
        """Whether it speaks to Slack as an app, with a token, and not through an incoming webhook."""
        for level, prefix in ((section, ""), (self._global, "slack_")):
            if level is None:
                continue
            if any(level.given(f"{prefix}{name}") for name in ("app_token", "app_token_file")):
                return True
            if any(level.given(f"{prefix}{name}") for name in ("api_url", "api_url_file")):
                return level.text(f"{prefix}api_url") == POST_MESSAGE
        return False


def _instead(kind: str) -> str:
    """What to do about a receiver that Tocsin does not deliver."""
    if kind == "pagerduty":
        return "not delivered, use routing_key with an integration of the type Events API v2"
    if kind in APPRISE:
        return f"not delivered, use a receiver of the kind apprise in tocsin.yml ({APPRISE[kind]}…) or webhook_configs"
    return "not delivered, use webhook_configs"
