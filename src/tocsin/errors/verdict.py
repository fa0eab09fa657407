"""What is known of a failure once it is identified."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.errors.fingerprint import Component
from tocsin.errors.kinds import Category
from tocsin.errors.severity import Severity

Components = tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """The verdict on a failure. `fingerprint` is `v1:` and 16 hex digits; `components` explain it, in order.

    `aliases` are the fingerprints that earlier algorithms gave, the newest first: an issue that is known by one of them
    is this one. `earlier` is what those were made of, by version.
    """

    fingerprint: str
    title: str
    culprit: str
    category: Category
    severity: Severity
    components: Components
    aliases: tuple[str, ...] = ()
    earlier: Mapping[str, Components] = field(default_factory=dict, compare=False)

    @property
    def version(self) -> str:
        """The algorithm that made the fingerprint."""
        return self.fingerprint.partition(":")[0]
