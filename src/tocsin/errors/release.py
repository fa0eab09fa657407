"""Which of two releases is the later one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.version import Version


def is_later(release: str, than: str, *, seen: Sequence[str]) -> bool:
    """Whether a release came after another one.

    Versions such as 1.10.0, v2.0.0-rc.1 or shop@1.2.3 are compared as versions; all others, such as commits, by the
    order in which they were `seen` first, where one that was never seen is the latest. No release is later than itself.
    """
    if release == than:
        return False
    one, other = version_of(release), version_of(than)
    if one and other:
        return one > other
    return _place(release, seen) > _place(than, seen)


def version_of(release: str) -> Version | None:
    """The version that a release is named after, if it is one. A number alone may be a commit."""
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415  needed for issues that people resolved only

    number = release.rpartition("@")[2]
    if "." not in number:
        return None
    try:
        return Version(number)
    except InvalidVersion:
        return None


def _place(release: str, seen: Sequence[str]) -> int:
    return seen.index(release) if release in seen else len(seen)
