"""Made-up personal data and secrets, valid and almost valid, in the text that applications write."""

import base64
import json
import random
import string
from dataclasses import dataclass, field
from urllib.parse import quote

DIGITS, LOWER, UPPER = string.digits, string.ascii_lowercase, string.ascii_uppercase
ALNUM = string.ascii_letters + DIGITS
HEX = "0123456789abcdef"

CARRIERS = (
    lambda v: f"2026-11-21 12:00:05,123 INFO shop.cart [worker-3] user {v} status=200 duration=0.031s",
    lambda v: f"payment with {v} failed after 3 attempts",
    lambda v: json.dumps({"id": 4711, "value": v, "ok": True}),
    lambda v: f"SELECT id FROM customers WHERE value = '{v}' AND shop = 12 LIMIT 10",
    lambda v: (
        f"GET https://shop.example/find?q={quote(v, safe='@')}&page=2 HTTP/1.1"
        if v.isascii() and " " not in v
        else f"find {v}"
    ),
    lambda v: f"Customer(id=7, value={v!r}, active=True)",
    lambda v: f"rows: [{v!r}, 17, None]",
    lambda v: f'  File "/srv/app/shop.py", line 3, in pay\n    check(value)\nValueError: invalid value: {v}',
    lambda v: f"7;{v};9.99;EUR",
    lambda v: f"received ({v}), ignored.",
    lambda v: f"<{v}>",
    lambda v: f"value={v}",
)
#: What stands in every application's text and is nobody's.
PLAIN = (
    lambda r: f"release {r.randint(1, 20)}.{r.randint(0, 99)}.{r.randint(0, 9999)}-rc{r.randint(1, 9)}",
    lambda r: f"at {r.randint(1_600_000_000, 1_900_000_000)}",
    lambda r: f"at {r.randint(1_600_000_000_000, 1_900_000_000_000)} ms",
    lambda r: f"at {r.randint(1_600_000_000_000_000_000, 1_900_000_000_000_000_000)} ns",
    lambda r: (
        f"2026-{r.randint(1, 12):02}-{r.randint(1, 28):02}T{r.randint(0, 23):02}:{r.randint(0, 59):02}:07"
        f".{r.randint(0, 999999):06}+02:00"
    ),
    lambda r: f"20261121{r.randint(0, 235959):06}",
    lambda r: "-".join(some(r, HEX, n) for n in (8, 4, 4, 4, 12)),
    lambda r: "-".join(some(r, DIGITS, n) for n in (8, 4, 4, 4, 12)),
    lambda r: f"trace_id={some(r, HEX, 32)} span_id={some(r, HEX, 16)}",
    lambda r: f"traceparent 00-{some(r, HEX, 32)}-{some(r, HEX, 16)}-01",
    lambda r: f"commit {some(r, HEX, 40)} sha256:{some(r, HEX, 64)}",
    lambda r: f"order ORD-{some(r, DIGITS, 8)} invoice 2026-{some(r, DIGITS, 5)}",
    lambda r: f"order {r.choice('1789')}{some(r, DIGITS, 15)}",
    lambda r: f"object at 0x7f{some(r, HEX, 10)}",
    lambda r: f"took {r.random() * 100:.15f} s, {r.randint(1, 9_999_999):,} rows, {r.randint(10**9, 10**10)} bytes",
    lambda r: f"10.{r.randint(0, 9)}.{r.randint(0, 9)} python3.11 HTTP/1.1 utf-8 x86_64 md5 AB12CD34",
    lambda r: f"line {r.randint(1, 999)}, pages 100-200-300, ratio 16:9, range 1000-2000",
    lambda r: (
        f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/{r.randint(90, 140)}.0"
        f".{r.randint(1000, 9999)}.{r.randint(10, 99)} Safari/537.36"
    ),
    lambda r: f"arn:aws:iam::{some(r, DIGITS, 12)}:role/worker i-0{some(r, HEX, 16)} sg-{some(r, HEX, 17)}",
    lambda r: (
        f"isbn 978-3-16-14{some(r, DIGITS, 4)}-0 ean {r.choice('079')}{some(r, DIGITS, 12)} sku-{some(r, DIGITS, 6)}"
    ),
    lambda r: f"token_count={r.randint(1, 9999)} max_tokens: {r.randint(1, 9999)} password_length=12 key=customer_id",
    lambda r: "Invalid token: expected '}' at column 7; missing key: 'price'; session expired; authorization required",
    lambda r: (
        f"cart-{some(r, LOWER, 6)}-{some(r, DIGITS, 5)}"
        f" pod/web-{some(r, ALNUM.lower(), 10)}-{some(r, ALNUM.lower(), 5)}"
    ),
)


