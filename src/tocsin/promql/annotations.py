"""What a query wants to tell beside its result."""

from __future__ import annotations


class Annotations:
    """Every message once, in the order of appearance, in the words of Prometheus."""

    def __init__(self) -> None:
        self._warnings: dict[str, None] = {}
        self._infos: dict[str, None] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """Something is wrong with the query or the data."""
        return tuple(self._warnings)

    @property
    def infos(self) -> tuple[str, ...]:
        """Something may be wrong."""
        return tuple(self._infos)

    def warn(self, message: str) -> None:
        self._warnings[f"PromQL warning: {message}"] = None

    def inform(self, message: str) -> None:
        self._infos[f"PromQL info: {message}"] = None
