import json

import pytest

from tocsin.cli import occurrences
from tocsin.errors import identify, parse_stacktrace
from tocsin.store import Occurrence, Sighting

TRACE = """Traceback (most recent call last):
  File "/srv/app/shop/a.py", line 3, in f
    return row["x"]
KeyError: 'x'
"""


def answers(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_line_is_answered(run_fingerprint):
    flat = {"id": "a", "exception.type": "KeyError", "exception.message": "'x'", "exception.stacktrace": TRACE}
    nested = {"id": 7, "attributes": {key: value for key, value in flat.items() if key != "id"}}
    listed = {"attributes": [{"key": key, "value": {"stringValue": flat[key]}} for key in flat if key != "id"]}
    logged = {"body": "order 7 lost"}
    result = run_fingerprint("\n".join(map(json.dumps, (flat, nested, listed, logged))))
    assert result.exit_code == 0
    one, two, three, four = answers(result)
    assert [each["id"] for each in (one, two, three, four)] == ["a", 7, None, None]
    assert one["fingerprint"] == two["fingerprint"] == three["fingerprint"]
    assert set(one) == {"id", "fingerprint", "title", "culprit", "category", "severity", "components"}
    assert one["culprit"] == "shop.a in f"
    assert {"name": "function", "value": "f", "why": "its function nearest to the failure"} in one["components"]
    assert four["title"] == "order 7 lost"


def test_a_file_is_read_too(run_fingerprint, tmp_path):
    (tmp_path / "errors.jsonl").write_text('{"exception.type": "KeyError"}\n')
    assert answers(run_fingerprint("", "errors.jsonl"))[0]["title"] == "KeyError"
    missing = run_fingerprint("", "nothing.jsonl")
    assert (missing.exit_code, "No such file" in missing.stderr) == (1, True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no json", "is not JSON"),
        ("[1]", "must be a JSON object, not list"),
        ("{}", "has none of exception.type"),
        ('{"exception.type": 7}', '"exception.type" must be text, not int'),
        ('{"attributes": 7}', '"attributes" must be an object or a list'),
        ('{"attributes": [7]}', 'must have "key" and "value"'),
    ],
)
def test_a_bad_line_is_told_and_the_others_are_answered(run_fingerprint, line, said):
    good = '{"exception.type": "KeyError"}'
    result = run_fingerprint(f"{good}\n\n{line}\n{good}\n")
    assert result.exit_code == 1
    assert len(answers(result)) == 2
    assert result.stderr.startswith("line 3: ")
    assert said in result.stderr


def test_rules_of_the_settings_hold(run_fingerprint, tmp_path):
    (tmp_path / "tocsin.yml").write_text('grouping:\n- "type:OddError -> ours"\ncategories:\n  OddError: database\n')
    (answer,) = answers(run_fingerprint('{"exception.type": "OddError"}'))
    assert [each["value"] for each in answer["components"]] == ["ours"]
    assert answer["category"] == "database"


def test_a_wrong_rule_is_said(run_fingerprint, tmp_path):
    (tmp_path / "tocsin.yml").write_text('grouping: ["typ:KeyError -> ours"]\n')
    result = run_fingerprint('{"exception.type": "KeyError"}')
    assert "there is no matcher typ" in result.stderr


CLIENT = TRACE.replace("/srv/app/shop/a.py", "/x/lib/python3.12/site-packages/requests/api.py")


def record(number, stacktrace, trace):
    attributes = {"exception.type": "KeyError", "exception.message": "'x'", "exception.stacktrace": stacktrace}
    return json.dumps({"id": number, "trace_id": trace, "attributes": attributes})


def test_records_of_one_trace_are_one_occurrence(run_fingerprint):
    lines = [record(1, CLIENT, "a"), record(2, CLIENT, "b"), record(3, TRACE, "a"), record(4, CLIENT, "a")]
    found = {each["id"]: each["fingerprint"] for each in answers(run_fingerprint("\n".join(lines)))}
    assert list(found) == [1, 2, 3, 4]
    assert found[1] == found[3] == found[4] != found[2]


def test_titles_and_values_are_masked_unless_they_are_asked_for_raw(run_fingerprint, tmp_path):
    (tmp_path / "tocsin.yml").write_text('grouping: ["type:SMTPError -> {{ message }}"]\n')
    line = '{"exception.type": "SMTPError", "exception.message": "550 no mailbox jane.doe@example.org"}'
    result, raw = run_fingerprint(line), run_fingerprint(line, "--raw")
    (masked,), (plain,) = answers(result), answers(raw)
    assert masked["title"] == "SMTPError: 550 no mailbox [email]"
    assert "jane.doe" not in result.stdout
    assert plain["title"] == "SMTPError: 550 no mailbox jane.doe@example.org"
    assert masked["fingerprint"] == plain["fingerprint"]


def test_answers_do_not_wait_for_ever(run_fingerprint, monkeypatch):
    monkeypatch.setattr(occurrences, "WINDOW", 2)
    lines = [record(number, CLIENT, "a") for number in range(5)] + [record(5, TRACE, "a")]
    found = [each["fingerprint"] for each in answers(run_fingerprint("\n".join(lines)))]
    assert len(found) == 6
    assert found[0] != found[-1]
    assert found[-2] == found[-1]


@pytest.fixture
def run_fingerprint(invoke):
    def run(text, *arguments):
        return invoke("fingerprint", *arguments, stdin=text, on_store=False)

    return run


def raised(store, number, line):
    """Let an issue be seen whose sample says what it was."""
    trace = TRACE.replace('row["x"]', line)
    identity = identify(parse_stacktrace("KeyError", "'x'", trace))
    sample = Occurrence(at=1.0, message="'x'", stacktrace=trace)
    sighting = Sighting(
        service="shop",
        fingerprint=identity.fingerprint,
        title=identity.title,
        culprit=identity.culprit,
        error_type="KeyError",
        category="internal",
        severity="error",
        handled=False,
        release="",
        count=1,
        first_at=1.0,
        last_at=1.0,
        samples=(sample,),
    )
    store.issues.record([sighting], status_after=lambda *_: "ongoing")
    return str(number)


def test_an_issue_is_explained(store, invoke, document):
    issue = raised(store, 1, 'row["x"]')
    shown = invoke("issues", "show", issue, "--explain").stdout
    assert "shop.a" in shown
    assert "tells its lines apart" in shown
    explained = document("issues", "show", issue, "--explain")
    assert explained["fingerprint"] == explained["known_as"]


def test_why_two_issues_are_apart(store, invoke, document):
    one, other = raised(store, 1, 'row["x"]'), raised(store, 2, 'column["x"]')
    shown = invoke("issues", "show", "--diff", one, other).stdout
    assert 'return row["x"]' in shown
    assert 'return column["x"]' in shown
    assert "function" not in shown
    (difference,) = document("issues", "show", "--diff", one, other)["differences"]
    assert difference == {"component": "source", "one": 'return row["x"]', "other": 'return column["x"]'}
    assert "no component differs" in invoke("issues", "show", "--diff", one, one).stdout


def test_an_issue_that_rules_have_moved_says_so(store, invoke, tmp_path):
    issue = raised(store, 1, 'row["x"]')
    (tmp_path / "tocsin.yml").write_text('grouping: ["type:KeyError -> ours"]\n')
    assert "is known as v1:" in invoke("issues", "show", issue, "--explain").stdout


def test_an_issue_without_samples_cannot_be_explained(record, invoke):
    record("v1:00", samples=())
    answer = invoke("issues", "show", "1", "--explain")
    assert (answer.exit_code, "nothing tells what it was" in answer.stderr) == (1, True)
