"""What `tocsin issues show` says of an occurrence beside its stack trace."""

import time

import pytest

from tocsin.store import Occurrence

DETAILS = {
    "request": {"method": "GET", "route": "/cart/{id}", "query": {"q": "shoes"}, "headers": {"cookie": "[secret]"}},
    "user": {"user.id": "7"},
    "feature_flags": {"new_cart": True},
    "execution": {"thread.name": "worker-1"},
    "versions": {"CPython": "3.11.7", "flask": "3.1.0"},
    "breadcrumbs": [
        {"at": 1.0, "kind": "span", "name": "SELECT", "seconds": 0.0125, "status": "error"},
        {"at": 2.0, "kind": "log", "level": "WARNING", "name": "shop.cart", "message": "cart %s is odd"},
        {"at": 3.0, "kind": "note", "message": "asking again", "attributes": {"attempt": 2}},
    ],
    "exceptions": [
        {
            "type": "LookupError",
            "arguments": ["no cart", 7],
            "notes": ["asked \x1b[31mtwice"],
            "frames": [
                {
                    "module": "shop.cart",
                    "function": "load",
                    "line": 12,
                    "source": {"11": "try:", "12": "    raise LookupError"},
                    "locals": {"order": {"id": 7}},
                }
            ],
        }
    ],
}


@pytest.fixture
def detailed(record):
    sample = Occurrence(at=time.time(), message="no cart", stacktrace="Traceback\n", details=DETAILS)
    record("v1:a", samples=(sample,))


def test_every_part_is_shown(invoke, detailed):
    answer = invoke("issues", "show", "1")
    assert answer.exit_code == 0, answer.output
    lines = [" ".join(line.split()) for line in answer.stdout.splitlines()]
    for line in (
        "method: GET",
        "query.q: shoes",
        "headers.cookie: [secret]",
        "user.id: 7",
        "new_cart: true",
        "thread.name: worker-1",
        "flask: 3.1.0",
        "1970-01-01T00:00:01Z span SELECT 12.5 ms, error",
        "1970-01-01T00:00:02Z WARNING shop.cart cart %s is odd",
        "1970-01-01T00:00:03Z note asking again attempt=2",
        "LookupError(no cart, 7)",
        "note: asked \\x1b[31mtwice",
        "shop.cart in load, line 12",
        "11 try:",
        "> 12 raise LookupError",
        'order = {"id":7}',
    ):
        assert line in lines


def test_they_are_in_the_document(document, detailed):
    assert document("issues", "show", "1")["latest"]["details"] == DETAILS


def test_an_occurrence_without_any(invoke, record):
    record("v1:a")
    answer = invoke("issues", "show", "1")
    assert answer.exit_code == 0
    assert "before it" not in answer.stdout
