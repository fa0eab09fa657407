"""What evaluation needs beyond what an application process needs."""

from collections.abc import Iterator
from importlib import import_module

from tocsin.doctor.check import Check


def numpy_version() -> str | None:
    """The version of numpy, without which rules can neither be read nor evaluated; None where it does not work."""
    try:
        return str(import_module("numpy").__version__)
    except ImportError:
        return None


def check_engine(*, evaluate: bool) -> Iterator[Check]:
    """Whether the extra `engine` is there."""
    version = numpy_version()
    if version is not None:
        yield Check("engine", "ok", f"numpy {version}")
    else:
        found = "numpy cannot be imported, so no rule is evaluated here"
        yield Check("engine", "broken" if evaluate else "warning", found, "pip install 'tocsin[engine]'")
