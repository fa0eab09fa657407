import dataclasses
import datetime as dt
import decimal
import enum
import json
import linecache
import re
import sys
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tocsin
from tocsin.capture.frames import lines_around
from tocsin.capture.release import guess_release
from tocsin.capture.values import BUDGET, MAX_TEXT, Plainly
from tocsin.capture.versions import versions_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hostile:
    """Whatever is asked of it, it fails; and if anything of it ran, that is known."""

    ran = ()

    def __init__(self):
        object.__getattribute__(self, "__dict__")["number"] = 7

    def _run(self, *_, **__):
        Hostile.ran += (sys._getframe(1).f_code.co_name,)
        raise SystemExit("hostile")

    __repr__ = __str__ = __eq__ = __hash__ = __len__ = __iter__ = __bool__ = __getattr__ = __getattribute__ = _run
    __class__ = property(_run)


class Colour(enum.IntEnum):
    RED = 1


@dataclasses.dataclass
class Order:
    number: int
    lines: list


class Slotted:
    __slots__ = ("missing", "number")

    def __init__(self):
        self.number = 7


def plain(value):
    return Plainly().of(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (2.5, 2.5),
        (float("nan"), "nan"),
        (10**400, "<int of 1329 bits>"),
        ("text", "text"),
        (b"\x00a", r"b'\x00a'"),
        ((1, [2]), [1, [2]]),
        ({"a": {1: 2}}, {"a": {"1": 2}}),
        (decimal.Decimal("1.10"), "1.10"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (ValueError, "<class ValueError>"),
        (len, "<builtin_function_or_method>"),
        (json, "<module>"),
    ],
)
def test_what_is_built_in_is_what_it_is(value, expected):
    assert plain(value) == expected


def test_objects_are_their_class_and_what_they_hold():
    assert plain(Order(7, ["a"])) == {"__class__": f"{__name__}.Order", "number": 7, "lines": ["a"]}
    assert plain(Slotted()) == {"__class__": f"{__name__}.Slotted", "number": 7}
    assert re.fullmatch(r"<.*Colour 1>", plain(Colour.RED))


def test_no_code_of_an_object_runs():
    hostile = Hostile()
    assert plain({"it": hostile, "all": [hostile]})["it"]["number"] == 7
    assert Hostile.ran == ()


def test_no_code_of_a_metaclass_runs():
    class Meta(type):
        def __hash__(cls):
            raise RuntimeError("hostile")

        def __eq__(cls, other):
            raise RuntimeError("hostile")

    thing = Meta("Thing", (), {})()
    assert plain(thing).endswith("Thing>")


def test_size_and_depth_are_bounded():
    endless = []
    endless.append(endless)
    assert plain(endless) == [[["<list of 1>"]]]
    assert len(plain("x" * 10_000_000)) == MAX_TEXT
    assert plain(range(10**9)) == "range(0, 1000000000)"
    assert plain(list(range(1_000)))[-1] == "… 980 more"
    assert len(json.dumps(Plainly().of([["x" * 900] * 20] * 20))) < 2 * BUDGET


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner, inner),
)


@given(_values)
def test_whatever_it_is_json_can_say_it(value):
    json.loads(json.dumps(plain(value), allow_nan=False))


class TestRelease:
    @pytest.mark.parametrize("name", ["GITHUB_SHA", "CI_COMMIT_SHA", "HEROKU_SLUG_COMMIT", "K_REVISION"])
    def test_platforms_say_it(self, name, tmp_path):
        assert guess_release({name: f" {COMMIT}\n"}, folder=tmp_path) == COMMIT

    def test_no_sign_of_one(self, tmp_path):
        assert guess_release({"GITHUB_SHA": ""}, folder=tmp_path) == ""

    def git(self, tmp_path, head, **files):
        for name, text in {"HEAD": head, **files}.items():
            path = tmp_path / ".git" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        folder = tmp_path / "src" / "shop"
        folder.mkdir(parents=True)
        return guess_release({}, folder=folder)

    def test_detached(self, tmp_path):
        assert self.git(tmp_path, f"{COMMIT}\n") == COMMIT

    def test_on_a_branch(self, tmp_path):
        assert self.git(tmp_path, "ref: refs/heads/a/b\n", **{"refs/heads/a/b": f"{COMMIT}\n"}) == COMMIT

    def test_on_a_packed_branch(self, tmp_path):
        packed = f"# pack-refs with: peeled\n{'f' * 40} refs/heads/main2\n{COMMIT} refs/heads/main\n^{'e' * 40}\n"
        assert self.git(tmp_path, "ref: refs/heads/main\n", **{"packed-refs": packed}) == COMMIT

    def test_in_a_working_tree_beside_the_repository(self, tmp_path):
        beside = tmp_path / "beside"
        beside.mkdir()
        own = tmp_path / "repo" / ".git" / "worktrees" / "beside"
        own.mkdir(parents=True)
        (beside / ".git").write_text(f"gitdir: {own}\n")
        (own / "HEAD").write_text("ref: refs/heads/main\n")
        (own / "commondir").write_text("../..\n")
        (own.parents[1] / "refs" / "heads").mkdir(parents=True)
        (own.parents[1] / "refs" / "heads" / "main").write_text(COMMIT)
        assert guess_release({}, folder=beside) == COMMIT

    @pytest.mark.parametrize("head", ["", "nonsense", "ref: ../../etc/passwd", "ref: refs/heads/none", "\x00" * 100])
    def test_whatever_is_in_the_file(self, tmp_path, head):
        assert self.git(tmp_path, head) == ""


