"""The text of a traceback: the standard library's to the byte, whatever is raised, and nothing kept alive for it."""

import builtins
import gc
import importlib.util
import linecache
import sys
import traceback
import types
import weakref
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.capture import traceback_text as room
from tocsin.capture.traceback_text import TracebackText

#: Ways to call on, each with its own carets, lines and indentation.
STEPS = (
    "return call(n - 1) + 1",
    "return [call(n - 1)][0]",
    "return 1 + call(n - 1) * 2",
    "x = {'ä€😀': call(n - 1)}; return x",
    "return (\n        call(\n            n - 1,\n        )\n        + 1\n    )",
    "return (lambda: call(n - 1))()",
    "return [call(n - 1) for _ in (1,)]",
    "if call:\n        return call(n - 1)",
    "if call:\n    \treturn call(n - 1)",
    "try:\n        return call(n - 1)\n    finally:\n        n += 1",
    "with open('/dev/null') as f:\n        return call(n - 1)",
)
#: What goes wrong in the end.
ENDS = (
    "raise ValueError('no value: ä€😀')",
    "raise ValueError",
    "raise KeyError('two\\nlines')",
    "raise OSError(2, 'nothing there', 'file')",
    "return 1 / (n * 0)",
    "return {}['key']['other']",
    "return nonesuch + n",
    "return 'text'.uper()",
    "import sys; return sys.path_",
    "from os import pth",
    "compile('a b', 'broken.py', 'exec')",
    "return int(\n        'x',\n    )",
    "raise type('Custom', (Exception,), {'__module__': 'shop.cart'})('custom')",
    "raise type('Local', (Exception,), {'__str__': lambda self: ''})()",
    "raise type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})()",
    "raise type('Empty', (Exception,), {'__len__': lambda self: 0})()",
    "raise type('Open', (Exception,), {'__getattr__': lambda self, name: name})()",
    "raise SystemExit(3)",
    "raise StopIteration(n)",
    "exec('raise ValueError(1)', {})",
    "exec('def f():\\n  raise ValueError(1)\\nf()', {})",
)
#: What is made of it on its way up.
TURNS = (
    "raise",
    "raise RuntimeError('turned') from error",
    "raise RuntimeError('turned')",
    "raise RuntimeError('turned') from None",
    "error.__notes__ = ['one', 'two\\nthree']; raise",
    "error.__notes__ = 7; raise",
    "raise LookupError('again') from ValueError('never raised')",
    "error.__cause__ = error; raise",
    "raise group('several', [error, ValueError('other')])",
)
#: From Python 3.11.
GROUP = getattr(builtins, "ExceptionGroup", ValueError)


@pytest.fixture
def text():
    return TracebackText()


@pytest.fixture
def shop(tmp_path):
    """Modules of the application, on disk."""
    count = iter(range(10**6))

    def shop(source, **names):
        name = f"shop{next(count)}"
        path = tmp_path / f"{name}.py"
        path.write_text(source)
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        vars(module).update(names)
        spec.loader.exec_module(module)
        return module

    return shop


def raised(call, *args):
    """What a call raises."""
    try:
        call(*args)
    except BaseException as error:  # noqa: BLE001  whatever it is
        return error
    raise AssertionError


def stock(error):
    return "".join(traceback.format_exception(error))


def same(text, error):
    """Once anew, once as remembered."""
    expected = stock(error)
    for _ in range(2):
        found = text.format(error)
        assert found in {None, expected}
    return found is not None


def module_of(steps, end, turns):
    lines = [f"def end(n):\n    {end}\n"]
    lines += [f"def step{number}(n, call):\n    {step}\n" for number, step in enumerate(steps)]
    lines += [
        f"def turn{number}(n, call):\n    try:\n        call(n)\n    except BaseException as error:\n        {turn}\n"
        for number, turn in enumerate(turns)
    ]
    lines.append("def recurse(n, call):\n    return call(n) if n <= 0 else recurse(n - 1, call)\n")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("shop")


@given(data=st.data())
def test_whatever_is_raised_wherever(data, folder):
    text = TracebackText()
    steps = data.draw(st.lists(st.sampled_from(STEPS), max_size=4), "steps")
    end = data.draw(st.sampled_from(ENDS), "end")
    turns = data.draw(st.lists(st.sampled_from(TURNS), max_size=2), "turns")
    path = folder / "generated.py"
    path.write_text(module_of(steps, end, turns))
    names = {"__name__": "generated", "group": GROUP}
    exec(compile(path.read_text(), str(path), "exec"), names)
    calls = [names[f"step{number}"] for number in range(len(steps))]
    calls += [names[f"turn{number}"] for number in range(len(turns))] + [names["recurse"]]
    call = names["end"]
    for wrapper in data.draw(st.lists(st.sampled_from(calls), max_size=8), "calls"):
        call = bound(wrapper, call)
    error = raised(call, data.draw(st.integers(0, 6), "n"))
    same(text, error)
    path.write_text("# another line\n" + path.read_text())
    same(text, error)


