import os
from pathlib import Path

import hypothesis
import pytest

from tocsin.guard import guard

# Machines that run tests are busy: how long one example takes says nothing.
hypothesis.settings.register_profile("tocsin", deadline=None)
hypothesis.settings.load_profile("tocsin")


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


REQUIRE_ALL = bool(os.environ.get("TOCSIN_REQUIRE_ALL"))


def _fail_instead(report):
    """Where everything is required, as in CI, what a test skips for is missing: that is a failure."""
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"required here, but skipped: {report.longrepr}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    outcome = yield
    _fail_instead(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report():
    outcome = yield
    _fail_instead(outcome.get_result())
