import os
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def amtool(tmp_path_factory):
    """Renders a template with the real amtool: its output, or its complaint."""
    folder = os.environ.get("TOCSIN_ORACLES")
    if not folder:
        pytest.skip("TOCSIN_ORACLES names no folder with amtool in its bin/")
    empty = tmp_path_factory.mktemp("amtool") / "empty.tmpl"
    empty.touch()

    def render(text, *options, files=empty):
        command = [Path(folder) / "bin" / "amtool", "template", "render", f"--template.glob={files}", *options]
        finished = subprocess.run([*command, f"--template.text={text}"], capture_output=True, text=True, check=False)
        return finished.stdout if finished.returncode == 0 else finished.stderr.strip().removeprefix("amtool: error: ")

    return render


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


@pytest.fixture(scope="session")
def default_templates():
    """The folder of Alertmanager's own templates."""
    found = [*Path(os.environ.get("TOCSIN_ORACLES", "/nowhere")).glob("root/usr/share/*/alertmanager/default.tmpl")]
    if not found:
        pytest.skip("TOCSIN_ORACLES names no folder with Alertmanager's templates")
    return found[0].parent
