import subprocess
import sys

import pytest

from tocsin.version import __version__

WITHOUT = """
import sys
sys.modules["{missing}"] = None
from tocsin.cli import main
main()
"""


def test_version(invoke):
    assert invoke("version", on_store=False).stdout == f"{__version__}\n"
    assert invoke("--version", on_store=False).stdout == f"{__version__}\n"


def test_help_tells_the_exit_codes(invoke):
    answer = invoke("--help", on_store=False)
    assert "1  something is broken" in answer.stdout
    assert "127" in answer.stdout


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_it_says_what_to_install(missing):
    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(missing=missing)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == f"tocsin: the command line needs {missing}: pip install 'tocsin[cli]'\n"


def test_an_unknown_command_is_wrong_usage(invoke):
    assert invoke("frob", on_store=False).exit_code == 2
