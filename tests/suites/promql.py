"""Prometheus' own tests of queries, as far as they are about floats, classic histograms and stable syntax."""

import csv
import json
import math
import re
from dataclasses import dataclass, field

from tocsin.promql import (
    Annotations,
    EvaluationError,
    Matrix,
    ParseError,
    Scalar,
    String,
    evaluate,
    evaluate_range,
    parse,
)
from tocsin.promql.literals import string
from tocsin.promql.notation import parse_series
from tocsin.series import Head
from tocsin.series.labels import from_mapping
from tocsin.syntax.durations import parse_duration

# Right only with a feature flag that is off by default in every release of Prometheus, but on in its test framework.
FLAGGED = "delayed-name-removal"

# Out of scope for Prometheus 3.5; on by default since 3.14.
NEWER = {"duration_expression.test"}


def answers(folder):
    """Every evaluation of the suite's own scope, with that flag where nothing else is right."""
    yield from _answers(folder, lambda row: row["scope"] == "in", flagged=lambda row: row["reason"] == FLAGGED)


def late_answers(folder):
    """All of them with that flag, as upstream runs them."""
    yield from _answers(folder, lambda row: row["scope"] == "in", flagged=lambda _: True)


def newer_answers(folder):
    """Evaluations in the syntax that came with Prometheus 3.14."""
    yield from _answers(folder, lambda row: row["scope"] == "out" and row["file"] in NEWER, flagged=lambda _: False)


