"""How fast the rule engine is, beside the real Prometheus in the same run: one row for each promise, with its bound.

Prometheus gets the same samples by remote write, so that both read them from memory. What is compared: our time from a
parsed expression to its result, and Prometheus' `evalTotalTime`, which leaves out its parsing, queueing and HTTP. Both
are asked in turns. Quote ratios, not milliseconds.
"""

import argparse
import gc
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import fleet
import psutil
from flask import Flask
from prometheus import Prometheus, binary, everything
from werkzeug.test import create_environ, run_wsgi_app

from tocsin.evaluator.courtesy import Courtesy
from tocsin.evaluator.groups import QUERY_SECONDS
from tocsin.evaluator.tail import Tail
from tocsin.promql import Deadline, evaluate, parse
from tocsin.rules import GroupEvaluator, load
from tocsin.rules.compiled import rule_file
from tocsin.rules.head_sink import HeadSink
from tocsin.rules.packs import load_pack, pack_names, with_signals
from tocsin.series import Head
from tocsin.series.labels import from_mapping
from tocsin.store import Store
from tocsin.store.metrics import RETENTION

QUANTILE = "histogram_quantile(0.95, sum by (le, route) (rate(y_bucket[5m])))"
RATIO = 'sum by (route) (rate(x_total{code=~"5.."}[5m])) / sum by (route) (rate(x_total[5m])) > 0.05'
TICKS = 21
REQUESTS = 400


def row(name, value, bound, verdict):
    print(f"{name:66}{value:>22}{bound:>16}  {'ok' if verdict else 'MISSED'}")


def elapsed(work, *, clock=time.perf_counter):
    """Milliseconds."""
    before = clock()
    work()
    return (clock() - before) * 1000


class World:
    """A head that took in the batches of some processes through the store, and rules over it."""

    def __init__(self, processes, *, ticks=TICKS, groups=()):
        self._folder = tempfile.TemporaryDirectory()
        self._store = Store(Path(self._folder.name) / "tocsin.db")
        self.head = Head(retention=RETENTION)
        self._courtesy = Courtesy()
        self._tail = Tail(self._store.metric_batches, self.head, pause=lambda _: None)
        self._evaluators = [GroupEvaluator(group, query=self.query, sink=HeadSink(self.head)) for group in groups]
        self.ingest_ms = self.tick_ms = 0.0
        for tick in range(ticks):
            self.now = fleet.at(tick) + 3.0
            for process in processes:
                self._store.metric_batches.append(process.batch(tick), at=self.now)
            self.ingest_ms += elapsed(lambda: self._tail.read(self.now), clock=time.thread_time)
            self.ingested = self.head.samples
            self.tick_ms = elapsed(self.tick, clock=time.thread_time)

    def query(self, expr, at):
        return evaluate(expr, self.head, at, deadline=Deadline.after(QUERY_SECONDS, pause=self._courtesy))

    def tick(self):
        """Every rule, as at the present."""
        for evaluator in self._evaluators:
            evaluator.evaluate(self.now)

    @property
    def exprs(self):
        return [(status.rule.query, status.rule.expr) for each in self._evaluators for status in each.statuses]

    def close(self):
        self._store.close()
        self._folder.cleanup()


def pack_groups():
    return [group for name in with_signals(pack_names()) for group in load_pack(name).groups]


def hundred_rules():
    """Every other one looks at 8,000 buckets, the others at 2,000 counters."""
    alerts = [{"alert": f"R{n}", "expr": f"{QUANTILE} > {9 + n}" if n % 2 else f"{RATIO} + {n}"} for n in range(100)]
    return load(rule_file([{"name": "hundred", "rules": alerts}]), source="bench").groups


def against_prometheus(title, world, exprs, rounds, *, between=lambda _: None):
    """One row: the time of all expressions together, and the median of the ratios of each round."""
    server = Prometheus(binary(), everything(world.head, world.now))
    ours, theirs = [], []
    for number in range(-2, rounds):  # the first two warm both up
        between(number)
        mine = elapsed(lambda: [evaluate(expr, world.head, world.now) for _, expr in exprs])
        answers = [server.query(text, world.now) for text, _ in exprs]
        if number >= 0:
            ours.append(mine)
            theirs.append(sum(answer[0] for answer in answers))
    server.close()
    found = [len(getattr(evaluate(expr, world.head, world.now), "samples", [0])) for _, expr in exprs]
    assert between(0) or found == [answer[1] for answer in answers], "the answers differ"
    ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    times = f"{statistics.median(ours):.1f} / {statistics.median(theirs):.1f} ms"
    row(title, f"{times} = {ratio:.2f}", "≤ 1.00", ratio <= 1)


def new_series(world):
    """Before every round a series comes, so that nothing that was derived from labels can be used again."""

    def come(number):
        for name, labels in (("x_total", {"code": "500"}), ("y_bucket", {"le": "+Inf"})):
            series = from_mapping({"__name__": name, "route": "/r1", "new": f"{number}{random.random()}", **labels})
            world.head.append(series, int(world.now * 1000), 1.0)
        return True

    return come


