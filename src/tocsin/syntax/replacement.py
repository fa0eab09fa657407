"""Replacement templates of Go's `Regexp.Expand`."""

import re

_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)


def expand(template: str, match: re.Match[str]) -> str:
    """`$1`, `${1}`, `$name`; `$$` is a dollar sign, and a group that does not exist is empty."""
    groups = {**match.groupdict(), **{str(number): text for number, text in enumerate((match[0], *match.groups()))}}
    return _REFERENCE.sub(
        lambda reference: "$" if reference[0] == "$$" else groups.get(reference[1] or reference[2]) or "",
        template,
    )
