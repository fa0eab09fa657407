"""Prometheus' `otlp:` stanza: how the names and attributes of OpenTelemetry become those of series."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import fields

from tocsin.telemetry.names import Kind, Strategy, label_name, metric_name


class Flaw(NamedTuple):
    """An entry of a stanza that cannot be used, and what to do about it."""

    key: str
    value: str
    fix: str


_Read: TypeAlias = Callable[[object], Any]

#: What Prometheus knows and Tocsin does not do, with the reason.
_REFUSED = {
    "convert_histograms_to_nhcb": "must be false: Tocsin has no native histograms",
    "enable_type_and_unit_labels": "must be false: no labels are made of type and unit",
}
_IDENTIFYING = ("service.namespace", "service.name", "service.instance.id")


class Translation(Struct, frozen=True, eq=False):
    """The stanza; the defaults are Prometheus'. Compared by identity, because it is part of the keys of caches."""

    translation_strategy: Strategy = Strategy.ESCAPED_WITH_SUFFIXES
    promote_resource_attributes: tuple[str, ...] = ()
    promote_all_resource_attributes: bool = False
    ignore_resource_attributes: tuple[str, ...] = ()
    keep_identifying_resource_attributes: bool = False
    promote_scope_metadata: bool = False
    label_name_underscore_sanitization: bool = True
    label_name_preserve_multiple_underscores: bool = True

    @classmethod
    def of(cls, stanza: Mapping[str, object]) -> "Translation":
        """Everything in it that can be used; the rest is in `flaws_of`. Never raises."""
        flawed = {flaw.key for flaw in flaws_of(stanza)}
        return cls(**{key: _READ[key](value) for key, value in stanza.items() if key in _READ and key not in flawed})

    def metric_name(self, name: str, unit: str, kind: Kind) -> str:
        """The Prometheus name. Raises UnusableNameError."""
        return metric_name(name, unit, kind, self.translation_strategy)

    def label_name(self, name: str) -> str:
        """The Prometheus label. Raises UnusableNameError."""
        return label_name(
            name,
            escape=self.translation_strategy.escapes,
            sanitize_underscore=self.label_name_underscore_sanitization,
            keep_underscores=self.label_name_preserve_multiple_underscores,
        )

    def promotes(self, attribute: str) -> bool:
        """Whether an attribute of the resource is a label of all its series."""
        if self.promote_all_resource_attributes:
            return attribute not in self.ignore_resource_attributes
        return attribute in self.promote_resource_attributes

    @property
    def identifying(self) -> tuple[str, ...]:
        """The attributes of a resource that are left out of `target_info`, because `job` and `instance` say them."""
        return () if self.keep_identifying_resource_attributes else _IDENTIFYING


def flaws_of(stanza: Mapping[str, object]) -> tuple[Flaw, ...]:
    """What of a stanza has no effect: what Prometheus would refuse, and what Tocsin does not do."""
    return (*_entry_flaws(stanza), *_contradictions(stanza))


def _entry_flaws(stanza: Mapping[str, object]) -> Iterator[Flaw]:
    for key, value in stanza.items():
        if key in _REFUSED:
            if value:
                yield Flaw(key, str(value), _REFUSED[key])
        elif key not in _READ:
            yield Flaw(key, "", f"is not known; allowed are {', '.join(_READ)}")
        elif not _is_readable(key, value):
            yield Flaw(key, str(value), f"must be {_ALLOWED[_READ[key]]}")


def _contradictions(stanza: Mapping[str, object]) -> Iterator[Flaw]:
    promotes_all = stanza.get("promote_all_resource_attributes") is True
    if promotes_all and stanza.get("promote_resource_attributes"):
        yield Flaw("promote_resource_attributes", "", "has no effect beside promote_all_resource_attributes: true")
    if not promotes_all and stanza.get("ignore_resource_attributes"):
        yield Flaw("ignore_resource_attributes", "", "needs promote_all_resource_attributes: true")


def _is_readable(key: str, value: object) -> bool:
    try:
        _READ[key](value)
    except (TypeError, ValueError):
        return False
    return True


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _attributes(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not _are_names(value):
        raise TypeError(value)
    return tuple(value)


def _are_names(values: Iterable[object]) -> bool:
    return all(isinstance(each, str) and each for each in values)


_ALLOWED: dict[_Read, str] = {
    Strategy: f"one of {', '.join(each.value for each in Strategy)}",
    _boolean: "true or false",
    _attributes: "a list of attributes such as deployment.environment.name",
}
_OF_DEFAULT: dict[type, _Read] = {Strategy: Strategy, bool: _boolean, tuple: _attributes}
_READ: dict[str, _Read] = {each.name: _OF_DEFAULT[type(each.default)] for each in fields(Translation)}

DEFAULT = Translation()
