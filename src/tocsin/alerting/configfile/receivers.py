"""The receivers of the file, with global settings and the contents of secret files filled in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tocsin.alerting.config import Integration, ReceiverConfig
from tocsin.alerting.configfile.document import Section
from tocsin.alerting.configfile.secrets import check_secrets, secret, secret_url
from tocsin.notify import Authorization, Secret

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
#: What apps post to; an incoming webhook has a URL of its own.
POST_MESSAGE = "https://slack.com/api/chat.postMessage"
_SLACK_LOOKS = (
    *("actions", "app_url", "callback_id", "color", "fallback", "fields", "footer", "icon_url", "image_url"),
    *("link_names", "message_text", "mrkdwn_in", "pretext", "short_fields", "text", "thumb_url", "title", "title_link"),
    *("http_config",),
)
_HTTP = (
    *("bearer_token", "bearer_token_file", "enable_http2", "follow_redirects", "http_headers", "no_proxy", "oauth2"),
    *("proxy_connect_header", "proxy_from_environment", "proxy_url", "tls_config"),
)


class Receivers:
    """Reads the receivers. What is wrong with them, and which of them are not delivered, goes into the findings."""

    def __init__(self, global_settings: Section | None, folder: Path) -> None:
        self._global = global_settings
        self._folder = folder

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
        section.close()
        return ReceiverConfig(name=name, integrations=tuple(integrations))

    def _integration(self, kind: str, section: Section) -> Integration | None:
        check_secrets(section)
        for need in NEEDS[kind]:
            self._check_need(kind, section, need)
        if kind == "webhook":
            return self._webhook(section)
        if kind == "slack" and not self._slack_app(section):
            return self._slack(section)
        section.findings.undelivered.append(f"{section.path} (line {section.line})")
        return None

    def _check_need(self, kind: str, section: Section, need: str) -> None:
        names, prefix = need.split("|"), PREFIXES.get(kind, kind)
        own = [each for name in names for each in (name, f"{name}_file")]
        if not any(section.given(name) or self._given_globally(f"{prefix}_{name}") for name in own):
            section.report(f"needs {' or '.join(names)}, here or globally with the prefix {prefix}_")

    def _given_globally(self, name: str) -> bool:
        return self._global is not None and self._global.given(name)

    def _webhook(self, section: Section) -> Integration:
        settings: dict[str, Any] = {
            "url": secret_url(section, "url", folder=self._folder),
            "max_alerts": section.whole("max_alerts", 0),
            "authorization": self._authorization(section.section("http_config")),
        }
        return self._integrated("webhook", section, settings, send_resolved=True)

    def _slack(self, section: Section) -> Integration:
        api_url = secret_url(section, "api_url", folder=self._folder)
        if not api_url and self._global is not None:
            api_url = secret_url(self._global, "slack_api_url", folder=self._folder)
        settings: dict[str, Any] = {name: section.text(name) for name in ("channel", "username", "icon_emoji")}
        if section.flag("update_message", default=False):
            section.report("is for apps, an incoming webhook cannot change its messages", "update_message")
        section.skip(*_SLACK_LOOKS)
        return self._integrated("slack", section, settings | {"api_url": api_url}, send_resolved=False)

    def _integrated(
        self, kind: str, section: Section, settings: Mapping[str, Any], *, send_resolved: bool
    ) -> Integration:
        """With the settings that all kinds have."""
        timeout = section.duration("timeout", 0.0)
        send_resolved = section.flag("send_resolved", default=send_resolved)
        section.close()
        limits = {"timeout": timeout} if timeout else {}
        return Integration(kind=kind, settings={**settings, **limits}, send_resolved=send_resolved)

    def _slack_app(self, section: Section) -> bool:
        """Whether it speaks to Slack as an app, with a token, and not through an incoming webhook."""
        for level, prefix in ((section, ""), (self._global, "slack_")):
            if level is None:
                continue
            if any(level.given(f"{prefix}{name}") for name in ("app_token", "app_token_file")):
                return True
            if any(level.given(f"{prefix}{name}") for name in ("api_url", "api_url_file")):
                return level.text(f"{prefix}api_url") == POST_MESSAGE
        return False

    def _authorization(self, section: Section | None) -> Authorization | None:
        """What the `authorization` or `basic_auth` of an `http_config` say."""
        if section is None:
            return None
        token, password = section.section("authorization"), section.section("basic_auth")
        section.skip(*_HTTP)
        section.close()
        if token is not None:
            scheme = token.text("type", "Bearer")
            return Authorization(credentials=self._secret_of(token, "credentials"), scheme=scheme)
        if password is not None:
            user = password.text("username")
            return Authorization(credentials=self._secret_of(password, "password"), user=user)
        return None

    def _secret_of(self, section: Section, name: str) -> Secret:
        check_secrets(section)
        value = secret(section, name, folder=self._folder)
        section.close()
        return value