def _answers(folder, wanted, *, flagged):
    with (folder / "promqltest" / "scope.tsv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if wanted(row)]
    for name in dict.fromkeys(row["file"] for row in rows):
        cases = {case.line: case for case in evals((folder / "promqltest" / name).read_text())}
        for row in (row for row in rows if row["file"] == name):
            case = cases[int(row["line"])]
            yield f"{name}:{case.line} {case.query}", complaint(case, delayed_name_removal=flagged(row))


def queries(folder):
    """Expressions that are accepted or refused; experimental functions are refused, whatever else is wrong."""
    for case in _cases(folder, "cases.json"):
        try:
            parse(case["expr"])
            refused = None
        except ParseError as error:
            refused = error.message
        if refused is None or "experimental" not in refused:
            yield case["expr"][:80], _verdict(case, refused)


def _verdict(case, refused):
    if case["must_fail"] != (refused is not None):
        return f"refused: {refused}" if refused else "accepted"
    return f"{refused!r}, expected {case['error']!r}" if refused and case["error"] not in refused else None


def notation(folder):
    """Series as `load` and `input_series` write them."""
    for case in _cases(folder, "series.json"):
        try:
            got = parse_series(case["input"])
        except ParseError as error:
            yield case["input"], None if case.get("must_fail") else str(error)
        else:
            accepted = not case.get("must_fail") and got == (from_mapping(case["labels"]), case["values"])
            yield case["input"], None if accepted else f"got {got}"


def _cases(folder, name):
    return json.loads((folder / "promql-parse" / name).read_text())["cases"]


@dataclass
class Eval:
    line: int
    instant: str | None
    window: tuple[str, str, str] | None
    query: str
    series: list[str]
    expected: list[str] = field(default_factory=list)
    directives: list[str] = field(default_factory=list)


def seconds(text):
    sign, text = (-1, text[1:]) if text.startswith("-") else (1, text)
    return sign * (float(text) if re.fullmatch(r"[\d.]+", text) else parse_duration(text))


def blocks(text):
    """Number of the first line, first line and indented lines of every command."""
    block = None
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("#"):
            continue
        if block and stripped and line[0] in " \t":
            block[2].append(stripped)
        else:
            if block:
                yield block
            block = (number, stripped, []) if stripped else None
    if block:
        yield block


def evals(text):
    series = []
    for number, line, body in blocks(text):
        if line == "clear":
            series = []
        elif match := re.fullmatch(r"load(?:_with_nhcb)? (\S+)", line):
            loaded = {parse_series(one)[0]: (match[1], one) for one in body if "{{" not in one}
            series = [*series, *loaded.values()]
        elif match := re.fullmatch(r"eval(?:_(\w+))? instant (?:at (\S+) )?(.*)", line):
            yield with_body(Eval(number, match[2] or "0", None, match[3], series), match[1], body)
        elif match := re.fullmatch(r"eval(?:_(\w+))? range from (\S+) to (\S+) step (\S+) (.*)", line):
            yield with_body(Eval(number, None, match.groups()[1:4], match[5], series), match[1], body)


def with_body(case, old_style, body):
    case.directives = [f"expect {old_style}"] if old_style else []
    for line in body:
        is_directive = re.match(r"expect(ed_fail_\w+)?\b", line)
        (case.directives if is_directive else case.expected).append(line)
    return case


def head_of(series):
    head = Head(retention=math.inf)
    for step, text in series:
        labels, values = parse_series(text)
        for index, value in enumerate(values):
            if value is not None:
                head.append(labels, round(seconds(step) * 1000) * index, value)
    return head


def run(case, **options):
    expr, head = parse(case.query), head_of(case.series)
    if case.instant is not None:
        return evaluate(expr, head, seconds(case.instant), **options)
    start, end, step = map(seconds, case.window)
    return evaluate_range(expr, head, start, end, step, **options)


def complaint(case, **options):
    """What is wrong with our answer, or None."""
    annotations = Annotations()
    failing = [line for line in case.directives if re.match(r"expect(ed_)?[ _]?fail", line)]
    try:
        value = run(case, annotations=annotations, **options)
    except ParseError as error:
        return None if failing else f"unexpected {error!r}"
    except EvaluationError as error:
        return wrong_message(failing, str(error)) if failing else f"unexpected {error!r}"
    if failing:
        return "should have failed"
    return wrong_annotations(case, annotations) or wrong_value(case, value)


def wrong_message(directives, message):
    for line in directives:
        if match := re.search(r"(?:msg:|fail_message)\s*(.*)", line):
            if match[1] not in message:
                return f"message {message!r}, expected {match[1]!r}"
        elif (match := re.search(r"(?:regex:|fail_regexp)\s*(.*)", line)) and not re.search(match[1], message):
            return f"message {message!r}, expected {match[1]!r}"
    return None


def wrong_annotations(case, annotations):
    for line in case.directives:
        match = re.match(r"expect (no_)?(warn|info)\b(?: (msg|regex):\s*(.*))?", line)
        if match is None:
            continue
        given = annotations.warnings if match[2] == "warn" else annotations.infos
        if bool(given) == bool(match[1]):
            return f"{line}, got {given}"
        wanted = re.sub(r"\s*\\?\(1:.*", "", match[4] or "")
        if match[3] == "msg" and wanted not in given:
            return f"{line}, got {given}"
    return None


def wrong_value(case, value):
    if text := next((line for line in case.directives if line.startswith("expect string")), None):
        source = text.removeprefix("expect string ")
        return None if value == String(value.timestamp_ms, string(source, 0)[0]) else f"got {value}"
    if isinstance(value, Scalar):
        return None if case.expected and close(value.value, float(case.expected[0])) else f"got {value}"
    wanted = [parse_series(line) for line in case.expected]
    if isinstance(value, Matrix):
        return wrong_matrix(case, value, wanted)
    got = [(sample.labels, [sample.value]) for sample in value.samples]
    if "expect ordered" not in case.directives:
        wanted, got = sorted(wanted, key=lambda one: one[0]), sorted(got)
    return None if same(got, wanted) else f"got {got}, expected {wanted}"


def wrong_matrix(case, value, wanted):
    start, end, step = grid(case)
    times = [start + index * step for index in range(math.floor((end - start) / step + 1e-9) + 1)]
    got = []
    for series in value.series:
        samples = dict(series.samples)
        values = [samples.pop(round(time * 1000), None) for time in times]
        if samples:
            return f"samples off the grid: {samples}"
        got.append((series.labels, values))
    wanted = [(labels, (values + [None] * len(times))[: len(times)]) for labels, values in wanted]
    wanted = sorted((one for one in wanted if any(value is not None for value in one[1])), key=lambda one: one[0])
    return None if same(sorted(got, key=lambda one: one[0]), wanted) else f"got {got}, expected {wanted}"


def grid(case):
    for line in case.directives:
        if match := re.match(r"expect range vector from (\S+) to (\S+) step (\S+)", line):
            return tuple(map(seconds, match.groups()))
    return tuple(map(seconds, case.window)) if case.window else (0, 0, 1)


def same(got, wanted):
    return [one[0] for one in got] == [one[0] for one in wanted] and all(
        len(mine[1]) == len(theirs[1]) and all(map(close, mine[1], theirs[1]))
        for mine, theirs in zip(got, wanted, strict=True)
    )


def close(got, wanted):
    if got is None or wanted is None:
        return got is wanted
    return (math.isnan(got) and math.isnan(wanted)) or math.isclose(got, wanted, rel_tol=1e-6)
