import os
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def promtool():
    """Runs the real promtool; its exit status and everything it printed."""
    folder = os.environ.get("TOCSIN_ORACLES")
    if not folder:
        pytest.skip("TOCSIN_ORACLES names no folder with promtool in its bin/")

    def run(*arguments):
        command = [Path(folder) / "bin" / "promtool", *map(str, arguments)]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        return finished.returncode, finished.stdout + finished.stderr

    return run
