import os
from pathlib import Path

import pytest

from tocsin.guard import guard


@pytest.fixture(scope="session")
def shared():
    """Upstream projects' test data and labelled errors, which the repository does not carry."""
    folder = Path(os.environ.get("TOCSIN_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}; set TOCSIN_SHARED")
    return folder


@pytest.fixture(autouse=True)
def strict_guard():
    """What the guard would keep from an application is an error in our tests."""
    guard.strict = True
    yield
    guard.strict = False
    guard.failures.clear()
