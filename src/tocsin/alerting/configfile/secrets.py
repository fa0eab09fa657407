"""Secrets: in the file itself, as `${NAME}` in the environment, or in a file that the receiver reads.

Only here the environment counts: in the rest of a configuration `${NAME}` is text, as it is for Alertmanager.
"""

import os
import re
from pathlib import Path

from tocsin.notify import Secret
from tocsin.notify.transport.target import Target
from tocsin.syntax.document import Section

#: `$${NAME}` stands for the text `${NAME}`.
_VARIABLE = re.compile(r"\$(\$\{|\{([A-Za-z_][A-Za-z0-9_]*)\})")


def check_secrets(section: Section) -> None:
    """A setting and its `_file` exclude each other, in whatever section they are."""
    for name in section.names():
        if section.given(name) and section.given(f"{name}_file"):
            section.report(f"give either {name} or {name}_file, not both", name)


def secret_url(section: Section, name: str, *, folder: Path) -> Secret:
    """As `secret`; one that is no URL is noted without showing it."""
    value = secret(section, name, folder=folder)
    if isinstance(value, str) and value:
        try:
            Target.parse(value)
        except ValueError as error:
            section.report(str(error), name)
    return value


def secret(section: Section, name: str, *, folder: Path) -> Secret:
    """The value of `name`, else the file that `name_file` names, relative to `folder`; else nothing."""
    value, path = section.text(name), section.text(f"{name}_file")
    return folder / path if path and not value else _expanded(section, name, value)


def _expanded(section: Section, name: str, value: str) -> str:
    """Missing variables are noted."""
    try:
        return expanded(value)
    except ValueError as error:
        section.report(str(error), name)
        return ""


def expanded(value: str) -> str:
    """With variables of the environment in their places.

    Raises:
        ValueError: one is not set; the message has its name, and nothing else of the value.
    """
    names = dict.fromkeys(each[2] for each in _VARIABLE.finditer(value) if each[2])
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise ValueError(
            f"the environment variable {missing[0]} is not set: set it, or write $${{{missing[0]}}} for the text"
        )
    return _VARIABLE.sub(lambda each: os.environ[each[2]] if each[2] else "${", value)


def is_reference(value: str) -> bool:
    """Whether the value is nothing but a variable of the environment, which may be shown."""
    match = _VARIABLE.fullmatch(value)
    return match is not None and bool(match[2])
