"""What is found in a stack trace does not depend on which parts of it were looked at before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.privacy import stacks
from tocsin.privacy.detection import Detection
from tocsin.privacy.policy import Policy

SOURCES = (
    "raise ValueError(f'{thing} {number} is lost')",
    "login(user, password=",
    "token: '",
    "send('alice@example.com')",
    'headers = {"Cookie":',
    "key = -----BEGIN PRIVATE KEY-----",
    r"path = 'C:\new%41'",
    "call(4111 1111",
)
TYPES = ("ValueError", "shop.errors.OrderLost", "PasswordError", "api.Token", "Cookie", "Bearer", "KeyError", "basic")
MESSAGES = (
    "order 12 is lost",
    "hunter2",
    "x7Kq9Zt2 is no word",
    "alice@example.com",
    "4111 1111 1111 1111",
    "1111 1111",
    "basic dXNlcjpwYXNzd29yZA",
    "'password'",
    "",
    "two\nlines of it",
    "-----END PRIVATE KEY-----",
    "%41lice%40example.com",
    "ghp_a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
    "+49 30 901820123",
)
CARETS = ("", "        ^^^^^^^^\n")


def detection(policy=None, *, ips=False):
    return Detection(policy or Policy(), ips=ips, hash_key=b"")


def end_of(source, kind, message, carets=""):
    return f'  File "/srv/shop/orders.py", line 12, in place\n    {source}\n{carets}{kind}: {message}\n'


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", TYPES)
def test_what_is_found_behind_frames_that_are_known_is_what_is_found_without(source, kind, monkeypatch):
    known, ends = detection(), [end_of(source, kind, text, carets) for text in MESSAGES for carets in CARETS]
    found = [known.inspect(end) for end in ends * 2]
    monkeypatch.setattr(stacks, "head", lambda _: "")
    assert found == [detection().inspect(end) for end in ends] * 2


@given(st.sampled_from(SOURCES), st.sampled_from(TYPES), st.text(max_size=60))
def test_any_message_is_found_as_without(source, kind, message):
    end = end_of(source, kind, message)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacks, "head", lambda _: "")
        expected = detection().inspect(end)
    assert detection().inspect(end) == expected


def test_a_stack_that_was_clean_is_known_by_what_it_says_not_by_where_it_ends():
    looked = detection()
    clean = f"{stacks.BEGINNING}{end_of(SOURCES[0], 'ValueError', 'order 12 is lost')}"
    assert looked.inspect(clean).text == looked.inspect(clean).text == clean
    assert looked.inspect(clean.replace("order 12", "alice@example.com")).found == ("email",)


def test_of_stacks_no_more_than_some_are_remembered(monkeypatch):
    monkeypatch.setattr("tocsin.privacy.detection._STACKS", 3)
    looked = detection()
    for number in range(10):
        looked.inspect(f"{stacks.BEGINNING}{end_of(f'call_{number}()', 'ValueError', 'lost')}")
    assert len(looked._clean_stacks) <= 3
