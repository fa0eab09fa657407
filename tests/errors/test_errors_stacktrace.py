"""Stack traces as Python 3.9 to 3.14 print them, and as they arrive."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import Failure, identify, parse_stacktrace


def parse(text):
    return parse_stacktrace("", "", textwrap.dedent(text).lstrip("\n"))


def lines(failure):
    return [(frame.function, frame.line_number, frame.source) for frame in failure.frames]


def test_frames_with_carets_repetition_and_many_lines():
    failure = parse("""
        Traceback (most recent call last):
          File "/srv/app/shop/a.py", line 5, in walk
            return walk(node, depth - 1)
                   ^^^^^^^^^^^^^^^^^^^^^
          File "/srv/app/shop/a.py", line 5, in walk
            return walk(node, depth - 1)
                   ^^^^^^^^^^^^^^^^^^^^^
          File "/srv/app/shop/a.py", line 5, in walk
            return walk(node, depth - 1)
                   ^^^^^^^^^^^^^^^^^^^^^
          [Previous line repeated 7 more times]
          File "/srv/app/shop/a.py", line 9, in call
            return client.post(
                ~~~~~~~~~~~^
                url,
                ^^^^
            ...<2 lines>...
            )
            ^
          File "<string>", line 1, in <module>
          File "C:\\app\\shop\\b.py", line 2, in no_source
        shop.errors.Refused: first line
        second line
          third: line
    """)
    assert lines(failure) == [
        *[("walk", 5, "return walk(node, depth - 1)")] * 3,
        ("call", 9, "return client.post("),
        ("<module>", 1, ""),
        ("no_source", 2, ""),
    ]
    assert (failure.type, failure.message) == ("shop.errors.Refused", "first line\nsecond line\n  third: line")
    assert failure.short_type == "Refused"


def test_chains_with_both_separators():
    failure = parse("""
        Traceback (most recent call last):
          File "a.py", line 1, in first
        KeyError: 'x'

        During handling of the above exception, another exception occurred:

        Traceback (most recent call last):
          File "a.py", line 2, in second
        ValueError

        The above exception was the direct cause of the following exception:

        Traceback (most recent call last):
          File "a.py", line 3, in third
        RuntimeError: boom
    """)
    assert [(link.type, link.message, link.cause_is_explicit) for link in failure.chain()] == [
        ("RuntimeError", "boom", True),
        ("ValueError", "", False),
        ("KeyError", "'x'", False),
    ]


GROUP = """
      + Exception Group Traceback (most recent call last):
      |   File "/srv/app/a.py", line 1, in run
      |     async with TaskGroup():
      | ExceptionGroup: many (2 sub-exceptions)
      +-+---------------- 1 ----------------
        | Traceback (most recent call last):
        |   File "/srv/app/a.py", line 2, in one
        |     return {}["x"]
        |            ~~^^^^^
        | KeyError: 'x'
        | 
        | During handling of the above exception, another exception occurred:
        | 
        | Traceback (most recent call last):
        |   File "/srv/app/a.py", line 3, in one
        |     raise ValueError("first
        | ValueError: first
        | second line
        +---------------- 2 ----------------
        | ExceptionGroup: nested (1 sub-exception)
        +-+---------------- 1 ----------------
          | TypeError: deep
          +------------------------------------

    The above exception was the direct cause of the following exception:

    Traceback (most recent call last):
      File "/srv/app/a.py", line 9, in <module>
        main()
    RuntimeError: all
"""  # noqa: W291  so it is printed


def test_groups_with_margins_chains_and_nesting():
    failure = parse(GROUP)
    assert (failure.type, failure.cause_is_explicit) == ("RuntimeError", True)
    group = failure.cause
    assert (group.type, group.message, lines(group)) == (
        "ExceptionGroup",
        "many (2 sub-exceptions)",
        [("run", 1, "async with TaskGroup():")],
    )
    first, second = group.members
    assert (first.type, first.message, first.cause.type) == ("ValueError", "first\nsecond line", "KeyError")
    assert [member.message for member in second.members] == ["deep"]


def test_a_group_inside_a_chain_inside_a_group():
    failure = parse("""
          + Exception Group Traceback (most recent call last):
          | ExceptionGroup: outer (1 sub-exception)
          +-+---------------- 1 ----------------
            | Exception Group Traceback (most recent call last):
            |   File "a.py", line 1, in f
            | ExceptionGroup: inner (1 sub-exception)
            +-+---------------- 1 ----------------
              | KeyError: 1
              +------------------------------------
            | 
            | The above exception was the direct cause of the following exception:
            | 
            | Traceback (most recent call last):
            |   File "a.py", line 2, in g
            | ValueError: 2
            +------------------------------------
    """)  # noqa: W291  so it is printed
    (member,) = failure.members
    assert (member.type, member.cause.type, member.cause.members[0].type) == (
        "ValueError",
        "ExceptionGroup",
        "KeyError",
    )


def test_a_syntax_error_is_where_the_syntax_is_wrong():
    failure = parse("""
        Traceback (most recent call last):
          File "/srv/app/main.py", line 1, in <module>
            import shop
          File "/srv/app/shop.py", line 3
            def f(:
                  ^
        SyntaxError: invalid syntax
    """)
    assert lines(failure)[-1] == ("", 3, "def f(:")
    assert failure.message == "invalid syntax"


def test_the_stack_trace_of_another_process_is_the_failure():
    failure = parse('''
        concurrent.futures.process._RemoteTraceback: 
        """
        Traceback (most recent call last):
          File "/srv/app/shop/a.py", line 1, in first
        KeyError: 'x'

        During handling of the above exception, another exception occurred:

        Traceback (most recent call last):
          File "/srv/app/shop/a.py", line 2, in work
            return 1 / 0
        ZeroDivisionError: division by zero
        """

        The above exception was the direct cause of the following exception:

        Traceback (most recent call last):
          File "/srv/app/main.py", line 5, in main
            pool.submit(work).result()
        ZeroDivisionError: division by zero
    ''')  # noqa: W291  so it is printed
    assert failure.cause.type == "ZeroDivisionError"
    assert failure.cause.cause.type == "KeyError"
    assert identify(failure).culprit == "shop.a in work"


@pytest.mark.parametrize(
    "suggestion", [". Did you mean: 'y'?", ". Did you forget to import 'x'?", "? Or did you mean 'y'?"]
)
def test_what_python_suggests_when_printing_is_no_part_of_the_message(suggestion):
    frame = 'Traceback (most recent call last):\n  File "/usr/lib/python3.12/x.py", line 1, in f\n'
    plain = parse_stacktrace("", "", frame + "NameError: name 'x' is not defined")
    suggesting = parse_stacktrace("", "", frame + "NameError: name 'x' is not defined" + suggestion)
    assert identify(plain).fingerprint == identify(suggesting).fingerprint


def test_line_ends_of_windows():
    failure = parse_stacktrace("", "", 'Traceback (most recent call last):\r\n  File "a.py", line 1, in f\r\nE: m\r\n')
    assert (failure.type, failure.message, len(failure.frames)) == ("E", "m", 1)


def test_text_that_is_cut_off_falls_back_to_the_type_beside_it():
    text = 'Traceback (most recent call last):\n  File "/srv/app/a.py", line 1, in f\n    g()\n  File "/srv/ap'
    failure = parse_stacktrace("shop.Error", "lost 7", text)
    assert (failure.type, failure.message, len(failure.frames)) == ("shop.Error", "lost 7", 1)


@pytest.mark.parametrize("text", ["", "no stack trace at all", "ERROR at line 3: [x]"])
def test_what_is_no_stack_trace_falls_back_to_type_and_message(text):
    one, other = (parse_stacktrace("shop.Error", f"order {n} lost", text) for n in (7, 8))
    assert not one.frames
    assert identify(one).fingerprint == identify(other).fingerprint


def test_what_stands_before_a_stack_trace_is_no_part_of_it():
    text = 'ERROR: shop\nTraceback (most recent call last):\n  File "/srv/app/a.py", line 1, in f\nKeyError: 1\n'
    failure = parse_stacktrace("KeyError", "1", text)
    assert (failure.type, failure.message, len(failure.frames)) == ("KeyError", "1", 1)


def test_quotations_of_quotations_end():
    parse_stacktrace("", "", "RemoteTraceback: " * 10_000)


@given(st.text(st.sampled_from('\n |+-"FileTracback (most recent call last):, line 1 in f\n1:~^'), max_size=400))
def test_no_text_is_too_strange(text):
    assert isinstance(parse_stacktrace("", "", text), Failure)


def test_cost_is_bounded():
    text = "Traceback (most recent call last):\n" + '  File "a.py", line 1, in f\n    g()\n' * 20_000
    assert len(parse_stacktrace("", "", text).frames) <= 256
    chain = "\n\nDuring handling of the above exception, another exception occurred:\n\n".join(["KeyError: 1"] * 500)
    assert len(list(parse_stacktrace("", "", chain).chain())) == 16


PLAIN = """Traceback (most recent call last):
  File "/srv/app/shop/a.py", line 3, in f
    return row["x"]
           ~~~^^^^^
KeyError: 'x'
"""
GROUPED = """  + Exception Group Traceback (most recent call last):
  |   File "/srv/app/shop/a.py", line 1, in run
  |     raise ExceptionGroup("many", errors)
  | ExceptionGroup: many (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/app/shop/a.py", line 3, in f
    |     return row["x"]
    | KeyError: 'x'
    +------------------------------------
"""


@pytest.mark.parametrize("text", [PLAIN, GROUPED], ids=["plain", "group"])
@pytest.mark.parametrize("prefix", ["ERROR shop: ", "2026-01-02T03:04:05.678Z stderr F ", "web_1  | ", "[pid 7] "])
def test_what_a_log_puts_before_lines_is_no_part_of_them(text, prefix):
    before_each = "".join(prefix + line + "\n" for line in text.splitlines())
    for logged in (prefix + text, before_each, "order 7 failed\n" + before_each):
        assert identify(parse_stacktrace("", "", logged)) == identify(parse_stacktrace("", "", text))


def test_line_breaks_that_were_written_out():
    escaped = PLAIN.replace('"', '\\"').replace("\n", "\\n")
    assert parse_stacktrace("", "", escaped) == parse_stacktrace("", "", PLAIN)


def test_notes_are_no_part_of_the_first_line():
    with_note = parse_stacktrace("", "", PLAIN + "row 7 of orders.csv\n")
    assert with_note.headline == "'x'"
    assert identify(with_note).fingerprint == identify(parse_stacktrace("", "", PLAIN)).fingerprint


@pytest.mark.parametrize(
    "path",
    [
        "/opt/shop.zip/shop/a.py",
        "/srv/shop.pyz/shop/a.py",
        "/srv/deploy/blue/shop/a.py",
        "/var/task/shop/a.py",
        "C:\\inetpub\\live\\shop\\a.py",
        "/usr/local/lib/python3.12/site-packages/shop/a.py",
        "/nix/store/x7k-shop-1.0/lib/python3.12/site-packages/shop/a.py",
        "/home/vcap/app/shop/a.py",
        "/srv/shops/releases/r20260103/shop/a.py",
    ],
)
def test_wherever_an_application_lies_it_is_the_same(path):
    moved = identify(parse_stacktrace("", "", PLAIN.replace("/srv/app/shop/a.py", path)))
    assert moved.components == identify(parse_stacktrace("", "", PLAIN)).components


@pytest.mark.parametrize(
    "root", ["/srv/blue", "/srv/deploy/green", "/opt/apps/r42", "/home/me/work/current", "/app", "/x/v2"]
)
def test_a_folder_named_like_a_package_is_no_part_of_a_module_at_the_top(root):
    moved = identify(parse_stacktrace("", "", PLAIN.replace("/srv/app/shop/a.py", f"{root}/main.py")))
    assert moved.culprit == "main in f"


def test_an_application_that_a_script_starts_may_be_installed():
    script = '  File "/srv/wsgi.py", line 3, in main\n    run()\n'
    text = PLAIN.replace("/srv/app/", "/x/lib/python3.12/site-packages/").replace('  File "', f'{script}  File "', 1)
    assert identify(parse_stacktrace("", "", text)).culprit == "shop.a in f"


def test_an_installed_application_is_told_from_the_libraries_it_calls():
    text = PLAIN.replace(
        "KeyError",
        '  File "/x/lib/python3.12/site-packages/sqlalchemy/orm/query.py", line 7, in one\n    raise NoResultFound()\n'
        "sqlalchemy.exc.NoResultFound",
    ).replace("/srv/app/", "/x/lib/python3.12/site-packages/")
    assert identify(parse_stacktrace("", "", text)).culprit == "shop.a in f"
