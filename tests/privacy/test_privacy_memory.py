"""What is remembered, told by something else, or only glanced at is masked as if it were looked at for itself."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suites import masking

from tocsin.privacy import Masker, Policy, detection, numbers, pairs, stacks
from tocsin.privacy.detection import Detection
from tocsin.privacy.memory import Memory
from tocsin.privacy.reading import read

DETECTION = Detection(Policy(), ips=False, hash_key=b"")
LINES = (
    "", "ordinary words", "order 4711 failed", "SELECT 1", "raise ValueError(x)", "identified", "by", "'s3cret9x'",
    "password:", "password =", "token", "hunter2x9", "--password", "bearer", "Bearer Ab12cd34Ef56", "[SQL: SELECT *",
    "FROM t WHERE a = 'bob']", "[parameters: ('bob',)]", "bob@example.org", "4111 1111 1111 1111", "1111 1111 1111",
    "-----BEGIN PRIVATE KEY-----", "MIIE", "call +49 30 901820123", "Failing row contains (1, bob).",
    "x%40example.org", "DE89 3704 0044", "0532 0130 00", "Cookie:", "a=b; c=d", "curl -u bob:secret9", "(555)",
)  # fmt: skip
line = st.sampled_from(LINES)
lines = st.lists(line, max_size=4).map("\n".join)


@st.composite
def stack_traces(draw):
    """Frames with sources of any kind, then whatever an exception says."""
    sources = draw(st.lists(line, min_size=1, max_size=4))
    frames = [f'  File "/srv/app/{n}.py", line {n}, in f\n    {source}' for n, source in enumerate(sources)]
    kind = draw(st.sampled_from(("ValueError", "shop.errors.PaymentError", "shop.Password", "Token")))
    message = draw(lines)
    return "\n".join(("Traceback (most recent call last):", *frames, f"{kind}: {message}", "")), kind, message


def generated():
    """Values of every kind, and such as only look like them, in a few words each."""
    rng = random.Random(5)
    for kind in sorted(masking.VALID):
        for make in (masking.VALID[kind], masking.ALMOST.get(kind)):
            for _ in range(40):
                if make is not None:
                    made = make(rng)
                    yield made if isinstance(made, str) else made[0]
                    yield masking._carried(rng, kind, made)


@settings(max_examples=400)
@given(st.lists(stack_traces(), min_size=1, max_size=4))
def test_a_stack_trace_of_which_the_frames_are_known_is_masked_as_a_whole(given_traces):
    masker = Masker()
    for text, _, _ in given_traces * 2:
        assert masker.inspect(text) == DETECTION.inspect(text)


@settings(max_examples=400)
@given(stack_traces())
def test_what_a_clean_stack_trace_tells_is_clean(trace):
    text, kind, message = trace
    values = {"exception.message": message, "status.description": f"{kind.rpartition('.')[2]}: {message}"}
    told = Masker().clean_stacktrace(text)
    assert Masker().changes(values, stacktrace=told) == Masker().changes(values)


def test_a_scheme_with_nothing_behind_it_is_a_secret_at_the_end_of_a_stack_trace_too():
    message = "Password: token"
    trace = f'Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: {message}\n'
    assert Masker().clean_stacktrace(trace) == ""
    assert Masker().mask(trace).endswith("ValueError: Password: [secret]\n")
    assert Masker().mask(message) == "Password: [secret]"


def test_values_of_every_kind_in_a_message_are_found_beside_their_stack_trace():
    for value in generated():
        text = f'Traceback (most recent call last):\n  File "/srv/a.py", line 1, in f\n    f()\nValueError: {value}\n'
        told = Masker().clean_stacktrace(text)
        assert Masker().changes({"m": value}, stacktrace=told) == Masker().changes({"m": value})


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("order 7 failed", True),
        ("ShopError: order 7 failed", True),
        ("shop.errors.ShopError: order 7 failed", True),
        ("7 failed", False),
        ("errors.ShopError: order 7 failed", False),
        ("something else", False),
    ],
)
def test_a_stack_trace_tells_its_last_line(text, is_told):
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nshop.errors.ShopError: order 7 failed\n'
    assert stacks.tells(trace, text) is is_told


def test_a_policy_of_the_application_has_every_text_looked_at():
    policy = Policy.of({"patterns": {"order": r"^order \d+"}})
    text = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\nValueError: order 7\n'
    assert Masker(policy=policy).clean_stacktrace(text) == ""
    assert Masker().clean_stacktrace(text) == text


def test_a_glance_misses_nothing(monkeypatch):
    texts = [*generated(), *LINES]
    glanced = [DETECTION.inspect(text) for text in texts]
    monkeypatch.setattr(detection, "_GLANCE", 0)
    assert [DETECTION.inspect(text) for text in texts] == glanced


@pytest.mark.parametrize("shape", sorted({s for each in numbers._GROUPED.values() for n in each for s in n.shapes}))
def test_every_number_in_groups_is_noticed(shape):
    for text in (shape, b"aa-" + shape + b"-aa", b"a?" + shape + b"?0"):
        assert numbers.are_possible(text)


def test_names_of_secrets_are_found_wherever_little_separates():
    pattern = pairs.names()
    clean = "    return self.view(request, *args, **kwargs)\n" * 8
    for value in generated():
        lower = read(clean + value + clean).lower
        found = [match.span() for match in pairs._candidates(lower, pattern)]
        assert found == [match.span() for match in pattern.finditer(lower)]


def test_attributes_are_masked_the_same_whenever_they_come():
    masker = Masker()
    spans = [
        {"http.route": "/orders", "http.status_code": 200, "password": True},
        {"http.route": "/orders", "http.status_code": 200, "password": 1},
        {"phone": 1e10},
        {"phone": 3012345678},
        {"to": "bob@example.org", "n": 1},
        {"to": ["bob@example.org"], "n": True},
        {"db.statement": "SELECT 1"},
        {"about": {"host.name": "bob@example.org"}, "host.name": "web-1"},
    ]
    for span in spans * 3:
        assert masker.changes(span) == Masker().changes(span)
        assert not masker.knows(span) or not Masker().changes(span)


def test_a_callback_is_asked_every_time():
    asked = []
    masker = Masker(callback=lambda key, text: asked.append(key) or text)
    for _ in range(3):
        masker.changes({"http.route": "/orders"})
    assert asked == ["http.route"] * 3


def test_the_memory_is_bounded():
    memory = Memory(10_000)
    for number in range(1_000):
        memory.remember(("key", str(number)), None, length=100)
        memory.remember(("other", str(number)), "changed", length=100)
        assert len(memory.clean) + len(memory.changed) <= 10_000 / 300
    assert ("key", "999") in memory.clean
