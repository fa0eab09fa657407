import time

import pytest

from tocsin.store import Occurrence


def rows(answer):
    assert answer.exit_code == 0, answer.output
    return answer.stdout.splitlines()[1:]


def test_the_list_is_what_issues_shows(invoke, record):
    record("v1:00aa")
    (line,) = rows(invoke("issues"))
    assert line.split()[:4] == ["1", "shop", "internal", "error"]
    assert "2h ago      3m ago " in line
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
        "status_since",
        "status_count",
        "until_at",
        "until_count",
        "within",
        "until_release",
        "assignee",
        "merged_into",
        "users",
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


@pytest.mark.parametrize(("more", "said"), [(1, "1 more occurrence is kept"), (2, "2 more occurrences are kept")])
def test_other_occurrences_are_counted(invoke, record, more, said):
    samples = tuple(Occurrence(at=time.time() - age, message="m", stacktrace="s") for age in range(more + 1))
    record("v1:00aa", samples=samples)
    assert said in invoke("issues", "show", "1").stdout.splitlines()


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


def test_what_people_decide(invoke, document, record):
    record("v1:00aa")
    decided = lambda *arguments: invoke("issues", *arguments, "--by", "jane").stdout.partition(":")[0]  # noqa: E731
    assert decided("ack", "1") == "issue 1 is acknowledged"
    assert decided("assign", "1", "joe") == "issue 1 is assigned to joe"
    assert decided("resolve", "1", "--in-next-release") == "issue 1 is resolved in the next release"
    assert decided("resolve", "1", "--in-release", "2.0") == "issue 1 is resolved in 2.0"
    assert decided("mute", "1", "--count", "10", "--within", "1h", "--note", "noise").endswith(
        "until it occurs 10 times more within 1h"
    )
    assert decided("mute", "1", "--until", "2100-01-01T00:00:00Z") == "issue 1 is muted until 2100-01-01T00"
    assert decided("reopen", "1") == "issue 1 is ongoing"
    assert decided("assign", "1") == "issue 1 is nobody's"
    history = document("issues", "show", "1")["history"]
    assert [(event["actor"], event["action"]) for event in history] == [
        ("jane", action)
        for action in (
            "acknowledged", "assigned to joe", "resolved", "resolved", "muted", "muted", "ongoing", "unassigned",
        )
    ]  # fmt: skip
    assert [event["detail"] for event in history[:6]] == [
        "", "", "resolved in the next release", "resolved in 2.0",
        "muted until it occurs 10 times more within 1h: noise", "muted until 2100-01-01T00:00:00Z",
    ]  # fmt: skip
    assert "jane  muted" in " ".join(invoke("issues", "show", "1").stdout.split("by itself"))


@pytest.mark.parametrize("arguments", [("resolve", "1", "--in-next-release"), ("mute", "1", "--until-next-release")])
def test_no_release_is_next_where_none_is_known(invoke, document, record, arguments):
    record("v1:00aa", release="")
    answer = invoke("issues", *arguments)
    assert answer.exit_code == 1
    assert "no release is known of shop: set service.version or TOCSIN_RELEASE, or " in answer.stderr
    assert document("issues", "show", "1")["status"] == "new"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("resolve", "1", "--in-release", "2", "--in-next-release"), "exclude each other"),
        (("mute", "1", "--within", "1h"), "--within needs --count"),
        (("mute", "1", "--until", "soon"), "write 12h for in twelve hours"),
        (("merge", "1", "--into", "1"), "cannot be merged into itself"),
        (("unmerge", "1"), "is not part of another one"),
    ],
)
def test_decisions_that_make_no_sense(invoke, record, arguments, complaint):
    record("v1:00aa")
    answer = invoke("issues", *arguments)
    assert answer.exit_code in {1, 2}
    assert complaint in " ".join(answer.stderr.split())


def test_merge_and_unmerge(invoke, document, record):
    record("v1:00aa", title="a")
    record("v1:00bb", title="b")
    assert invoke("issues", "merge", "2", "--into", "1").stdout == "issue 1 has taken in 2: a\n"
    assert [(issue["id"], issue["count"]) for issue in document("issues")["issues"]] == [(1, 6)]
    assert document("issues", "show", "2")["merged_into"] == 1
    assert "part of another one" in invoke("issues", "merge", "2", "--into", "1").stderr
    assert invoke("issues", "unmerge", "2").stdout == "issue 2 is on its own again, and no part of 1: b\n"
    assert len(document("issues")["issues"]) == 2


@pytest.mark.parametrize(
    ("options", "titles"),
    [
        (("--sort", "count"), ["many", "old"]),
        (("--sort", "first-seen"), ["many", "old"]),
        (("--sort", "trend"), ["many", "old"]),
        (("--trending",), ["many"]),
        (("--new",), ["many"]),
        (("--release", "2.0"), ["many"]),
        (("--search", "OL"), ["old"]),
        (("--severity", "critical"), []),
        (("--assignee", "joe"), ["old"]),
    ],
)
def test_more_filters_and_orders(invoke, document, record, options, titles):
    now = time.time()
    record("v1:00aa", title="old", first_at=now - 200_000, last_at=now - 150_000, release="1.0")
    record("v1:00bb", title="many", first_at=now - 60, last_at=now - 60, count=50, release="2.0")
    invoke("issues", "assign", "1", "joe")
    assert [issue["title"] for issue in document("issues", *options)["issues"]] == titles


def test_show_tells_trend_tags_users_services_and_the_way_to_the_trace(invoke, document, record, monkeypatch):
    monkeypatch.setenv("TOCSIN_TRACE_URL", "https://traces.example/{trace_id}")
    record("v1:00aa", users=frozenset({"u1", "u2"}), last_at=time.time())
    record("v1:00aa", service="worker")
    shown = invoke("issues", "show", "1").stdout
    for line in (
        "users:",
        "worker (issue 2)",
        "last 72 hours:",
        "trace:     https://traces.example/ab",
    ):
        assert line in shown, line
    assert document("issues", "show", "1")["users"] == 2
    assert document("issues", "show", "1")["services"] == [
        {"service": "shop", "issue": 1},
        {"service": "worker", "issue": 2},
    ]
