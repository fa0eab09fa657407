"""Runs upstream projects' own tests on Tocsin: `python tests/conformance.py [FOLDER]`.

One line a suite: name, passed/total in scope; below it what failed. Leaves with 1 where that is not everything.
"""

import sys
from pathlib import Path

from suites import SUITES

DEFAULT = Path(__file__).parents[2] / "shared" / "conformance"


def main(folder):
    passed = [report(name, run(folder), size) for name, (run, size) in SUITES.items()]
    return all(passed)


def report(name, cases, size):
    """Print the line of a suite, and whether all its cases passed."""
    verdicts = list(cases)
    wrong = [(case, complaint) for case, complaint in verdicts if complaint is not None]
    total = max(size, len(verdicts))
    print(f"{name} {len(verdicts) - len(wrong)}/{total}")
    for case, complaint in wrong:
        print(f"  {case}\n    {complaint}")
    if len(verdicts) < size:
        print(f"  {size - len(verdicts)} cases are missing")
    return not wrong and len(verdicts) >= size


if __name__ == "__main__":
    sys.exit(not main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT))
