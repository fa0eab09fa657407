"""The settings of a receiver, read as the receiver declares them."""

from collections.abc import Collection, Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from tocsin.alerting.configfile.secrets import secret
from tocsin.notify import Secret
from tocsin.syntax.document import Section

#: Keys of the file that Python does not allow as names.
_KEYS = {"class_": "class"}

#: The texts that each list of mappings may hold.
_PARTS: Mapping[str, tuple[str, ...]] = {
    "actions": ("type", "text", "url", "style", "name", "value"),
    "fields": ("title", "value"),
    "images": ("href", "src", "alt"),
    "links": ("href", "text"),
    "responders": ("id", "name", "username", "type"),
}


def read_settings(section: Section, kind: Any, *, folder: Path, without: Collection[str] = ()) -> dict[str, Any]:
    """The keyword arguments for the dataclass `kind` that the section gives, those in `without` left aside."""
    found: dict[str, Any] = {}
    for setting in fields(kind):
        key = _KEYS.get(setting.name, setting.name)
        if setting.name not in without:
            value = _read(section, key, setting, folder)
            if section.given(key) or section.given(f"{key}_file"):
                found[setting.name] = value
    return found


def _read(section: Section, key: str, setting: Field[Any], folder: Path) -> Any:
    """By the type of the field: each of them is a type that a file can hold."""
    if setting.type == Secret:
        return secret(section, key, folder=folder)
    if setting.type is bool:
        return section.flag(key, default=bool(_default(setting)))
    if setting.type is int:
        return section.whole(key, 0)
    if setting.type is str:
        return section.text(key)
    return _several(section, key, setting)


def _several(section: Section, key: str, setting: Field[Any]) -> Any:
    if setting.type == tuple[str, ...]:
        return tuple(text.value for text in section.texts(key))
    if setting.type == Mapping[str, str]:
        return {name: text.value for name, text in section.pairs(key).items() if text}
    return tuple(_part(each, _PARTS[key]) for each in section.sections(key))


def _part(section: Section, texts: Collection[str]) -> dict[str, Any]:
    """One of a list of mappings: texts, and what Slack's fields and actions have besides."""
    part: dict[str, Any] = {name: section.text(name) for name in texts if section.given(name)}
    if section.given("short"):
        part["short"] = section.flag("short", default=False)
    if section.given("confirm"):
        part["confirm"] = {name: text.value for name, text in section.pairs("confirm").items() if text}
    section.accept(*texts)
    section.close()
    return part


def _default(setting: Field[Any]) -> object:
    return False if setting.default is MISSING else setting.default
