"""Every suite of the command `make conformance`."""

import pytest
from suites import SUITES


@pytest.mark.parametrize("suite", SUITES)
def test_conformance(shared, suite):
    run, size = SUITES[suite]
    verdicts = list(run(shared / "conformance"))
    assert {case: complaint for case, complaint in verdicts if complaint is not None} == {}
    assert len(verdicts) >= size
