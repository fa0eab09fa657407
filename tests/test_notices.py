"""What Tocsin says is one line on stderr, and never an exception."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.notices import Notices


@pytest.fixture
def notices():
    return Notices()


def test_whatever_is_said_is_one_line(notices, capsys):
    notices.say("several\nlines  and\ttabs\n")
    assert capsys.readouterr().err == "tocsin: several lines and tabs\n"


def test_a_line_with_a_key_is_said_once(notices, capsys):
    for _ in range(3):
        notices.say("the store is full", once="store")
        notices.say("again", once="other")
        notices.say("always")
    lines = capsys.readouterr().err.splitlines()
    assert lines.count("tocsin: the store is full") == lines.count("tocsin: again") == 1
    assert lines.count("tocsin: always") == 3


class Reentrant(io.StringIO):
    def write(self, text):
        raise RuntimeError("reentrant call inside <_io.BufferedWriter name='<stderr>'>")


class Full(io.StringIO):
    def flush(self):
        raise OSError(28, "No space left on device")


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


def ascii_only():
    return io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")


def test_what_the_encoding_lacks_is_escaped(notices, monkeypatch, tmp_path):
    with (tmp_path / "log").open("w", encoding="ascii", errors="strict") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        notices.say("alerts → nobody")
    assert (tmp_path / "log").read_text() == "tocsin: alerts \\u2192 nobody\n"


def test_what_stands_in_for_a_file_is_written_to(notices, monkeypatch):
    class Proxy(io.StringIO):
        def fileno(self):
            return None

    monkeypatch.setattr(sys, "stderr", proxy := Proxy())
    notices.say("hello")
    assert proxy.getvalue() == "tocsin: hello\n"


def test_a_line_that_cannot_be_written_does_not_fail_the_exit():
    script = "from tocsin.notices import notices; notices.say('lost')"
    with Path("/dev/full").open("wb") as full:
        assert subprocess.run([sys.executable, "-c", script], stderr=full, check=False).returncode == 0


@pytest.mark.parametrize(
    "stream",
    [None, closed(), Reentrant(), Full(), ascii_only(), object()],
    ids=["none", "closed", "reentrant", "full", "ascii", "no stream"],
)
def test_a_broken_stderr_loses_the_line_and_nothing_else(notices, monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    notices.say("alerts → nobody", once="x")
