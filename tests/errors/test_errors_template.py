import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors.codes import codes_in
from tocsin.errors.template import template_of


@pytest.mark.parametrize(
    ("message", "template"),
    [
        ("user 42 of 4,150,908 not found", "user <id> of <id> not found"),
        ("order ORD-8347, SKU37, cart:53741, 3rd", "order <id>, <id>, <id>, <id>"),
        ("key 550e8400-e29b-41d4-a716-446655440000 at 0x7f3a2b", "key <id> at <id>"),
        ("commit 12345678 or 1234567a", "commit <id> or <id>"),
        ("bob@example.com at https://a.example/b?c=1", "<email> at <url>"),
        ("connect to 10.0.0.1:5432 or fe80::1:2:3", "connect to <ip> or <ip>"),
        (
            "2026-01-02T03:04:05.678Z and 01/02/2026 took 30ms, 2.5 seconds",
            "<date> and <date> took <duration>, <duration>",
        ),
        ("no file '/tmp/a b.csv' in \"x\"", "no file <str> in <str>"),
        ("no file /var/log/x.log", "no file <path>"),
        ("can't open the user's file", "can't open the user's file"),
        ("invalid utf-8 in HTTP/1.1 body: md5, sha256, int64", "invalid utf-8 in HTTP/1.1 body: md5, sha256, int64"),
        ("Foo::bar [type=int_parsing]", "Foo::bar [type=int_parsing]"),
        ("too   many\tspaces", "too many spaces"),
    ],
)
def test_values_go_and_words_stay(message, template):
    assert template_of(message) == template


@given(st.integers(), st.uuids(), st.emails(), st.ip_addresses(v=4))
def test_whatever_the_value(number, uuid, email, ip):
    message = f"order {number} of {uuid} from {email.split('@')[0][:1].isalnum()} at {ip} lost"
    assert template_of(message).endswith(" at <ip> lost")
    assert template_of(f"order {abs(number)} lost") == "order <id> lost"


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "1a" * 50_000, "'" * 100_000, "a.b@" * 25_000, "/a" * 50_000, "0:" * 50_000]
)
def test_time_is_linear(text):
    started = time.perf_counter()
    template_of(text)
    codes_in(text)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("message", "codes"),
    [
        ("429 Client Error: Too Many Requests for url: http://x/1", {"http.status": "429"}),
        ("Client error '404 Not Found' for url 'http://x'", {"http.status": "404"}),
        ("HTTP Error 503: Service Unavailable", {"http.status": "503"}),
        ("404 Not Found: The requested URL was not found", {"http.status": "404"}),
        ("403, message='Forbidden', url='http://x'", {"http.status": "403"}),
        ("Error code: 429 - {'error': 'slow down'}", {"http.status": "429"}),
        ("upstream answered with status code 502", {"http.status": "502"}),
        ("[Errno 28] No space left on device: '/tmp/x'", {"errno": "28"}),
        ("Failed to establish a new connection: [Errno 111] Connection refused", {"errno": "111"}),
        ("(pymysql.err.IntegrityError) (1062, \"Duplicate entry 'a' for key 'users.email'\")",
         {"errno": "1062", "constraint": "users.email"}),
        ("(sqlite3.IntegrityError) UNIQUE constraint failed: users.email",
         {"rule": "UNIQUE", "constraint": "users.email"}),
        ('duplicate key value violates unique constraint "users_email_key"',
         {"rule": "unique", "constraint": "users_email_key"}),
        ('null value in column "amount" of relation "orders" violates not-null constraint',
         {"column": "amount", "table": "orders", "rule": "not-null"}),
        ("no such table: report_2026_03", {"table": "report_<n>_<n>"}),
        ("no such column: user.nmae", {"column": "user.nmae"}),
        ("table users has no column named nmae", {"column": "nmae"}),
        ('relation "orders_17" does not exist', {"table": "orders_<n>"}),
        ("2 validation errors for Signup", {"schema": "Signup"}),
        ("1 validation error for Signup", {"schema": "Signup"}),
        ("An error occurred (AccessDenied) when calling the GetObject operation: no",
         {"api.error": "AccessDenied", "api.operation": "GetObject"}),
        ("'NoneType' object has no attribute 'strip'", {"name": "strip"}),
        ("'profile' is undefined", {"name": "profile"}),
        ("Command '['git']' returned non-zero exit status 128.", {"exit.status": "128"}),
        ("'DATABASE_URL'", {"setting": "DATABASE_URL"}),
        ("'cart:17'", {}),
        ("500 items were lost", {}),
        ("plain words", {}),
    ],
)  # fmt: skip
def test_codes_in_a_message(message, codes):
    assert dict(codes_in(message)) == codes
