"""The database call that failed: where it went and what it was, without the values in it."""

import re
from collections.abc import Mapping
from typing import Any

#: Characters of a statement that are kept.
MAX_STATEMENT = 2_000
#: The attribute of an exception that holds its call.
CALL = "__tocsin_call__"

#: Old and new names of the attributes of a database span, and what the occurrence calls them.
_NAMES = {
    "db.system": "db.system.name",
    "db.system.name": "db.system.name",
    "db.name": "db.namespace",
    "db.namespace": "db.namespace",
    "db.statement": "db.query.text",
    "db.query.text": "db.query.text",
    "db.operation": "db.operation.name",
    "db.operation.name": "db.operation.name",
    "net.peer.name": "server.address",
    "server.address": "server.address",
    "net.peer.port": "server.port",
    "server.port": "server.port",
}
#: Text, numbers and comments, which may quote either. Alternatives begin differently: linear time.
_VALUES = re.compile(
    r"""(?:[EeNnXxBb]\b)?'(?:[^']|'')*(?:'|$)   # text
      | "[^"]*(?:"|$)                           # a name, or MySQL's text
      | \$(\w*)\$.*?(?:\$\1\$|$)                # PostgreSQL's dollar quotes
      | --[^\n]* | /\*.*?(?:\*/|$)              # comments
      | (?<![\w$:%."`])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\w)
    """,
    re.VERBOSE | re.DOTALL,
)
#: A quoted word is taken for the name of a table or a column.
_NAME = re.compile(r'"\w+"')


class Call(dict[str, str]):
    """Attributes of the semantic conventions. Does not travel with an exception to another process."""

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()


def call_of(attributes: Mapping[str, Any]) -> dict[str, str]:
    """What a span's attributes, by their old names or by their new ones, say of a call; empty if it is none."""
    if "db.system" not in attributes and "db.system.name" not in attributes:
        return {}
    call = {name: str(attributes[key]) for key, name in _NAMES.items() if attributes.get(key)}
    if "db.query.text" in call:
        call["db.query.text"] = without_values(call["db.query.text"])
    return call


def without_values(statement: str) -> str:
    """The statement with `?` for text and numbers, without comments, bounded."""
    return _VALUES.sub(_shown, statement[: 2 * MAX_STATEMENT]).strip()[:MAX_STATEMENT]


def _shown(found: re.Match[str]) -> str:
    if found[0].startswith(("--", "/*")):
        return ""
    return found[0] if _NAME.fullmatch(found[0]) else "?"
