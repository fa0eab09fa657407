"""`email_configs` of the file, with the global settings of SMTP filled in."""

from pathlib import Path
from typing import Any

from tocsin.alerting.configfile.http_config import read_tls
from tocsin.alerting.configfile.secrets import secret
from tocsin.notify import Secret, Tls
from tocsin.notify.transport.smtp import TIMEOUT, MailServer
from tocsin.notify.wording.letter import DAILY, LetterTexts
from tocsin.syntax.document import Section

#: What Alertmanager says where nobody tells it its name.
HELLO = "localhost"


class EmailReader:
    """Reads one section; what it does not say is said by the global settings."""

    def __init__(self, section: Section, global_settings: Section | None, folder: Path) -> None:
        self._section = section
        self._global = global_settings
        self._folder = folder

    def settings(self, *, timeout: float) -> dict[str, Any] | None:
        """The keyword arguments of the receiver; None, with the problem noted, where they make no sense."""
        self._check_headers()
        server = self._server(timeout)
        texts = self._texts()
        to, sender = self._section.text("to"), self._text("from")
        return None if server is None else {"to": to, "sender": sender, "server": server, "texts": texts}

    def _server(self, timeout: float) -> MailServer | None:
        try:
            return MailServer(
                smarthost=self._text("smarthost"),
                hello=self._text("hello") or HELLO,
                username=self._text("auth_username"),
                password=self._secret("auth_password"),
                secret=self._secret("auth_secret"),
                identity=self._text("auth_identity"),
                require_tls=self._flag("require_tls", default=True),
                implicit_tls=self._implicit_tls(),
                tls=self._tls(),
                timeout=timeout or TIMEOUT,
            )
        except ValueError as error:
            self._section.report(str(error))
            return None

    def _texts(self) -> LetterTexts:
        thread, by_date = self._threading(self._section.section("threading"))
        headers = {name: text.value for name, text in self._section.pairs("headers").items() if text}
        return LetterTexts(
            headers=headers,
            text=self._section.text("text"),
            html=self._section.text("html"),
            thread=thread,
            thread_by_date=by_date,
        )

    def _threading(self, section: Section | None) -> tuple[bool, str]:
        """Threads are what people want of alerts, so they are on unless the file says no."""
        if section is None:
            return True, ""
        on, by_date = section.flag("enabled", default=False), section.text("thread_by_date", DAILY)
        section.close()
        return on, by_date

    def _check_headers(self) -> None:
        names = [name.lower() for name in self._section.pairs("headers")]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self._section.report(f"has {name!r} twice, case does not count", "headers")

    def _implicit_tls(self) -> bool | None:
        on = self._flag("force_implicit_tls", default=None)
        return None if on is None else bool(on)

    def _tls(self) -> Tls:
        own = self._section.section("tls_config")
        if own is None and self._global is not None:
            own = self._global.section("smtp_tls_config")
        return read_tls(own, folder=self._folder)

    def _text(self, name: str) -> str:
        return self._section.text(name) or (self._global.text(f"smtp_{name}") if self._global else "")

    def _flag(self, name: str, *, default: bool | None) -> Any:
        for level, key in ((self._section, name), (self._global, f"smtp_{name}")):
            # Asked for in any case: a key that is never asked for is unknown.
            given = level is not None and level.flag(key, default=False)
            if level is not None and level.given(key):
                return given
        return default

    def _secret(self, name: str) -> Secret:
        own = secret(self._section, name, folder=self._folder)
        return own or (secret(self._global, f"smtp_{name}", folder=self._folder) if self._global else "")
