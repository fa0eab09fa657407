"""Which versions of which libraries a failure passed through."""

import platform
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from importlib import metadata

from tocsin.errors.module_path import installed_package

#: Libraries that are told of.
MAX_LIBRARIES = 20


def versions_of(paths: Iterable[str]) -> dict[str, str]:
    """Library → version, of the interpreter and of those whose files these are, in the order of the calls.

    Reads what is installed, once for each: not for a thread of the application.
    """
    packages = list(dict.fromkeys(package for path in paths if (package := installed_package(path))))
    found = {package: version for package in packages[:MAX_LIBRARIES] if (version := _version(package))}
    return {platform.python_implementation(): platform.python_version(), **found}


@lru_cache(maxsize=512)
def _version(package: str) -> str:
    """By the distribution that is named like the package, else by what the package says, else by any that has it."""
    said = vars(sys.modules[package]).get("__version__") if package in sys.modules else ""
    names = (package, package.replace("_", "-"))
    return _installed(names) or (said if type(said) is str else "") or _installed(_distributions().get(package, ()))


def _installed(names: Iterable[str]) -> str:
    """The version of the first of these distributions that is there."""
    for name in names:
        with suppress(metadata.PackageNotFoundError, ValueError, OSError):
            return str(metadata.version(name))
    return ""


@lru_cache(maxsize=1)
def _distributions() -> dict[str, list[str]]:
    """Package → distributions; takes a look at every one of them."""
    return dict(metadata.packages_distributions())