class TestFrames:
    def test_the_lines_around_one_without_common_indentation(self, monkeypatch):
        lines = ["def f():\n", "    a = 1\n", "    if a:\n", "        raise E\n", "    b = 2\n", "\n", "x" * 500 + "\n"]
        monkeypatch.setitem(linecache.cache, "shop.py", (0, None, lines, "shop.py"))
        assert lines_around("shop.py", 4) == {
            "1": "def f():", "2": "    a = 1", "3": "    if a:", "4": "        raise E", "5": "    b = 2", "6": "",
            "7": "x" * 200,
        }  # fmt: skip
        assert list(lines_around("shop.py", 1)) == ["1", "2", "3", "4"]
        assert lines_around("shop.py", 99) == lines_around("nowhere.py", 1) == {}

    def test_source_arguments_and_notes_of_the_exception_and_its_causes(self, host):
        def connect():
            raise OSError(111, "refused")

        def load():
            try:
                connect()
            except OSError as error:
                failure = LookupError("no cart", 7)
                failure.__notes__ = ["asked twice", 3]
                raise failure from error

        with pytest.raises(LookupError) as caught:
            load()
        tocsin.capture(caught.value)
        latest, cause = host.occurrence().details["exceptions"]
        assert (latest["type"], latest["arguments"], latest["notes"]) == (
            "LookupError",
            ["no cart", 7],
            ["asked twice", "3"],
        )
        frame = latest["frames"][-1]
        assert frame["function"] == "load"
        assert frame["source"][str(frame["line"])].strip() == "raise failure from error"
        assert (cause["type"], cause["arguments"], cause["frames"][-1]["function"]) == (
            "ConnectionRefusedError", [111, "refused"], "connect",
        )  # fmt: skip
        assert "locals" not in frame

    @pytest.mark.parametrize(
        "settings", [{"environment": "Development"}, {"local_variables": True}], ids=["development", "wanted"]
    )
    def test_local_variables(self, start, settings):
        host = start(**settings)

        def load(number, password):
            order = Order(number, [])  # noqa: F841  to be seen
            hostile = Hostile()  # noqa: F841  same
            raise LookupError("boom")

        with pytest.raises(LookupError) as caught:
            load(7, "swordfish")
        tocsin.capture(caught.value)
        found = host.occurrence().details["exceptions"][0]["frames"][-1]["locals"]
        assert found["number"] == 7
        assert found["password"] == "[secret]"
        assert found["order"]["number"] == 7
        assert found["hostile"]["number"] == 7
        assert Hostile.ran == ()

    @pytest.mark.parametrize(
        "settings",
        [{"environment": "production"}, {}, {"environment": "development", "local_variables": False}],
        ids=["production", "nobody said", "unwanted"],
    )
    def test_no_local_variables(self, start, settings):
        host = start(**settings)
        with pytest.raises(ZeroDivisionError) as caught:
            _ = 1 / 0
        tocsin.capture(caught.value)
        (told,) = host.occurrence().details["exceptions"]
        assert set(told["frames"][-1]) == {"module", "function", "line", "source"}

    def test_an_endless_recursion(self, start):
        host = start(local_variables=True)

        def again(number):
            return again(number + 1)

        with pytest.raises(RecursionError) as caught:
            again(0)
        tocsin.capture(caught.value)
        (told,) = host.occurrence().details["exceptions"]
        assert len(told["frames"]) == 10


def test_versions_by_distribution_by_the_package_itself_and_of_the_interpreter():
    folder = next(path for path in sys.path if path.endswith("site-packages"))
    found = versions_of([f"{folder}/opentelemetry/sdk/trace/__init__.py", f"{folder}/yaml/__init__.py", "/srv/shop.py"])
    assert found[sys.implementation.name.replace("cpython", "CPython")] == ".".join(map(str, sys.version_info[:3]))
    assert re.fullmatch(r"[\d.]+.*", found["yaml"])
    assert "shop" not in found
