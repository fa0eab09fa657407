"""The `alertmanager.yml` and the template files that it names."""

import glob
from collections.abc import Iterator
from pathlib import Path

import yaml

from tocsin.evaluator.watched import Watched


class RoutingFiles:
    """Tells when any of them changed. Without an `alertmanager.yml` nothing ever does."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file, self._templates = Watched(), Watched()
        self._patterns: tuple[str, ...] = ()
        self.changed()

    def changed(self) -> bool:
        """Whether they say something else than at the last call."""
        if self._path is None:
            return False
        file = self._file.changed([self._path])
        if file:
            self._patterns = tuple(_patterns(self._path))
        paths = [Path(name) for pattern in self._patterns for name in sorted(glob.glob(pattern))]  # noqa: PTH207  absolute
        return self._templates.changed(paths) or file


def _patterns(path: Path) -> Iterator[str]:
    """Of what cannot be read there is nothing to watch."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return
    found = document.get("templates") if isinstance(document, dict) else None
    for pattern in found if isinstance(found, list) else ():
        yield str(path.parent / str(pattern))
