"""Random queries over random series, put to the real Prometheus and to us."""

import json
import math
import os
import random
import socket
import subprocess
import time
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tocsin.promql import EvaluationError, Matrix, ParseError, Scalar, String, evaluate, evaluate_range, parse
from tocsin.series import Head
from tocsin.series.labels import from_mapping

START = 1_700_000_000
STEP = 15
SAMPLES = 240
QUERIES = int(os.environ.get("TOCSIN_ORACLE_QUERIES", "2000"))
SEED = int(os.environ.get("TOCSIN_ORACLE_SEED", random.randrange(2**32)))
TOLERANCE = 1e-12
#: An error which 3.5 does not make where a comparison drops the sample; newer versions do.
NEWER = "many-to-one matching must be explicit"


def random_series(rnd):
    """Counters with gaps and resets, histograms, gauges with and without repeated values, and what is not finite."""
    for job in "ab":
        for instance in ("i0", "i1", "i2"):
            labels = {"job": job, "instance": instance}
            for code in ("200", "404", "500"):
                yield {"__name__": "requests_total", **labels, "code": code}, list(counter(rnd))
            for le, share in (("0.1", 0.3), ("0.5", 0.6), ("1", 0.8), ("2.5", 0.95), ("+Inf", 1)):
                yield {"__name__": "latency_bucket", **labels, "le": le}, list(regular(rnd, share))
            yield {"__name__": "temperature", **labels}, [(at(k), rnd.gauss(50, 20)) for k in range(SAMPLES)]
            yield {"__name__": "up", **labels}, [(at(k), float(rnd.random() < 0.9)) for k in range(SAMPLES)]
        yield {"__name__": "build_info", "job": job, "version": f"v{job}"}, [(at(k), 1.0) for k in range(SAMPLES)]
    odd = (math.nan, 1.0, math.inf, -math.inf, 0.0, -3.5)
    yield {"__name__": "odd", "kind": "nan"}, [(at(2 * k), odd[k % 6]) for k in range(SAMPLES // 2)]


def at(index):
    return (START + index * STEP) * 1000


def counter(rnd):
    value = 0.0
    for index in range(SAMPLES):
        value = 0.0 if rnd.random() < 0.01 else value + rnd.choice((0, 0.5, 1, 2, 5))
        if rnd.random() > 0.04:
            yield at(index) + rnd.choice((0, 0, 250, -300, 1100)), value


def regular(rnd, share):
    value = 0.0
    for index in range(SAMPLES):
        value += rnd.randrange(int(10 * share) + 1)
        yield at(index), value


class Queries:
    """Makes up expressions, most of which mean something."""

    SELECTORS = (
        "requests_total",
        'requests_total{code=~"4..|5.."}',
        'requests_total{job="a"}',
        'requests_total{code="200",instance="i1"}',
        "temperature",
        'temperature{instance!="i0"}',
        "up",
        'up{job!~"a|c"}',
        "build_info",
        "odd",
        '{__name__=~"up|temperature"}',
        "latency_bucket",
        "nothing",
        'temperature{zzz=""}',
        '{job="a",instance=~"i[01]"}',
    )
    OVER_RANGES = (
        *("rate", "increase", "delta", "irate", "idelta", "deriv", "changes", "resets", "avg_over_time"),
        *("min_over_time", "max_over_time", "sum_over_time", "count_over_time", "last_over_time"),
        *("present_over_time", "absent_over_time"),
    )
    ELEMENTWISE = (
        *("abs", "ceil", "floor", "ln", "log2", "log10", "sqrt", "sgn", "round", "timestamp", "absent"),
        *("sort", "-", "+"),
    )
    GAUGES = ("temperature", "up", 'temperature{instance!="i0"}')
    DATES = ("hour", "day_of_week", "minute", "days_in_month", "year", "month", "day_of_year", "day_of_month")
    AGGREGATIONS = (
        "sum",
        "avg",
        "min",
        "max",
        "count",
        "group",
        "quantile",
        "count_values",
        "topk",
    )
    GROUPINGS = (
        "",
        "by (job)",
        "by (job, code)",
        "without (instance)",
        "by (instance, nope)",
        "without (job, code, le)",
    )
    COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")
    SETS = ("and", "or", "unless")
    MATCHINGS = ("", "", "on (job, instance)", "ignoring (code)", "on (instance, job, code)", "ignoring (le, kind)")

    def __init__(self, rnd):
        self._rnd = rnd
        self._one = rnd.choice

    def query(self):
        """What differs in the last digits is not part of something else that makes more of the difference."""
        last = (f"{name}_over_time({self._one(self.GAUGES)}[5m])" for name in ("stddev", "stdvar"))
        over = (f"{name} {self._one(self.GROUPINGS)} ({self._one(self.GAUGES)})" for name in ("stddev", "stdvar"))
        special = (*last, *over, "exp(0.1 * temperature)", "sin(temperature)")
        return self._one(special) if self._rnd.random() < 0.02 else self.vector(self._one((1, 2, 3)))

    def vector(self, depth):
        if depth == 0:
            return self.selector()
        kinds = (self.selector, self.over_range, self.aggregation, self.binary, self.function, self.function)
        kind = self._one(kinds)
        return kind() if kind in (self.selector, self.over_range) else kind(depth - 1)

    def selector(self):
        return self._one(self.SELECTORS) + self.modifier()

    def modifier(self):
        moments = (" offset 1m", " offset -30s", f" @ {START + 1800}", f" @ {START + 900.5} offset 45s", " @ end()")
        return self._one(moments) if self._rnd.random() < 0.3 else ""

    def range(self):
        if self._rnd.random() < 0.25:
            # Of a subquery in a subquery, Prometheus also evaluates steps that no window sees, and may fail there.
            inner = self.vector(1)
            if ":" not in inner:
                return f"({inner})[{self._one(('5m', '3m', '10m'))}:{self._one(('', '30s', '1m', '17s'))}]"
        return f"{self._one(self.SELECTORS)}[{self._one(('1m', '5m', '45s', '2m30s', '15s', '17s'))}]{self.modifier()}"

    def over_range(self):
        name = self._one(("predict_linear", "quantile_over_time", *self.OVER_RANGES))
        if name == "predict_linear":
            return f"predict_linear({self.range()}, 60)"
        parameter = f"{self._one((0, 0.33, 1))}, " if name == "quantile_over_time" else ""
        return f"{name}({parameter}{self.range()})"

    def scalar(self):
        return self._one(
            ("1", "0.5", "-3", "100", "1e3", 'scalar(up{job="a",instance="i0"})', "time() % 7", "NaN", "Inf")
        )

    def aggregation(self, depth):
        name = self._one(self.AGGREGATIONS)
        if name == "topk":
            # Of equal values any may be chosen: these differ.
            return f"{self._one(('topk', 'bottomk'))}({self._one('123')}, temperature)"
        if name == "count_values":
            # The last digit of a calculated value may differ.
            return f'count_values {self._one(self.GROUPINGS)} ("value", {self.selector()})'
        parameter = f"{self._one((0.1, 0.5, 0.9))}, " if name == "quantile" else ""
        return f"{name} {self._one(self.GROUPINGS)} ({parameter}{self.vector(depth)})"

    def binary(self, depth):
        operator = self._one((*self.COMPARISONS, *self.SETS, *"+-*/%^", "atan2"))
        left, right = f"({self.vector(depth)})", f"({self.vector(depth)})"
        if operator in self.SETS:
            return f"{left} {operator} {self._one(self.MATCHINGS)} {right}"
        boolean = " bool" if operator in self.COMPARISONS and self._rnd.random() < 0.4 else ""
        if self._rnd.random() < 0.4:
            pair = self._one(((left, self.scalar()), (self.scalar(), right)))
            return f"{pair[0]} {operator}{boolean} {pair[1]}"
        matching = self._one(self.MATCHINGS)
        groups = ("", " group_left", " group_right", " group_left (version)") if matching else ("",)
        return f"{left} {operator}{boolean} {matching}{self._one(groups)} {right}"

    def function(self, depth):
        inner = self.vector(depth)
        buckets = self._one(
            ("rate(latency_bucket[5m])", "sum by (le, job) (rate(latency_bucket[5m]))", "latency_bucket")
        )
        special = (
            f"clamp({inner}, 1, 20)",
            f"clamp_min({inner}, {self.scalar()})",
            f"histogram_quantile({self._one((0.5, 0.95, 0, 1, 1.5))}, {buckets})",
            f"histogram_fraction({self._one(('0.3', '-Inf'))}, {self._one(('0.7', '2', '+Inf'))}, {buckets})",
            f'label_replace({inner}, "to", "$1-x", "job", "({self._one(("a", ".*", "(b)|a"))})")',
            f'label_join({inner}, "to", "-", "job", "code", "instance")',
            # The date of a NaN differs from processor to processor.
            f"{self._one(self.DATES)}(1e8 * temperature)",
            f"vector({self.scalar()})",
            f"vector(scalar({inner}))",
            f"round({inner}, {self._one((0.1, 5, 0.01))})",
        )
        return self._one((*special, *(f"{name}({inner})" for name in self.ELEMENTWISE)))


class Prometheus:
    """The answers of a server, in the form of `answer`."""

    def __init__(self, port):
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)

    def close(self):
        self._connection.close()

    def ready(self):
        try:
            return self._get("/-/ready")[0] == 200
        except OSError:
            self._connection.close()
            return False

    def answer(self, query, window):
        if len(window) == 1:
            path = f"/api/v1/query?{urlencode({'query': query, 'time': window[0]})}"
        else:
            start, end, step = window
            path = f"/api/v1/query_range?{urlencode({'query': query, 'start': start, 'end': end, 'step': step})}"
        answer = json.loads(self._get(path)[1])
        return self._value(**answer["data"]) if answer["status"] == "success" else None

    def _get(self, path):
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        return response.status, response.read()

    @staticmethod
    def _value(resultType, result, **_):  # noqa: N803  as the API calls it
        if resultType == "string":
            return result[1]
        if resultType == "scalar":
            return {(): dict([sample(*result)])}
        return {
            from_mapping(series["metric"]): dict(sample(*point) for point in series.get("values") or [series["value"]])
            for series in result
        }


def sample(seconds, text):
    return round(seconds * 1000), float(text)


def answer(head, query, window):
    """Values by series and time; None where the query fails, the error where 3.5 may not."""
    try:
        expr = parse(query)
        value = evaluate(expr, head, *window) if len(window) == 1 else evaluate_range(expr, head, *window)
    except (ParseError, EvaluationError) as error:
        return error if NEWER in str(error) else None
    if isinstance(value, String):
        return value.value
    if isinstance(value, Scalar):
        return {(): {value.timestamp_ms: value.value}}
    if isinstance(value, Matrix):
        return {series.labels: dict(series.samples) for series in value.series}
    return {one.labels: {one.timestamp_ms: one.value} for one in value.samples}


def same(ours, theirs):
    if isinstance(ours, EvaluationError):
        return True
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return ours == theirs
    return ours.keys() == theirs.keys() and all(
        values.keys() == theirs[labels].keys() and all(close(value, theirs[labels][at]) for at, value in values.items())
        for labels, values in ours.items()
    )


def difference(ours, theirs):
    """The first series that is not the same."""
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return ours, theirs
    pairs = ((labels, ours.get(labels, {}), theirs.get(labels, {})) for labels in {**ours, **theirs})
    return next(pair for pair in pairs if not same({(): pair[1]}, {(): pair[2]}))


def close(ours, theirs):
    both_nan = math.isnan(ours) and math.isnan(theirs)
    return both_nan or math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def open_metrics(series):
    """Every family as one block, as the format wants it."""
    for labels, samples in sorted(series, key=lambda one: one[0]["__name__"]):
        text = ",".join(f'{name}="{value}"' for name, value in labels.items() if name != "__name__")
        for at_ms, value in samples:
            written = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}.get(repr(value), repr(value))
            yield f"{labels['__name__']}{{{text}}} {written} {at_ms / 1000:.3f}\n"
    yield "# EOF\n"


