import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors.codes import codes_in
from tocsin.errors.site import words_of
from tocsin.errors.template import template_of, without_numbers


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


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (
            "id",
            [
                "7",
                "-3",
                "+5",
                "4,150,908",
                "1.234.567,89",
                "1 234 567",
                "1'000",
                "1_000",
                "3.14",
                "1e-9",
                "50%",
                "$12.99",
            ],
        ),
        ("id", ["550e8400-e29b-41d4-a716-446655440000", "0x7f3a2b", "d41d8cd98f00b204e9800998ecf8427e", "1234567a"]),
        ("id", ["k9Mtd2gDcgG", "ORD-8347", "SKU37", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "aGsLoXbHuQkZwTrPmYcV", "1.2.3-rc1"]),
        ("id", ["4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "+1 (555) 123-4567", "078-05-1120"]),
        ("id", ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc123-_x"]),
        ("ip", ["10.0.0.1", "10.0.0.1:5432", "10.0.0.0/8", "fe80::1:2:3", "::1", "2001:db8:0:0:1:0:0:1"]),
        ("mac", ["00:1b:44:11:3a:b7", "00-1B-44-11-3A-B7", "001b.4411.3ab7"]),
        ("email", ["bob@example.com", "b.o+b@mail.example.co.uk"]),
        ("url", ["https://a.example/b?c=1", "tcp://10.0.0.1:99", "postgres://u:p@db/x", "s3://bucket/key"]),
        ("host", ["api.example.com", "db-1.prod.internal:5432", "payments.svc"]),
        ("path", ["/var/log/x.log", "C:\\x\\y.txt", "./a/b", "~/x", "uploads/2026/a.csv"]),
        (
            "date",
            ["2026-01-02", "2026-01-02T03:04:05.678Z", "2026-01-02 03:04:05+01:00", "20260102T030405Z", "01/02/2026"],
        ),
        (
            "date",
            [
                "Mon, 02 Jan 2026 15:04:05 GMT",
                "02/Jan/2026:15:04:05 +0000",
                "Jan 2, 2026",
                "2 January 2026",
                "2.1.2026",
            ],
        ),
        ("date", ["15:04:05", "3:04PM", "datetime.datetime(2026, 1, 2, 3, 4)"]),
        ("duration", ["30ms", "2.5 seconds", "1h30m", "PT1H30M", "P3D", "2 days, 3:04:05", "5 MiB"]),
        ("str", ["'x y'", '"x"', "`x`", "`x'", "“x”", "«x»"]),
        ("json", ['{"id": 5, "name": "bob", "ok": true}', "{'a': {'b': 1}}"]),
    ],
)
def test_a_value_becomes_its_kind(kind, values):
    assert {template_of(f"lost {value} again") for value in values} == {f"lost <{kind}> again"}


@pytest.mark.parametrize("values", ["[1]", "[1, 2, 3]", "['a', 'b']", "[3.5, '2026-01-02']"])
def test_lists_of_any_length_are_alike(values):
    assert template_of(f"lost {values}") == "lost [<list>]"


def test_sql_keeps_its_words():
    one, other = (
        template_of(f"SELECT * FROM users WHERE id IN ({ids}) AND name = {name} LIMIT 5")
        for ids, name in (("1, 2", "'x'"), ("7", "'it''s'".replace("''", "\\'")))
    )
    assert one == other == "SELECT * FROM users WHERE id IN (<list>) AND name = <str> LIMIT <id>"


@pytest.mark.parametrize(
    "word",
    [
        "utf-8",
        "HTTP/1.1",
        "python3.11",
        "md5",
        "sha256",
        "SHA-256",
        "AES-256-GCM",
        "x86_64",
        "iso-8859-1",
        "TLSv1.3",
        "ipv6",
        "4xx",
        "ORA-00001",
        "application/json",
        "and/or",
        "json.decoder",
        "InsufficientPermissionsException",
        "foo::bar",
    ],
)
def test_a_word_stays(word):
    assert template_of(f"lost {word} again") == f"lost {word} again"


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("bob@example.com", "[email]"),
        ("bob@example.com", "[email:3fa9c1b2c3d4]"),
        ("4111 1111 1111 1111", "[card]"),
        ("DE89 3704 0044 0532 0130 00", "[iban:3fa9c1b2c3d4]"),
        ("+1 (555) 123-4567", "[phone]"),
        ("10.0.0.1", "[ip]"),
        ("078-05-1120", "[us_ssn]"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[token]"),
        ("password=hunter", "password=[secret]"),
        ("token: abc", "token: [token]"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[token:3fa9c1b2c3d4]"),
        ("token=abc", "token=[token:3fa9c1b2c3d4]"),
        ("(4111-1111-1111-1111)", "([card])"),
        ("(4111 1111 1111 1111, 5500 0000 0000 0004)", "([card], [card])"),
        ("(030) 123-4567", "[phone]"),
        ("+49.171.123.4567", "[phone:3fa9c1b2c3d4]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", "[jwt]"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEow\n-----END PRIVATE KEY-----", "[private_key]"),
        ("https://a.example/?token=abc&x=1", "https://a.example/?token=[token:3fa9c1b2c3d4]&x=1"),
        ("Bearer abc.def", "Bearer [jwt]"),
        ("postgres://u:p@db/x", "postgres://[credentials]@db/x"),
        ("https://a.example/?key=abc", "https://a.example/?key=[secret]"),
        ("/users/bob@example.com/x", "/users/[email]/x"),
        ("user 'bob@example.com'", "user '[email]'"),
    ],
)
def test_masking_changes_no_template(value, masked):
    assert template_of(f"lost {value} again") == template_of(f"lost {masked} again")


@given(st.integers(), st.uuids(), st.emails(), st.ip_addresses(v=4))
def test_whatever_the_value(number, uuid, email, ip):
    message = f"order {number} of {uuid} from {email.split('@')[0][:1].isalnum()} at {ip} lost"
    assert template_of(message).endswith(" at <ip> lost")
    assert template_of(f"order {abs(number)} lost") == "order <id> lost"


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1a",
        "'",
        "a.b@",
        "/a",
        "0:",
        '{"',
        "“",
        "[a",
        "<id> ",
        "P1D",
        "1 ",
        "a-",
        "Jan ",
        "a.",
        "1s ",
        "0x",
        "::",
        "[1, ",
        "token=",
        "Bearer ",
        "-----BEGIN A",
        "1.",
        "+(",
        "a/b.c",
    ],
)
def test_time_is_linear(piece):
    text = piece * (1_000_000 // len(piece))
    started = time.perf_counter()
    template_of(text)
    codes_in(text)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("message", "codes"),
    [
        ("429 Client Error: Too Many Requests for url: http://127.0.0.1/1", {"http.status": "429"}),
            ("503 Server Error: no for url: https://u:p@db7.internal/1",
             {"http.status": "503", "host": "db<n>.internal"}),
        ("Client error '404 Not Found' for url 'http://localhost'", {"http.status": "404"}),
        ("HTTP Error 503: Service Unavailable", {"http.status": "503"}),
        ("404 Not Found: The requested URL was not found", {"http.status": "404"}),
        ("403, message='Forbidden', url='http://localhost'", {"http.status": "403"}),
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
        ("'NoneType' object has no attribute 'strip'", {"name": "strip", "receiver": "NoneType"}),
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


#: What numbers in messages stand beside.
_BESIDE = (
    "order",
    "#",
    "=",
    ":",
    "(",
    ")",
    "'",
    "-",
    ".",
    "/",
    "[",
    "]",
    ",",
    "sha",
    "utf-",
    "HTTP/",
    "x",
    "T",
    "p",
    " ",
)
_NUMBERS = ("12", "404", "256", "1.1", "8", "0x", "99%", "5 seconds", "1 234 567", "127.0.0.1", "10:30", "Jan 12 2024")
_PARTS = st.sampled_from((*_BESIDE, *_NUMBERS))


@given(st.lists(_PARTS, max_size=12).map("".join))
def test_messages_that_differ_in_numbers_alone_have_one_template(message):
    alike = without_numbers(message)
    assert template_of(alike) == template_of(message) or "0" in template_of(alike)
    assert words_of(alike) == words_of(message)
