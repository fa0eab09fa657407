"""The block `masking` of the settings."""

import pytest

from tocsin.privacy import Flaw, Masker, Policy


def test_what_cannot_be_used_is_told_and_the_rest_is_used():
    policy = Policy.of(
        {
            "keys": ["customer_name"],
            "keep": ["(a+)+", "jane@example.com"],
            "patterns": {"order": "ORD-[0-9]+", "evil": "(a+)+b", "Bad Name": "x"},
            "skip": ["phone", "phones"],
            "callback": "nonsense",
            "colour": "red",
        }
    )
    assert [(flaw.key, flaw.value) for flaw in policy.flaws] == [
        ("colour", ""), ("skip", "phones"), ("keep", "(a+)+"), ("patterns.evil", "(a+)+b"), ("patterns.Bad Name", "x"),
        ("callback", "nonsense"),
    ]  # fmt: skip
    assert "bound both" in next(flaw.fix for flaw in policy.flaws if flaw.key == "patterns.evil")
    assert Masker(policy=policy).mask(
        "customer_name=Jane ORD-17 jane@example.com bob@example.com call +14155552671"
    ) == ("customer_name=[secret] [order] jane@example.com [email] call +14155552671")


@pytest.mark.parametrize("block", [{"keys": 7}, {"patterns": ["a"]}, {"skip": {"a": 1}}])
def test_a_wrong_shape(block):
    (flaw,) = Policy.of(block).flaws
    assert isinstance(flaw, Flaw)
    assert "must be" in flaw.fix


def test_nothing():
    assert Policy.of({}) == Policy()


def test_names():
    masker = Masker(policy=Policy.of({"keys": ["*.iban", "full_name"], "keep_keys": ["session.id", "*_token"]}))
    assert masker.mask_attributes({"a.iban": "x", "Full_Name": "Jane", "session.id": "abc", "x_token": "abc"}) == {
        "a.iban": "[secret]", "Full_Name": "[secret]", "session.id": "abc", "x_token": "abc",
    }  # fmt: skip
    assert masker.mask('{"full_name": "Jane Doe", "x_token": "abc"}') == '{"full_name": "[secret]", "x_token": "abc"}'


def test_kinds_that_stay():
    mask = Masker(policy=Policy.of({"skip": ["email", "sql"]}))
    assert mask.mask("jane@example.com ssn 123-45-6789") == "jane@example.com ssn [ssn]"
    assert mask.mask_attributes({"db.query.text": "SELECT 'a'"}) == {"db.query.text": "SELECT 'a'"}
