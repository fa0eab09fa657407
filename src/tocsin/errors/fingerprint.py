"""Fingerprints: a version and a hash of what counted."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

#: Part of every fingerprint: a new algorithm gets a new version, so that old issues can be found again.
VERSION = "v1"


class Component(NamedTuple):
    """One contribution to a fingerprint, and the reason for it."""

    name: str
    value: str
    why: str


def fingerprint_of(components: Iterable[Component], *, version: str = VERSION) -> str:
    """The version and the first 16 hex digits of the components' SHA-256."""
    text = "\0".join(f"{component.name}={component.value}" for component in components)
    return f"{version}:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
