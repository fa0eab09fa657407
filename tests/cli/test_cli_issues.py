import time

import pytest


def rows(answer):
    assert answer.exit_code == 0, answer.output
    return answer.stdout.splitlines()[1:]


def test_the_list_is_what_issues_shows(invoke, record):
    record("v1:00aa")
    (line,) = rows(invoke("issues"))
    assert line.split()[:4] == ["1", "shop", "internal", "error"]
    assert "2h ago      3m ago     no" in line
    assert line.endswith("ZeroDivisionError: division by zero")
    assert invoke("issues", "list").stdout == invoke("issues").stdout


def test_a_long_title_stays_whole_in_a_pipe(invoke, record):
    title = "OperationalError: " + "x" * 500
    record("v1:00aa", title=title)
    assert title in rows(invoke("issues"))[0]


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ((), ["b", "a"]),
        (("--service", "worker"), ["b"]),
        (("--category", "database"), ["a"]),
        (("--status", "resolved"), []),
        (("--limit", "1"), ["b"]),
        (("--service", "worker", "--category", "database"), []),
    ],
)
def test_filters(document, record, filters, titles):
    record("v1:00aa", title="a", category="database", last_at=time.time() - 60)
    record("v1:00ab", title="b", service="worker", last_at=time.time())
    assert [issue["title"] for issue in document("issues", *filters)["issues"]] == titles


def test_the_keys_of_an_issue_are_stable(document, record):
    record("v1:00aa")
    (issue,) = document("issues")["issues"]
    assert list(issue) == [
        "id",
        "service",
        "fingerprint",
        "title",
        "culprit",
        "error_type",
        "category",
        "severity",
        "handled",
        "status",
        "count",
        "first_seen",
        "last_seen",
        "first_release",
        "last_release",
        "resolved_at",
        "regressed_at",
    ]
    assert (issue["count"], issue["handled"], issue["resolved_at"]) == (3, False, None)


def test_show_by_number_and_by_the_beginning_of_a_fingerprint(invoke, document, record):
    record("v1:00aa")
    record("v1:0bbb", title="KeyError: 'id'")
    for issue_id in ("1", "v1:00"):
        answer = invoke("issues", "show", issue_id)
        assert "fingerprint:    v1:00aa" in answer.stdout
        assert "message:   division by zero" in answer.stdout
        assert "trace_id:  abababab" in answer.stdout
        assert answer.stdout.endswith("Traceback\n  boom\n")
    shown = document("issues", "show", "v1:0b")
    assert (shown["id"], shown["title"]) == (2, "KeyError: 'id'")
    assert shown["latest"]["stacktrace"] == "Traceback\n  boom\n"


def test_an_issue_without_a_sampled_occurrence(invoke, document, record):
    record("v1:00aa", samples=())
    assert document("issues", "show", "1")["latest"] is None
    assert "latest occurrence" not in invoke("issues", "show", "1").stdout


def test_an_ambiguous_beginning_names_the_issues(invoke, record):
    record("v1:00aa")
    record("v1:00ab")
    answer = invoke("issues", "show", "v1:00")
    assert answer.exit_code == 1
    assert "issues 1, 2" in answer.stderr


@pytest.mark.parametrize("command", ["show", "resolve"])
def test_an_issue_that_is_not_there(invoke, record, command):
    record("v1:00aa")
    answer = invoke("issues", command, "9")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "there is no issue 9" in answer.stderr


def test_resolve(invoke, document, record, store):
    record("v1:00aa")
    assert invoke("issues", "resolve", "1").stdout == "issue 1 is resolved: ZeroDivisionError: division by zero\n"
    issue = store.issues.get(1)
    assert issue.status == "resolved"
    assert issue.resolved_at == pytest.approx(time.time(), abs=60)
    assert document("issues", "resolve", "v1:00aa")["status"] == "resolved"


def test_what_an_application_logged_cannot_steer_the_terminal(invoke, record):
    record("v1:00aa", title="\x1b[2J\x07gone\nnext")
    assert "\\x1b[2J\\x07gone next" in rows(invoke("issues"))[0]
    shown = invoke("issues", "show", "1").stdout
    assert "\x1b" not in shown


def test_no_issues(invoke, store):
    with store.transaction():
        pass
    assert invoke("issues").stdout == "no issues\n"


def test_a_store_that_is_not_there_is_not_made(invoke, store):
    answer = invoke("issues")
    assert answer.exit_code == 1
    assert f"there is no store at {store.path}" in answer.stderr
    assert not store.path.exists()


def test_a_file_that_is_no_store(invoke, store):
    store.path.write_text("not a database, whatever its name says")
    answer = invoke("issues")
    assert answer.exit_code == 1
    assert answer.stderr.startswith(f"Error: store {store.path}: ")


def test_the_store_of_the_environment(invoke, record, store, monkeypatch):
    record("v1:00aa")
    monkeypatch.setenv("TOCSIN_STORE", str(store.path))
    assert len(rows(invoke("issues", on_store=False))) == 1


def test_a_setting_that_is_ignored_is_said_beside_the_answer(invoke, record, monkeypatch):
    record("v1:00aa")
    monkeypatch.setenv("TOCSIN_STROE", "x")
    answer = invoke("issues")
    assert "did you mean TOCSIN_STORE?" in answer.stderr
    assert len(rows(answer)) == 1


@pytest.mark.parametrize("arguments", [("--frob",), ("--status", "odd"), ("--limit", "0"), ("12",)])
def test_wrong_usage_is_2(invoke, arguments):
    assert invoke("issues", *arguments).exit_code == 2