@dataclass
class Figures:
    """Of one kind: how many were there, how many went, and how often it was seen where it was not."""

    valid: int = 0
    found: int = 0
    wrong: int = 0
    missed: list = field(default_factory=list)
    mistaken: list = field(default_factory=list)

    @property
    def recall(self):
        return self.found / self.valid

    @property
    def precision(self):
        return self.found / max(self.found + self.wrong, 1)


def measure(inspect, *, seed, each=200):
    """Figures by kind; `inspect` gives a text after masking and the kinds that were found in it."""
    rng = random.Random(seed)
    figures = {kind: Figures() for kind in VALID}
    plain = [make(rng) for make in PLAIN for _ in range(each // 4)]
    for kind, valid in VALID.items():
        for _ in range(each):
            value = valid(rng)
            text = _carried(rng, kind, value)
            _count(figures, kind, value, text, inspect(text))
        almost = [_carried(rng, kind, ALMOST[kind](rng)) for _ in range(each)] if kind in ALMOST else []
        for text in almost:
            _count_wrong(figures, text, inspect(text))
    for text in plain:
        _count_wrong(figures, text, inspect(text))
    return figures


def _count(figures, kind, value, text, masked):
    figures[kind].valid += 1
    secret = value[1] if isinstance(value, tuple) else value
    if kind in masked.found and secret not in masked.text and quote(secret) not in masked.text:
        figures[kind].found += 1
    else:
        figures[kind].missed.append((text, masked.text))
    for other in set(masked.found) - {kind} & figures.keys():
        figures[other].wrong += 1
        figures[other].mistaken.append((text, masked.text))


def _count_wrong(figures, text, masked):
    for kind in set(masked.found) & figures.keys():
        figures[kind].wrong += 1
        figures[kind].mistaken.append((text, masked.text))


def _carried(rng, kind, value):
    if isinstance(value, tuple):  # it comes with what is around it
        return value[0]
    words = WORDS.get(kind)
    return f"{rng.choice(words)}{value}" if words else rng.choice(CARRIERS)(value)


def some(rng, characters, count):
    return "".join(rng.choices(characters, k=count))


def luhn_digit(digits):
    total = sum(sum(divmod(2 * int(d), 10)) if i % 2 == 0 else int(d) for i, d in enumerate(digits[::-1]))
    return str(-total % 10)


def other_digit(digit):
    return str((int(digit) + 1) % 10)


def grouped(number, sizes, separator):
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return separator.join(part for part in parts if part)


_CARDS = (
    ("4", 16),
    ("4", 13),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("2720", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("65", 16),
    ("36", 14),
    ("305", 14),
    ("35", 16),
    ("62", 16),
    ("62", 19),
)


def card_number(rng, *, wrong=False):
    prefix, length = rng.choice(_CARDS)
    body = prefix + some(rng, DIGITS, length - len(prefix) - 1)
    check = luhn_digit(body)
    return body + (other_digit(check) if wrong else check)


def card(rng, *, wrong=False):
    number = card_number(rng, wrong=wrong)
    sizes = {15: (4, 6, 5), 14: (4, 6, 4), 16: (4, 4, 4, 4), 19: (4, 4, 4, 4, 3)}.get(len(number), (len(number),))
    return grouped(number, sizes, rng.choice(("", "", " ", "-")))


_IBANS = {
    "DE": 18,
    "GB": "4a14",
    "FR": 23,
    "NL": "4a10",
    "ES": 20,
    "IT": "1a22",
    "CH": 17,
    "AT": 16,
    "BE": 12,
    "PL": 24,
    "NO": 11,
    "SE": 20,
    "MT": "4a23",
    "LC": "4a24",
    "SA": 20,
    "BR": "23",
    "TR": 22,
    "PT": 21,
}


def iban(rng, *, wrong=False):
    country = rng.choice(sorted(_IBANS))
    form = str(_IBANS[country])
    letters, _, digits = form.rpartition("a")
    account = some(rng, UPPER, int(letters or 0)) + some(rng, DIGITS, int(digits))
    if country == "BR":
        account += rng.choice(UPPER) + rng.choice(DIGITS)
    number = "".join(str(int(c, 36)) for c in f"{account}{country}00")
    check = 98 - int(number) % 97
    whole = f"{country}{(check % 97 + 1 if wrong else check):02}{account}"
    return grouped(whole, (4,) * 9, rng.choice(("", "", " ")))


def email(rng):
    name = rng.choice(("anna", "j.doe", "bob+shop", "o'neil", "x_y", "mueller-1", "a", "first.last99"))
    host = rng.choice(
        ("example.com", "mail.example.co.uk", "xn--bcher-kva.example", "a-b.io", "corp.museum", "bücher.de")
    )
    return f"{name}@{host}"


def almost_email(rng):
    return rng.choice(
        ("root@localhost", "@handle", "user@", "a@b", "icon@2x.png", "lodash@4.17.21", "style@3x.css", "x@y@z")
    )


def phone(rng):
    national = lambda *sizes: [str(rng.randint(2, 9)) + some(rng, DIGITS, n - 1) for n in sizes]  # noqa: E731
    plans = (
        ("+1", (3, 3, 4)),
        ("+49", (3, 8)),
        ("+44", (4, 6)),
        ("+33", (1, 2, 2, 2, 2)),
        ("+34", (3, 3, 3)),
        ("+81", (2, 4, 4)),
        ("+91", (5, 5)),
        ("+55", (2, 5, 4)),
        ("+971", (2, 3, 4)),
        ("+353", (2, 3, 4)),
        ("+852", (4, 4)),
    )
    code, sizes = rng.choice(plans)
    separator = rng.choice(("", " ", "-", "."))
    area, exchange, line = national(3, 3, 4)
    form = rng.random()
    if form < 0.6:
        return separator.join((code, *national(*sizes)))
    if form < 0.7:
        return f"+49 (0){some(rng, '123456789', 2)} {some(rng, '123456789', 7)}"
    if form < 0.85:
        return f"({area}) {exchange}-{line}"
    return f"{area}-{exchange}-{line}"


def national_phone(rng):
    word = rng.choice(("phone: ", "tel. ", "mobile=", '"phone_number": "', "call ", "Telefon: ", "'phone': '", "fax "))
    number = rng.choice(
        (
            f"030 {some(rng, '123456789', 7)}",
            f"0{rng.choice('15')}{some(rng, DIGITS, 9)}",
            " ".join(("06", *(some(rng, "123456789", 2) for _ in range(4)))),
            f"020 7946 {some(rng, '123456789', 4)}",
            f"6{some(rng, DIGITS, 2)} {some(rng, '123456789', 3)} {some(rng, '123456789', 3)}",
            f"{rng.choice('23456789')}{some(rng, DIGITS, 9)}",
        )
    )
    quote_of = '"' if '"' in word else "'" if "'" in word else ""
    return f"{word}{number}{quote_of}", number


def almost_phone(rng):
    return rng.choice(
        (
            f"+0{some(rng, DIGITS, 9)}",
            f"+1 {some(rng, '01', 1)}{some(rng, DIGITS, 9)}",
            f"+49 {some(rng, DIGITS, 3)}",
            f"{some(rng, '01', 1)}{some(rng, DIGITS, 2)}-{some(rng, DIGITS, 3)}-{some(rng, DIGITS, 4)}",
            f"+{some(rng, '123456789', 2)}",
            f"+02:00 {some(rng, DIGITS, 3)}-{some(rng, DIGITS, 4)}",
            f"(0{some(rng, DIGITS, 2)}) {some(rng, DIGITS, 3)}-{some(rng, DIGITS, 2)}",
        )
    )


def ssn(rng):
    return f"{rng.choice([*range(1, 666), *range(667, 900)]):03}-{rng.randint(1, 99):02}-{rng.randint(1, 9999):04}"


def almost_ssn(rng):
    serial = rng.randint(1, 9999)
    return rng.choice(
        (
            f"000-12-{serial:04}",
            f"666-12-{serial:04}",
            f"9{some(rng, DIGITS, 2)}-12-{serial:04}",
            f"123-00-{serial:04}",
            "123-45-0000",
            f"123-45-{serial:05}",
            f"1{ssn(rng)}",
        )
    )


def nino(rng, *, wrong=False):
    prefix = (
        rng.choice(("GB", "NK", "DA", "QQ", "AO"))
        if wrong
        else rng.choice("ABCEGHJLMPRSTW") + rng.choice("ABCEHJLMPRSTWXZ")
    )
    prefix = "AB" if not wrong and prefix in {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"} else prefix
    number = f"{prefix}{some(rng, DIGITS, 6)}{rng.choice('ABCD')}"
    return grouped(number, (2, 2, 2, 2, 1), rng.choice(("", " ")))


def de_tax_id(rng, *, wrong=False):
    digits = rng.sample("123456789", 9)
    body = "".join(digits) + rng.choice(digits)
    product = 10
    for digit in body:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    check = str((11 - product) % 10)
    number = body + (other_digit(check) if wrong else check)
    return grouped(number, (2, 3, 3, 3), rng.choice(("", " ")))


def nir(rng, *, wrong=False):
    born = f"{rng.choice('12')}{rng.randint(0, 99):02}{rng.randint(1, 12):02}"
    body = f"{born}{rng.randint(1, 95):02}{rng.randint(1, 999):03}{rng.randint(1, 999):03}"
    key = 97 - int(body) % 97
    number = f"{body}{(key % 97 + 1 if wrong else key):02}"
    return grouped(number, (1, 2, 2, 2, 3, 3, 2), rng.choice(("", " ")))


def dni(rng, *, wrong=False):
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    number = rng.randint(1_000_000, 99_999_999)
    letter = letters[(number + wrong) % 23]
    if rng.random() < 0.3:
        number = rng.randint(1_000_000, 9_999_999)
        return f"X{number:07}{letters[(number + wrong) % 23]}"
    return f"{number:08}{rng.choice(('', '-'))}{letter}"


def codice_fiscale(rng, *, wrong=False):
    odd = dict(
        zip(
            DIGITS + UPPER,
            (
                1,
                0,
                5,
                7,
                9,
                13,
                15,
                17,
                19,
                21,
                1,
                0,
                5,
                7,
                9,
                13,
                15,
                17,
                19,
                21,
                2,
                4,
                18,
                20,
                11,
                3,
                6,
                8,
                12,
                14,
                16,
                10,
                22,
                25,
                24,
                23,
            ),
            strict=True,
        )
    )
    born = f"{some(rng, DIGITS, 2)}{rng.choice('ABCDEHLMPRST')}{rng.randint(1, 31):02}"
    body = f"{some(rng, UPPER, 6)}{born}{rng.choice(UPPER)}{some(rng, DIGITS, 3)}"
    total = sum(odd[c] for c in body[::2]) + sum(int(c) if c.isdigit() else UPPER.index(c) for c in body[1::2])
    return body + UPPER[(total + wrong) % 26]


def _weighted(digits, weights):
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False))


def bsn(rng, *, wrong=False):
    while True:
        body = some(rng, "123456789", 8)
        check = _weighted(body, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
        if check < 9:
            return body + str(check + wrong)


def is_anybodys(number):
    """Whether eleven digits are valid in Brazil, Germany or Poland: almost valid ones must not be so elsewhere."""
    product = 10
    for digit in number[:-1]:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    in_brazil = number[9] == _mod11(number[:9], range(10, 1, -1)) and number[10] == _mod11(
        number[:10], range(11, 1, -1)
    )
    in_poland = _weighted(number, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0
    return in_brazil or in_poland or (11 - product) % 10 == int(number[-1])


def nobodys(make):
    """Almost valid numbers that are not valid as another kind."""

    def make_one(rng):
        while True:
            number = make(rng, wrong=True)
            digits = "".join(filter(str.isdigit, number))
            if len(digits) != 11 or not is_anybodys(digits):
                return number

    return make_one


def pesel(rng, *, wrong=False):
    body = f"{rng.randint(0, 99):02}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{some(rng, DIGITS, 4)}"
    check = str(-_weighted(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10)
    return body + (other_digit(check) if wrong else check)


def personnummer(rng, *, wrong=False):
    body = f"{rng.randint(0, 99):02}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{some(rng, DIGITS, 3)}"
    check = luhn_digit(body)
    return f"{rng.choice(('', '19'))}{body[:6]}-{body[6:]}{other_digit(check) if wrong else check}"


def _mod11(digits, weights):
    rest = _weighted(digits, weights) % 11
    return "0" if rest < 2 else str(11 - rest)


def cpf(rng, *, wrong=False):
    body = some(rng, DIGITS, 8) + "7"
    body += _mod11(body, range(10, 1, -1))
    check = _mod11(body, range(11, 1, -1))
    number = body + (other_digit(check) if wrong else check)
    return rng.choice((number, f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"))


def cnpj(rng, *, wrong=False):
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    body = some(rng, DIGITS, 7) + "30001"
    body += _mod11(body, weights[1:])
    check = _mod11(body, weights)
    n = body + (other_digit(check) if wrong else check)
    return rng.choice((n, f"{n[:2]}.{n[2:5]}.{n[5:8]}/{n[8:12]}-{n[12:]}"))


def verhoeff_digit(body):
    d = [
        [
            (a + b) % 5 if a < 5 and b < 5 else 5 + (a + b) % 5 if a < 5 else 5 + (a - b) % 5 if b < 5 else (a - b) % 5
            for b in range(10)
        ]
        for a in range(10)
    ]
    p = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    for check in DIGITS:
        total = 0
        for place, digit in enumerate(reversed(body + check)):
            value = int(digit)
            for _ in range(place % 8):
                value = p[value]
            total = d[total][value]
        if total == 0:
            return check
    raise AssertionError


def aadhaar(rng, *, wrong=False):
    body = rng.choice("23456789") + some(rng, DIGITS, 10)
    check = verhoeff_digit(body)
    return grouped(body + (other_digit(check) if wrong else check), (4, 4, 4), " ")


def ahv(rng, *, wrong=False):
    body = "756" + some(rng, DIGITS, 9)
    check = str(-_weighted(body, (1, 3) * 6) % 10)
    return grouped(body + (other_digit(check) if wrong else check), (3, 4, 4, 2), rng.choice(("", ".")))


def sin(rng, *, wrong=False):
    body = rng.choice("1234567") + some(rng, DIGITS, 7)
    check = luhn_digit(body)
    return grouped(body + (other_digit(check) if wrong else check), (3, 3, 3), rng.choice(("", " ", "-")))


def rrn(rng, *, wrong=False):
    body = f"{rng.randint(0, 99):02}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{rng.randint(1, 997):03}"
    key = 97 - int(body) % 97
    number = f"{body}{(key % 96 + 1 if wrong else key):02}"
    return f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"


def ip(rng):
    v4 = ".".join(str(rng.randint(1, 255)) for _ in range(4))
    v6 = ":".join(some(rng, HEX, 4) for _ in range(8))
    return rng.choice((v4, v4, v6, f"2001:db8::{some(rng, HEX, 4)}"))


def _b64(rng, count):
    return some(rng, ALNUM + "-_", count)


def jwt(rng):
    header = (
        base64.urlsafe_b64encode(json.dumps({"alg": rng.choice(("HS256", "RS256")), "typ": "JWT"}).encode())
        .decode()
        .rstrip("=")
    )
    payload = base64.urlsafe_b64encode(json.dumps({"sub": some(rng, DIGITS, 8)}).encode()).decode().rstrip("=")
    return f"{header}.{payload}.{_b64(rng, 43)}"


def token(rng):
    return rng.choice(
        (
            lambda: rng.choice(("AKIA", "ASIA")) + some(rng, UPPER + "234567", 16),
            lambda: "AIza" + _b64(rng, 34) + "x",
            lambda: "GOCSPX-" + _b64(rng, 28),
            lambda: f"gh{rng.choice('pousr')}_" + some(rng, ALNUM, 36),
            lambda: "github_pat_" + some(rng, ALNUM, 22) + "_" + some(rng, ALNUM, 59),
            lambda: "glpat-" + some(rng, ALNUM, 20),
            lambda: f"xox{rng.choice('bpa')}-" + some(rng, DIGITS, 12) + "-" + some(rng, ALNUM, 24),
            lambda: (
                f"https://hooks.slack.com/services/T{some(rng, UPPER, 8)}/B{some(rng, UPPER, 8)}/{some(rng, ALNUM, 24)}"
            ),
            lambda: f"sk_live_{some(rng, ALNUM, 24)}",
            lambda: f"rk_live_{some(rng, ALNUM, 24)}",
            lambda: f"sk-proj-{some(rng, ALNUM, 48)}",
            lambda: f"sk-{some(rng, ALNUM, 48)}",
            lambda: f"sk-ant-api03-{some(rng, ALNUM, 80)}",
            lambda: "npm_" + some(rng, ALNUM, 36),
            lambda: "pypi-AgEIcHlwaS5vcmc" + _b64(rng, 120),
            lambda: f"SG.{_b64(rng, 22)}.{some(rng, ALNUM, 43)}",
            lambda: "SK" + some(rng, HEX, 32),
            lambda: f"{some(rng, '123456789', 9)}:AA{some(rng, ALNUM, 33)}",
            lambda: f"M{some(rng, ALNUM, 23)}.{some(rng, ALNUM, 6)}.{some(rng, ALNUM, 27)}",
            lambda: "hvs." + some(rng, ALNUM, 24),
            lambda: "ya29." + _b64(rng, 60) + "x",
            lambda: f"{some(rng, ALNUM, 3)}8Q~{some(rng, ALNUM, 34)}",
            lambda: "dop_v1_" + some(rng, HEX, 64),
        )
    )()


def almost_token(rng):
    return rng.choice(
        (
            f"AKIA{some(rng, UPPER, 9)}",
            f"ghp_{some(rng, ALNUM, 12)}",
            "sk-learn-contrib-package",
            f"npm_{some(rng, LOWER, 6)}",
            f"glpat-{some(rng, ALNUM, 5)}",
            "task-force-of-the-nation-wide",
            f"pypi-{some(rng, LOWER, 8)}",
            "SG.short.x",
            f"xoxb-{some(rng, DIGITS, 3)}",
            f"AIza{some(rng, ALNUM, 10)}",
            f"eyJ{some(rng, ALNUM, 30)}",
        )
    )


def private_key(rng):
    kind = rng.choice(("RSA ", "EC ", "", "OPENSSH ", "ENCRYPTED "))
    body = "\n".join(some(rng, ALNUM + "+/", 64) for _ in range(3))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def almost_private_key(rng):
    kind = rng.choice(("CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY"))
    return f"-----BEGIN {kind}-----\n{some(rng, ALNUM, 64)}\n-----END {kind}-----"


def secret(rng):
    word = some(rng, ALNUM, rng.randint(8, 20)) + rng.choice(("", "!", "#1"))
    name = rng.choice(
        (
            "password",
            "passwd",
            "client_secret",
            "apiKey",
            "api_key",
            "access_token",
            "X-Api-Key",
            "DB_PASSWORD",
            "refreshToken",
            "secret_key",
            "private_key",
            "session_id",
            "aws_secret_access_key",
            "AccountKey",
        )
    )
    form = rng.choice(
        (
            lambda: f"login failed: {name}={word} user=bob",
            lambda: json.dumps({"id": 3, name: word, "page": 2}),
            lambda: f"{{'id': 3, '{name}': '{word}'}}",
            lambda: f"Config(host='db', {name}='{word}')",
            lambda: f"GET /x?{name}={quote(word)}&page=2",
            lambda: f"Authorization: Bearer {word}",
            lambda: f"headers={{'authorization': 'Basic {base64.b64encode(word.encode()).decode()}'}}",
            lambda: f"postgresql://app:{word.replace('#', '')}@db.internal:5432/shop",
            lambda: f"https://{word.rstrip('!#1') + 'x9'}@git.example/repo.git",
            lambda: f"Cookie: theme=dark; sid={word}",
            lambda: f"Server=db;User Id=sa;Password={word};",
            lambda: f"export {name.upper()}={word}",
            lambda: f"--password {word} --force",
            lambda: f"{name}: {word}x1",
            lambda: f"<{name}>{word}</{name}>",
            lambda: f"(b'authorization', b'Bearer {word}')",
        )
    )()
    core = base64.b64encode(word.encode()).decode() if "Basic" in form else word.rstrip("!#1")
    return form, core


def almost_secret(rng):
    return rng.choice(
        (
            ("token_count=5 password_length=8 tokenizer=bpe",),
            ("Invalid token: expected '}'",),
            ("password=None token=null secret=",),
            ("token = get_token(request), password=password, secret=settings.secret_key",),
            ("def login(user, password: str) -> None:",),
            ("basic understanding of bearer authentication",),
            ("https://example.com:8080/path@2",),
            ("KeyError: 'currency'",),
            ("author=bob keyboard=us monkey: george passenger=3 compass=north",),
            ("primary_key=id foreign_key=user_id sort_key: name",),
            ("passed=12 failed=3 skipped=1 secretary=ann authored_by=bob",),
            ("session expired, cookie missing, token invalid",),
        )
    )


VALID = {
    "email": email,
    "card": card,
    "iban": iban,
    "phone": lambda r: phone(r) if r.random() < 0.6 else national_phone(r),
    "ssn": ssn,
    "nino": nino,
    "de_tax_id": de_tax_id,
    "nir": nir,
    "dni": dni,
    "codice_fiscale": codice_fiscale,
    "bsn": bsn,
    "pesel": pesel,
    "personnummer": personnummer,
    "cpf": cpf,
    "cnpj": cnpj,
    "aadhaar": aadhaar,
    "ahv": ahv,
    "sin": sin,
    "rrn": rrn,
    "ip": ip,
    "jwt": jwt,
    "token": token,
    "private_key": private_key,
    "secret": secret,
}


ALMOST = {
    **{
        kind: nobodys(VALID[kind])
        for kind in (
            "card",
            "iban",
            "nino",
            "de_tax_id",
            "nir",
            "dni",
            "codice_fiscale",
            "bsn",
            "pesel",
            "personnummer",
            "cpf",
            "cnpj",
            "aadhaar",
            "ahv",
            "sin",
            "rrn",
        )
    },
    "email": almost_email,
    "phone": almost_phone,
    "ssn": almost_ssn,
    "token": almost_token,
    "private_key": almost_private_key,
    "secret": almost_secret,
}
#: What stands before numbers that only their context tells.
WORDS = {
    "bsn": ("bsn=", "BSN: ", '"bsn": "', "burgerservicenummer "),
    "sin": ("sin: ", "SIN ", "social insurance number "),
}


def table(figures):
    """The figures as lines."""
    yield f"{'kind':16}{'valid':>7}{'recall':>9}{'precision':>11}"
    for kind, each in figures.items():
        yield f"{kind:16}{each.valid:7}{each.recall:9.3f}{each.precision:11.3f}"


def mistakes(figures):
    """Some of what went wrong, for people."""
    for kind, each in figures.items():
        for what, pairs in (("missed", each.missed), ("mistaken", each.mistaken)):
            yield from (f"{kind} {what} {len(pairs)}: {text!r} -> {masked!r}" for text, masked in pairs[:4])