@pytest.fixture(scope="module")
def binaries():
    folder = os.environ.get("TOCSIN_ORACLES")
    if not folder:
        pytest.skip("TOCSIN_ORACLES names no folder with prometheus and promtool in its bin/")
    return Path(folder) / "bin"


@pytest.fixture(scope="module")
def series():
    return list(random_series(random.Random(SEED)))


@pytest.fixture(scope="module")
def head(series):
    head = Head(retention=math.inf)
    for labels, samples in series:
        head.append_many((from_mapping(labels), at_ms, value) for at_ms, value in samples)
    return head


@pytest.fixture(scope="module")
def port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def prometheus(binaries, series, tmp_path_factory, port):
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "series.om").write_text("".join(open_metrics(series)))
    (folder / "prometheus.yml").write_text("global: {}")
    blocks = [binaries / "promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "series.om", folder / "data"]
    subprocess.run(blocks, check=True, capture_output=True)
    options = (
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--storage.tsdb.retention.time=100y",
    )
    command = [binaries / "prometheus", *options]
    with ExitStack() as exits, subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        server = exits.enter_context(closing(Prometheus(port)))
        deadline = time.monotonic() + 30
        while not server.ready():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield server
        process.terminate()


@pytest.mark.timeout(600)
def test_prometheus_gives_the_same_answers(head, prometheus):
    print(f"TOCSIN_ORACLE_SEED={SEED}")  # noqa: T201  pytest shows it where the test fails
    rnd = random.Random(SEED)
    queries = Queries(rnd)
    wrong = {}
    for _ in range(QUERIES):
        query, now = (
            queries.query(),
            START + rnd.choice((0, 15, 100, 1000.5, 1800, 3000, 3700, 3901)),
        )
        step = rnd.choice((7, 15, 30, 60))
        window = (now,) if rnd.random() < 0.7 else (now, now + step * rnd.choice((3, 10, 20)), step)
        ours, theirs = answer(head, query, window), prometheus.answer(query, window)
        if not same(ours, theirs):
            wrong[f"{query} at {window}"] = difference(ours, theirs)
    assert not wrong, f"{len(wrong)} of {QUERIES}, seed {SEED}: {list(wrong.items())[:3]}"
