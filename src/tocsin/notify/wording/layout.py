"""A message as lines of text, in whatever notation a channel takes."""

from tocsin.notify.wording.links import Link
from tocsin.notify.wording.markup import Markup
from tocsin.notify.wording.message import Item, Message


def heading(item: Item, markup: Markup) -> str:
    """`🔴 storefront fails 12% of its requests`."""
    return f"{item.mark} {markup.escape(item.what)}"


def details(item: Item, markup: Markup) -> str:
    """The facts, a line each, then the links."""
    facts = [f"{markup.bold(markup.escape(f'{fact.name}:'))} {markup.escape(fact.text)}" for fact in item.facts]
    return "\n".join([*facts, *_links(item.links, markup)])


def body(message: Message, markup: Markup, *, limit: int) -> str:
    """What a person sees at a glance, then alert by alert, as many as fit into `limit` characters; never cut inside."""
    text = markup.bold(markup.escape(message.glance))
    for position, item in enumerate(message.items):
        block = f"\n\n{markup.bold(heading(item, markup))}\n{details(item, markup)}"
        rest = len(message.items) - position + message.left_out
        if len(text) + len(block) + len(more(rest)) + 2 > limit:
            return f"{text}\n\n{more(rest)}"
        text += block
    return f"{text}\n\n{more(message.left_out)}" if message.left_out else text


def more(count: int) -> str:
    """How many alerts a message does not show."""
    return f"{count} more alert{'s' if count > 1 else ''}"


def _links(links: tuple[Link, ...], markup: Markup) -> list[str]:
    return [" · ".join(map(markup.linked, links))] if links else []
