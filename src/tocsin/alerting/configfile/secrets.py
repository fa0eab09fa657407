"""Settings that may also be given as the path of a file that holds them; the receiver reads it."""

from pathlib import Path

from tocsin.alerting.configfile.document import Section
from tocsin.notify import Secret
from tocsin.notify.target import Target


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
    return folder / path if path and not value else value
