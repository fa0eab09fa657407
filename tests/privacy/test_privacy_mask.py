"""Masking: what goes, what only looks like it and stays, and what it costs."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.privacy import Masked, Masker

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


@pytest.fixture(scope="module")
def mask():
    return Masker().mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail to bob.o'hara+x@corp.example.io now", "mail to [email] now"),
        ("<alice@example.com>, git@github.com:x/y", "<[email]>, [email]:x/y"),
        ("card 4111 1111 1111 1111 12/29", "card [card] 12/29"),
        ("card 4111-1111-1111-1111,5555555555554444", "card [card],[card]"),
        ("order 6000 4111111111111111", "order 6000 [card]"),
        (
            "at 0.1428571428571428, 4111111111111111 and 0.571428 4111111111111111",
            "at 0.1428571428571428, [card] and 0.571428 [card]",
        ),
        ("amex 378282246310005 diners 30569309025904", "amex [card] diners [card]"),
        ("to DE89370400440532013000.", "to [iban]."),
        ("to GB82 WEST 1234 5698 7654 32 FOR rent", "to [iban] FOR rent"),
        ("NL91ABNA0417164300 BE71 0961 2345 6769", "[iban] [iban]"),
        ("ssn 123-45-6789", "ssn [ssn]"),
        ("call +49 30 901820123 or +14155552671 or (555) 123-4567", "call [phone] or [phone] or [phone]"),
        (f"jwt {JWT} end", "jwt [jwt] end"),
        ("curl -H 'Authorization: Bearer abc.DEF-123'", "curl -H 'Authorization: Bearer [secret]'"),
        ("Basic dXNlcjpwYXNzd29yZA==", "Basic [secret]"),
        ("postgresql://app:s3cr@t@db:5432/shop", "postgresql://app:[secret]@db:5432/shop"),
        ("redis://:hunter2@cache", "redis://:[secret]@cache"),
        ("Server=db;User Id=sa;Password=hunter2;Encrypt=yes", "Server=db;User Id=sa;Password=[secret];Encrypt=yes"),
        ("?api_key=abc123&page=2", "?api_key=[secret]&page=2"),
        ("{'password': 'it\\'s', 'n': 1}", "{'password': '[secret]', 'n': 1}"),
        ('{"clientSecret": "a b, c", "n": 1}', '{"clientSecret": "[secret]", "n": 1}'),
        ('"{\\"password\\": \\"a b\\", \\"n\\": 1}"', '"{\\"password\\": \\"[secret]\\", \\"n\\": 1}"'),
        ("User(name='bob', password='x y')", "User(name='bob', password='[secret]')"),
        ("data='token=abc123'", "data='token=[secret]'"),
        ("password: swordfish", "password: [secret]"),
        ("['mysql', '--password', 'hunter2', '-u']", "['mysql', '--password', '[secret]', '-u']"),
        ("deploy --api-token abc --force", "deploy --api-token [secret] --force"),
        ("Cookie: a=b; session=c", "Cookie: [secret]"),
        ("AKIAIOSFODNN7EXAMPLE ghp_" + "a1" * 18, "[token] [token]"),
        ("xoxb-123456789012-abcdef sk_live_" + "4e" * 10, "[token] [token]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx", "[private_key]\nx"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE cut off", "[private_key]"),
    ],
)
def test_what_is_masked(mask, text, masked):
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "card 4111 1111 1111 1112, order 1234567890123456",
        "at 1700000000000000000 ns, 0.4111111111111111, id 4111111111111111x",
        "DE89370400440532013001 AB12CDEF34567890 GB82WEST1234569876543",
        "000-12-3456 666-12-3456 900-12-3456 123-00-4567 1123-45-6789",
        "12:30:45+00:00 +1 2026-01-02 555-1234",
        "basic understanding of bearer authentication",
        "token_count=5 max_tokens: 40 password_length=8 tokenizer=bpe",
        "Invalid token: expected '}'",
        "password=None token=null secret= pwd='' password=***",
        "token = get_token(request), password=password, secret=settings.secret_key",
        "def login(user, password: str) -> None:",
        "https://example.com:8080/path@2 user@localhost",
        "eyJ is how a token begins, sk-learn and task-force are words",
        "KeyError: 'currency' in /srv/app/shop/pricing.py, line 8",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "release 1.2.3.4 at 10.2.3.4",
        "ratios 0.4111111111111111 12.41111111111111111 -3.4111111111111111e-05 0.41111111111111114111111111111111",
    ],
)
def test_what_only_looks_like_it(mask, text):
    assert mask(text) == text


def test_addresses_of_the_network_are_an_option():
    mask = Masker(ips=True).mask
    assert mask("from 10.2.3.4:80, ::1, 2001:db8::1") == "from [ip]:80, [ip], [ip]"
    assert mask("at 12:30:45, version 1.2.3.4.5, 999.1.1.1") == "at 12:30:45, version 1.2.3.4.5, 999.1.1.1"


def test_it_says_what_it_found():
    masker = Masker()
    assert masker.inspect("bob@example.com, al@example.com, password=x1") == Masked(
        "[email], [email], password=[secret]", ("email", "email", "secret")
    )
    assert masker.inspect("nothing here") == Masked("nothing here", ())


def test_attributes():
    attributes = {
        "http.request.header.authorization": ["Bearer abc"],
        "http.request.header.x-api-key": "abc",
        "db.password": 1234,
        "dbPassword": b"abc",
        "session_id": "abc",
        "gen_ai.usage.input_tokens": 17,
        "token_count": 3,
        "password.required": True,
        "user.secret": None,
        "url.full": "https://x/?token=abc1",
        "items": ["a@example.com", {"pwd": "x", "n": 1}, ("b@example.com",)],
    }
    assert Masker().mask_attributes(attributes) == {
        "http.request.header.authorization": "[secret]",
        "http.request.header.x-api-key": "[secret]",
        "db.password": "[secret]",
        "dbPassword": "[secret]",
        "session_id": "[secret]",
        "gen_ai.usage.input_tokens": 17,
        "token_count": 3,
        "password.required": True,
        "user.secret": None,
        "url.full": "https://x/?token=[secret]",
        "items": ["[email]", {"pwd": "[secret]", "n": 1}, ("[email]",)],
    }


def test_masking_can_be_off():
    masker = Masker(enabled=False)
    text = "password=hunter2 bob@example.com"
    assert masker.mask(text) == text
    assert masker.inspect(text).found == ()
    assert masker.mask_attributes({"password": text}) == {"password": text}


def luhn_sum(digits):
    """The sum that the check digit behind `digits` must bring to a multiple of ten."""
    return sum(sum(divmod(2 * int(d), 10)) if i % 2 == 0 else int(d) for i, d in enumerate(digits[::-1]))


@given(st.text("0123456789", min_size=14, max_size=14), st.integers(0, 9), st.sampled_from(["", " ", "-"]))
def test_every_card_number_goes_and_no_other(account, check, separator):
    number = f"4{account}{check}"
    card = separator.join(number[i : i + 4] for i in range(0, 16, 4))
    is_valid = (luhn_sum(number[:-1]) + check) % 10 == 0
    assert Masker().mask(f"pay {card} now") == f"pay {'[card]' if is_valid else card} now"


@given(st.sampled_from(["DE", "GB", "FR", "NO"]), st.text("0123456789ABCDEFXYZ", min_size=30, max_size=30))
def test_every_iban_goes(country, account):
    length = {"DE": 22, "GB": 22, "FR": 27, "NO": 15}[country]
    account = account[: length - 4]
    check = 98 - int("".join(str(int(c, 36)) for c in f"{account}{country}00")) % 97
    assert Masker().mask(f"to {country}{check:02}{account} now") == "to [iban] now"
    wrong = (check + 1) % 97
    assert "[iban]" not in Masker().mask(f"to {country}{wrong:02}{account} now")


pieces = st.sampled_from(
    ["password", "token", "=", ":", " ", "'", '"', "\\", "[", "]", "Bearer ", "Cookie", "bob@x.io", "[secret]",
     "[email]",
     "4111111111111111", "DE89370400440532013000", "://", "@", "a", "B1", "None", ",", ";", "&", "(", ")", "\n", "--"]
)  # fmt: skip


@given(st.lists(pieces | st.text(max_size=5), max_size=25).map("".join))
def test_masking_twice_changes_nothing_more(text):
    mask = Masker(ips=True).mask
    once = mask(text)
    assert mask(once) == once


@pytest.mark.parametrize(
    "piece",
    ["a", "1", "4", "a@", "a.", "eyJ", "://a:", "password=", "password='", "token: ", "a=", "+1 ", "AA00 ",
     "-----BEGIN PRIVATE KEY-----", "\\'", "--token ", "Cookie: ", "::", "1.", "Bearer a"],
)  # fmt: skip
def test_time_is_linear(piece):
    text = piece * (200_000 // len(piece))
    started = time.perf_counter()
    Masker(ips=True).mask(text)
    assert time.perf_counter() - started < 5.0
