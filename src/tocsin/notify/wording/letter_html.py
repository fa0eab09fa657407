"""The HTML part of an e-mail: tables and inline styles, the subset that every client shows."""

import html

from tocsin.notify.severity import RESOLVED_COLOUR
from tocsin.notify.wording.layout import more
from tocsin.notify.wording.links import Link
from tocsin.notify.wording.message import Fact, Item, Message

_FONT = "font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"


def letter_html(message: Message) -> str:
    """A document without scripts, images or anything that is fetched; whatever a label holds is text."""
    parts = [*map(_item, message.items), _rest(message), _links(message.links)]
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>'
        f'<body style="margin:0;padding:16px;background:#f4f5f7;{_FONT};font-size:14px;color:#1f2430">'
        f'<div style="max-width:680px;margin:0 auto;background:#ffffff;border-top:6px solid {message.colour}">'
        f'<div style="padding:16px"><h1 style="font-size:18px;margin:0 0 4px">{html.escape(message.title)}</h1>'
        f'<p style="margin:0 0 16px;color:#5b6270">{html.escape(message.glance)}</p>'
        f"{''.join(parts)}</div></div></body></html>\n"
    )


def _item(item: Item) -> str:
    colour = item.severity.colour if item.firing else RESOLVED_COLOUR
    rows = "".join(map(_row, item.facts))
    return (
        f'<div style="border-left:4px solid {colour};padding:4px 0 4px 12px;margin:0 0 16px">'
        f'<h2 style="font-size:15px;margin:0 0 6px">{item.mark} {html.escape(item.what)}</h2>'
        f'<table cellpadding="0" cellspacing="0" style="font-size:13px">{rows}</table>{_links(item.links)}</div>\n'
    )


def _row(fact: Fact) -> str:
    return (
        f'<tr><td style="padding:2px 12px 2px 0;color:#5b6270;vertical-align:top;white-space:nowrap">'
        f'{html.escape(fact.name)}</td><td style="padding:2px 0">{html.escape(fact.text)}</td></tr>'
    )


def _rest(message: Message) -> str:
    return f"<p>{more(message.left_out)}</p>" if message.left_out else ""


def _links(links: tuple[Link, ...]) -> str:
    if not links:
        return ""
    anchors = (
        f'<a href="{html.escape(link.url)}" style="color:#1a56c4">{html.escape(link.name)}</a>' for link in links
    )
    return f'<p style="margin:8px 0 0">{" · ".join(anchors)}</p>'
