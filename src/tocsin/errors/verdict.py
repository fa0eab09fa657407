"""What is known of a failure once it is identified."""

from collections.abc import Mapping

from msgspec import Struct, field

from tocsin.errors.categories import Category
from tocsin.errors.fingerprint import Component
from tocsin.errors.severity import Severity

Components = tuple[Component, ...]


class Identity(Struct, frozen=True):
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
    earlier: Mapping[str, Components] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The algorithm that made the fingerprint."""
        return self.fingerprint.partition(":")[0]
