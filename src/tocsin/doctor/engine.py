"""What evaluation needs beyond what an application process needs."""

from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version

from tocsin.doctor.check import Check


def installed() -> bool:
    """Whether rules can be read and evaluated in this environment."""
    try:
        import_module("numpy")
    except ImportError:
        return False
    return True


def check_engine(*, evaluate: bool) -> Iterator[Check]:
    """Whether the extra `engine` is there."""
    if installed():
        yield Check("engine", "ok", f"numpy {version('numpy')}")
    else:
        found = "numpy cannot be imported, so no rule is evaluated here"
        yield Check("engine", "broken" if evaluate else "warning", found, "pip install 'tocsin[engine]'")