def comparisons(rounds):
    if binary() is None:
        print("no Prometheus beside: install it with get-oracles, or set TOCSIN_ORACLES")
        return
    plain = World(fleet.plain())
    print(f"Evaluation of {len(plain.head):,} series × {TICKS - 1} samples, Tocsin / Prometheus (evalTotalTime)")
    for title, text in (("quantile of 8,000 buckets by route", QUANTILE), ("error ratio of 2,000 counters", RATIO)):
        against_prometheus(title, plain, [(text, parse(text))], rounds)
        cold = World(fleet.plain())
        against_prometheus(
            f"{title}, series come and go", cold, [(text, parse(text))], rounds, between=new_series(cold)
        )
        cold.close()
    plain.close()
    packs = World(fleet.packs(), groups=pack_groups())
    title = f"all {len(packs.exprs)} rules of the shipped packs, {len(packs.head):,} series"
    against_prometheus(title, packs, packs.exprs, rounds)
    packs.close()


def hundred():
    world = World(fleet.plain(), groups=hundred_rules())
    ticks = statistics.median(elapsed(world.tick, clock=time.thread_time) for _ in range(5))
    row(f"100 rules, {len(world.head):,} series: CPU a tick", f"{ticks:.0f} ms", "≤ 1000 ms", ticks <= 1000)
    world.close()


def growth():
    """Rows of three sizes: cost a series must not grow with them."""
    first = None
    for processes in (1, 11, 55):
        world = World(fleet.packs(processes), ticks=6, groups=pack_groups())
        series, speed = len(world.head), world.ingested / world.ingest_ms * 1000
        row(f"ingest, {series:,} series", f"{speed:,.0f} samples/s", "≥ 200,000", speed >= 200_000)
        tick = min(elapsed(world.tick, clock=time.thread_time) for _ in range(5))
        first = first or tick / series
        title = f"tick of the shipped packs, {series:,} series"
        row(title, f"{tick / series * 1000:.1f} µs a series", "not growing", tick / series <= first)
        world.close()


def memory():
    """In a process of its own, with an hour of samples, and with twenty."""
    for ticks in (240, 20):
        command = [sys.executable, __file__, "--memory", str(ticks)]
        series, size = map(float, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
        cost = size / series / ticks
        row(f"memory, {series:,.0f} series × {ticks} intervals", f"{cost:.0f} bytes", "≤ 100 bytes", cost <= 100)


def measure_memory(ticks):
    """Prints series and bytes: what the process has more after it has taken in everything and evaluated once."""
    processes = [process.batch(0) for process in fleet.packs()]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "tocsin.db")
        evaluate(parse("rate(x[5m])"), Head(), 0.0)
        head = Head(retention=RETENTION)
        tail = Tail(store.metric_batches, head, pause=lambda _: None)
        gc.collect()
        before = psutil.Process().memory_full_info().uss
        for tick in range(ticks):
            for batch in processes:
                stamped = batch.replace(b"%d000000000" % fleet.at(0), b"%d000000000" % fleet.at(tick))
                store.metric_batches.append(stamped, at=fleet.at(tick))
            tail.read(fleet.at(tick))
        evaluators = [
            GroupEvaluator(group, query=lambda expr, at: evaluate(expr, head, at), sink=HeadSink(head))
            for group in pack_groups()
        ]
        for evaluator in evaluators:
            evaluator.evaluate(fleet.at(ticks) - 10.0)
        gc.collect()
        print(len(head), psutil.Process().memory_full_info().uss - before)
        store.close()


def application():
    """A request that asks a database and builds an answer, as requests do: some 0.3 ms."""
    app = Flask("bench")
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, amount REAL, customer TEXT)")
    rows = [(number, number * 1.5, f"customer {number % 100}") for number in range(2000)]
    connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)

    @app.get("/")
    def orders():
        found = connection.execute("SELECT customer, sum(amount) FROM orders GROUP BY customer").fetchall()
        return {"orders": [{"customer": customer, "amount": amount} for customer, amount in found]}

    environ = create_environ("/", "http://localhost")
    return lambda: run_wsgi_app(app, environ.copy())


def latencies(request, seconds):
    found = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        found.append(elapsed(request))
        time.sleep(0.001)
    return found


def latency(rounds):
    """Requests in one thread, alone and while another evaluates every 15 seconds, in turns."""
    request, interval = application(), 15.0
    worlds = {
        "nothing is": None,
        "the shipped packs are": World(fleet.packs(), groups=pack_groups()),
        "100 rules are": World(fleet.plain(), groups=hundred_rules()),
    }
    found = {title: [] for title in worlds}
    for _ in range(rounds):
        for title, world in worlds.items():
            thread = threading.Timer(interval / 3, world.tick if world else int)
            thread.start()
            cuts = statistics.quantiles(latencies(request, interval), n=100)
            found[title].append((cuts[49], cuts[98]))
            thread.join()
    for title, rounds_of_it in found.items():
        half, most = (statistics.median(column) for column in zip(*rounds_of_it, strict=True))
        bound = 1.1 * statistics.median(cuts[1] for cuts in found["nothing is"])
        name = f"requests while {title} evaluated every {interval:.0f} s"
        row(name, f"p50 {half:.2f} p99 {most:.2f} ms", f"p99 ≤ {bound:.2f}", most <= bound)
    for world in filter(None, worlds.values()):
        world.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25, help="evaluations of each query (25)")
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        measure_memory(options.memory)
        return
    comparisons(options.rounds)
    hundred()
    growth()
    memory()
    latency(max(2, options.rounds // 12))


if __name__ == "__main__":
    main()
