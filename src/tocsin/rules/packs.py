"""The rule files that come with the package."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from tocsin.rules.file import load

if TYPE_CHECKING:
    from tocsin.rules.file import RuleFile

_FOLDER = files("tocsin.rules") / "packs"
_SUFFIX = ".yml"


def pack_names() -> tuple[str, ...]:
    """All packs, by name."""
    return tuple(sorted(file.name.removesuffix(_SUFFIX) for file in _FOLDER.iterdir() if file.name.endswith(_SUFFIX)))


def load_pack(name: str) -> RuleFile:
    """The pack of that name; its `source` is `pack:NAME`.

    Raises:
        ValueError: There is no such pack.
    """
    if name not in pack_names():
        raise ValueError(f"there is no rule pack {name!r}; packs: {', '.join(pack_names())}")
    return load((_FOLDER / f"{name}{_SUFFIX}").read_text(encoding="utf-8"), source=f"pack:{name}")