def bound(wrapper, call):
    return lambda n: wrapper(n, call)


@pytest.mark.parametrize("end", ENDS)
def test_every_end(text, shop, end):
    error = raised(shop(module_of([], end, [])).end, 1)
    is_remembered = same(text, error)
    assert is_remembered is not any(name in end for name in ("Mute", "Empty", "Open"))


@pytest.mark.parametrize("step", STEPS)
def test_every_step(text, shop, step):
    module = shop(module_of([step], ENDS[0], []))
    assert same(text, raised(module.step0, 3, module.end))


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("end", [ENDS[0], ENDS[6]])
def test_every_turn(text, shop, end, turn):
    module = shop(module_of([], end, [turn]), group=GROUP)
    is_remembered = same(text, raised(module.turn0, 1, module.end))
    assert is_remembered or "group" in turn or "error.__cause__ = error" in turn


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5, 50])
def test_recursion_is_counted(text, shop, depth):
    module = shop(module_of([], ENDS[0], []))
    assert same(text, raised(module.recurse, depth, module.end))


def test_endless_recursion(text, shop):
    module = shop("def f():\n    f()\n")
    assert same(text, raised(module.f))


def test_what_was_never_raised(text):
    assert same(text, ValueError("x"))
    assert same(text, ValueError())


def test_source_that_changes_goes_and_comes(text, shop):
    module = shop(module_of([STEPS[0]], ENDS[0], []))
    error = raised(module.step0, 1, module.end)
    assert same(text, error)
    path = Path(module.__file__)
    path.write_text(path.read_text().replace("call(n - 1) + 1", "call(n - 2) + 2 + 2"))
    assert same(text, error)
    assert "call(n - 2)" in text.format(error)
    away = path.rename(f"{path}.away")
    assert same(text, error)
    away.rename(path)
    assert same(text, error)
    linecache.clearcache()
    assert same(text, error)


def test_source_that_no_file_has(text):
    class Loader:
        source = "def f():\n    raise ValueError(1)\n"

        def get_source(self, _):
            return self.source

    names = {"__name__": "loaded", "__loader__": Loader()}
    exec(compile(Loader.source, "/no/such/file.py", "exec"), names)
    error = raised(names["f"])
    assert same(text, error)
    assert "raise ValueError(1)" in text.format(error)
    linecache.cache["/no/such/file.py"] = (36, None, ["\n", "    raise ValueError(2)\n"], "/no/such/file.py")
    assert same(text, error)
    linecache.clearcache()
    assert same(text, error)


def test_equal_code_of_two_files(text, shop):
    source = "def f():\n    raise ValueError(1)\n"
    for error in (raised(shop(source).f), raised(shop(source).f)):
        assert same(text, error)


def test_a_line_number_that_was_made_up(text, shop):
    error = raised(shop("def f():\n    raise ValueError(1)\n").f)
    last = error.__traceback__.tb_next
    made = [types.TracebackType(None, last.tb_frame, last.tb_lasti, number) for number in (1, 2)]
    made += [types.TracebackType(None, last.tb_frame, -1, 1)]
    for each in made:
        assert same(text, error.with_traceback(each))


def test_a_limit_is_the_standard_librarys(text, shop, monkeypatch):
    monkeypatch.setattr(sys, "tracebacklimit", 1, raising=False)
    assert text.format(raised(shop(module_of([], ENDS[0], [])).end, 1)) is None


def test_nothing_is_kept_alive(text, shop):
    class Local:
        pass

    def fail(kind):
        local = Local()
        held.append(weakref.ref(local))
        raise kind("x")

    held = []
    module = shop("def f(fail, kind):\n    fail(kind)\n")
    kind = type("Kind", (Exception,), {})
    error = raised(module.f, fail, kind)
    assert same(text, error)
    held += [weakref.ref(each) for each in (error, kind, module, module.f, module.f.__code__)]
    del error, kind, module
    gc.collect()
    assert [each() for each in held] == [None] * 6


def test_what_is_remembered_is_bounded(text, shop, monkeypatch):
    monkeypatch.setattr(room, "REMEMBERED", 5)
    modules = [shop(module_of([], end, [])) for end in ENDS[:8]]
    for _ in range(2):
        for module in modules:
            assert same(text, raised(module.end, 1))
            assert len(text._entries) <= 5


def test_a_line_without_end_is_not_remembered(text, shop):
    error = raised(shop(f"def f():\n    raise ValueError({', '.join(['1'] * room.REMEMBERED_LENGTH)})\n").f)
    assert same(text, error)
    assert {entry.filename for entry in text._entries.values()} == {__file__}
