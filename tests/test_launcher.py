import sys
from pathlib import Path

from tocsin.launcher import LAUNCHER, find_launcher


def test_the_launcher_of_this_environment_comes_first(tmp_path):
    beside = Path(sys.executable).with_name(LAUNCHER)
    assert find_launcher({"PATH": str(tmp_path)}) == (beside if beside.exists() else None)


def test_else_the_one_on_the_path(tmp_path, monkeypatch):
    launcher = tmp_path / "bin" / LAUNCHER
    launcher.parent.mkdir()
    launcher.touch(mode=0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert find_launcher({"PATH": str(launcher.parent)}) == launcher
    assert find_launcher({"PATH": ""}) is None
