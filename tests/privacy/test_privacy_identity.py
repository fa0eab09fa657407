"""No masking changes a fingerprint: text that was masked is grouped as the text itself is."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suites import masking

from tocsin.errors import identify, parse_stacktrace
from tocsin.privacy import Masker

HASHING = "0123456789abcdef"
#: Kinds of which template and placeholder are the same whatever is around them.
KINDS = (
    "email",
    "card",
    "ssn",
    "de_tax_id",
    "nir",
    "pesel",
    "personnummer",
    "cpf",
    "aadhaar",
    "ahv",
    "ip",
    "codice_fiscale",
)


def fingerprint(attributes):
    return identify(
        parse_stacktrace(*(attributes[f"exception.{key}"] for key in ("type", "message", "stacktrace")))
    ).fingerprint


@pytest.mark.parametrize("options", [{}, {"ips": True}, {"hash_key": HASHING}])
def test_on_the_corpus(shared, options):
    masker = Masker(**options)
    events = [
        json.loads(line)["attributes"]
        for line in (shared / "corpus/grouping-dev/events.jsonl").read_text().splitlines()
    ]
    changed = [event for event in events if masker.changes(event)]
    assert len(changed) >= 10
    for event in changed:
        assert fingerprint(masker.mask_attributes(event)) == fingerprint(event)


@given(
    st.sampled_from(KINDS),
    st.integers(0, 10**9),
    st.sampled_from(
        ["could not pay for {} today", "{} is not known", "no account: {}", "invalid value '{}'", "'{}' failed"]
    ),
    st.sampled_from(["", HASHING]),
)
def test_on_messages(kind, seed, sentence, hash_key):
    value = masking.VALID[kind](random.Random(seed))
    message = sentence.format(value.replace("o'neil", "oneil"))
    masked = Masker(ips=True, hash_key=hash_key).mask(message)
    assert value not in masked
    event = {"exception.type": "ValueError", "exception.message": message, "exception.stacktrace": ""}
    assert fingerprint({**event, "exception.message": masked}) == fingerprint(event)
