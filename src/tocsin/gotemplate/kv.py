"""What Alertmanager's templates get instead of plain maps of labels: sets of pairs with methods."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Pair:
    """A label or annotation."""

    name: str
    value: str

    go_type: ClassVar[str] = "template.Pair"
    exported: ClassVar[Mapping[str, str]] = {"Name": "name", "Value": "value"}


class Pairs(tuple[Pair, ...]):
    """Pairs in an order; printed as `name1=value1, name2=value2`."""

    __slots__ = ()
    go_type: ClassVar[str] = "template.Pairs"
    exported: ClassVar[Mapping[str, str]] = {"Names": "names", "Values": "values", "String": "__str__"}

    def names(self) -> list[str]:
        return [pair.name for pair in self]

    def values(self) -> list[str]:
        return [pair.value for pair in self]

    def __str__(self) -> str:
        return ", ".join(f"{pair.name}={pair.value}" for pair in self)


class KV(dict[str, str]):
    """Labels or annotations by name."""

    go_type: ClassVar[str] = "template.KV"
    exported: ClassVar[Mapping[str, str]] = {
        "SortedPairs": "sorted_pairs",
        "Remove": "remove",
        "Names": "sorted_names",
        "Values": "sorted_values",
        "String": "__str__",
    }

    def sorted_pairs(self) -> Pairs:
        """By name, the alert's name first."""
        return Pairs(Pair(name, self[name]) for name in sorted(self, key=lambda name: (name != "alertname", name)))

    def remove(self, names: Iterable[str]) -> "KV":
        """A copy without these names."""
        removed = frozenset(names)
        return KV((name, value) for name, value in self.items() if name not in removed)

    def sorted_names(self) -> list[str]:
        return self.sorted_pairs().names()

    def sorted_values(self) -> list[str]:
        return self.sorted_pairs().values()

    def __str__(self) -> str:
        return str(self.sorted_pairs())
