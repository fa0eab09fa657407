"""`tocsin mask`: stdin to stdout."""

import os
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-c", "from tocsin.cli import main; main()", "mask"]
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\ndefg\n-----END RSA PRIVATE KEY-----\n"


@pytest.fixture
def mask():
    """Run the command as a filter."""

    def mask(text, *options, **variables):
        return subprocess.run(
            [*COMMAND, *options],
            input=text, capture_output=True, timeout=60, check=True, env={**os.environ, **variables},
        )  # fmt: skip

    return mask


def test_a_stream(mask):
    answer = mask(b"jane@example.com paid\n" + KEY.encode() + b"\xff token=abc1 \r\nlast line, no end", "--report")
    assert answer.stdout == b"[email] paid\n[private_key]\n\xff token=[secret] \r\nlast line, no end"
    assert sorted(answer.stderr.decode().split()) == ["1", "1", "1", "email", "private_key", "secret"]


def test_it_answers_line_by_line():
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for line, masked in ((b"jane@example.com\n", b"[email]\n"), (b"fine\n", b"fine\n")):
            process.stdin.write(line)
            process.stdin.flush()
            assert process.stdout.readline() == masked
        process.stdin.close()
        assert process.wait(30) == 0


def test_a_private_key_that_was_cut_off(mask):
    assert mask(KEY.partition("-----END")[0].encode()).stdout == b"[private_key]"


def test_settings(mask, tmp_path):
    (tmp_path / "tocsin.yml").write_text("masking:\n  patterns: {order: 'ORD-[0-9]+', evil: '(a+)+b'}\n")
    answer = mask(b"ORD-7 from 10.0.0.1\n", TOCSIN_MASK_IP="true", TOCSIN_MASK="false")
    assert answer.stdout == b"[order] from [ip]\n"
    assert b"masking.patterns.evil = '(a+)+b' (tocsin.yml): has no effect: a repeat without a bound" in answer.stderr


def test_nothing_to_report(mask):
    assert mask(b"fine\n", "--report").stderr == b"nothing was masked\n"
