"""What only failures and text need is not imported by the start of a process, and ready before they come."""

import subprocess
import sys

LATE = ("tocsin.errors.recognizer", "tocsin.errors.languages", "tocsin.errors.codes", "tocsin.privacy.detection")


def test_the_start_imports_nothing_of_what_only_a_failure_needs():
    script = f"import sys, tocsin.plugin; print([name for name in {LATE} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "[]"


def test_the_writer_makes_ready_for_the_first_failure(host):
    host.capture.write()
    assert host.capture.recorder._recognizer is not None
    assert host.capture.span_processor.redaction.masker._detection is not None


def test_a_failure_before_that_is_identified_all_the_same(host):
    try:
        int("none")
    except ValueError as error:
        draft = host.capture.recorder.see(error, handled=True)
    assert draft.identity.title.startswith("ValueError")
