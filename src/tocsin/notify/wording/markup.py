"""The notations in which channels take text."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from tocsin.notify.wording.links import Link


@dataclass(frozen=True, slots=True)
class Markup:
    """`escape` makes any text harmless; `bold` gets what is escaped already, `link` such a name and a bare URL."""

    escape: Callable[[str], str]
    bold: Callable[[str], str]
    link: Callable[[str, str], str]

    def linked(self, link: Link) -> str:
        """The link, with its name."""
        return self.link(self.escape(link.name), link.url)


def escape_slack(text: str) -> str:
    """The three characters with which Slack begins markup, links and mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_markdown(text: str) -> str:
    """Every character with which Markdown begins something, and what chats take for a mention."""
    return re.sub(r"([\\`*_\[\]#|<>~])", r"\\\1", text).replace("@", "@\u200b")


def _in_bold(mark: str) -> Callable[[str], str]:
    return lambda text: f"{mark}{text}{mark}"


def _slack_link(name: str, url: str) -> str:
    return f"<{escape_slack(url).replace('|', '%7C')}|{name}>"


def _markdown_link(name: str, url: str) -> str:
    return f"[{name}]({url.replace('(', '%28').replace(')', '%29')})"


PLAIN = Markup(str, str, lambda name, url: f"{name}: {url}")
MRKDWN = Markup(escape_slack, _in_bold("*"), _slack_link)
MARKDOWN = Markup(escape_markdown, _in_bold("**"), _markdown_link)
HTML = Markup(html.escape, lambda text: f"<b>{text}</b>", lambda name, url: f'<a href="{html.escape(url)}">{name}</a>')
