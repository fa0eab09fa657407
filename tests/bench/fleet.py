"""Processes that report metrics: what the rule engine is measured with. A process reports every 15 seconds, one batch.

Two kinds: `plain` is 8,000 buckets and 2,000 counters for two queries; `packs` has what the shipped packs look at, some
1,000 series a process.
"""

import random
from functools import partial

from tocsin.telemetry import otlp

START = 1_700_000_000
INTERVAL = 15
#: What OpenTelemetry's SDK has for seconds.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)


def at(tick):
    """Unix seconds."""
    return START + tick * INTERVAL


class Process:
    """Metrics of one process. Whatever it counts grows from batch to batch, more or less evenly."""

    def __init__(self, number, metrics):
        self._random = random.Random(number)
        self._metrics = metrics
        self._totals = {}
        attributes = {"service.name": f"shop{number % 3}", "service.instance.id": f"process-{number}"}
        self._resource = otlp.Resource(otlp.attributes(attributes | {"service.version": "1.4.2"}))

    def batch(self, tick):
        """OTLP/JSON, as the plugin stores it."""
        metrics = [self._metric(name, unit, make, sets, tick) for name, unit, make, sets in self._metrics]
        scope = otlp.ScopeMetrics(otlp.Scope("shop"), metrics)
        return otlp.encode(otlp.ExportMetricsServiceRequest([otlp.ResourceMetrics(self._resource, [scope])]))

    def _metric(self, name, unit, make, sets, tick):
        times = {"start_time_unix_nano": f"{at(0)}000000000", "time_unix_nano": f"{at(tick)}000000000"}
        points = [make(self, (name, n), attributes=attributes, **times) for n, attributes in enumerate(sets)]
        if make is gauge:
            return otlp.Metric(name, "", unit, gauge=otlp.Gauge(points))
        if make is counter:
            return otlp.Metric(name, "", unit, sum=otlp.Sum(points, otlp.CUMULATIVE, is_monotonic=True))
        return otlp.Metric(name, "", unit, histogram=otlp.Histogram(points, otlp.CUMULATIVE))

    def level(self):
        return self._random.uniform(0.2, 0.6)

    def grown(self, key, size):
        """Totals that went on from those of the batch before."""
        totals = self._totals.setdefault(key, [0] * size)
        for index in range(size):
            totals[index] += self._random.randrange(8)
        return totals


def gauge(process, _, **point):
    return otlp.NumberDataPoint(as_double=process.level(), **point)


def counter(process, key, **point):
    return otlp.NumberDataPoint(as_int=str(process.grown(key, 1)[0]), **point)


def histogram(process, key, *, bounds=BOUNDS, **point):
    counts = process.grown(key, len(bounds) + 1)
    return otlp.HistogramDataPoint(
        count=str(sum(counts)),
        sum=sum(counts) / 7,
        bucket_counts=[str(count) for count in counts],
        explicit_bounds=otlp.doubles(tuple(bounds)),
        min=0.001,
        max=12.5,
        **point,
    )


def sets(values):
    """Attribute sets: all combinations."""
    found = [{}]
    for name, options in values.items():
        found = [{**one, name: option} for one in found for option in options]
    return [otlp.attributes(one) for one in found]


def some(prefix, count):
    return [f"{prefix}{number}" for number in range(count)]


def plain():
    """20 routes, 5 methods, 5 processes and 16 buckets; 20 routes, 10 codes and 10 processes."""
    codes = ["200", "201", "204", "301", "302", "400", "404", "500", "502", "503"]
    counters = ("x", "", counter, sets({"route": some("/r", 20), "code": codes}))
    wide = partial(histogram, bounds=(0.001, *BOUNDS))
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    histograms = ("y", "", wide, sets({"route": some("/r", 20), "method": methods}))
    return [Process(number, [counters, histograms] if number < 5 else [counters]) for number in range(10)]


def packs(processes=10):
    return [Process(number, list(_packed(number))) for number in range(processes)]


def _packed(number):
    status = {"http.response.status_code": [200, 404, 500]}
    calls, pool = {"server.address": some("s", 3)}, {"db.client.connection.pool.name": ["p"]}
    operations = {"db.system.name": ["postgresql"], "db.operation.name": some("op", 8)}
    tasks = {"messaging.system": ["celery"], "celery.task_name": some("task", 6)}
    durations = {
        "http.server.request": [{"http.route": some("/r", 7), **status}],
        "http.client.request": [{**calls, **status}, {**calls, "error.type": ["timeout"]}],
        "db.client.operation": [operations],
        "messaging.process": [tasks],
        "gen_ai.client.operation": [{"gen_ai.request.model": some("model", 3)}],
    }
    for name, options in durations.items():
        yield f"{name}.duration", "s", histogram, [one for values in options for one in sets(values)]
    host = {"host.name": [f"h{number}"]}
    disks = {"system.device": ["a", "b"], "system.filesystem.mountpoint": some("/m", 3)}
    severity = {"tocsin.error.category": ["a"], "tocsin.error.severity": ["critical"]}
    issue = {"title": some("t", 20), "service_name": ["shop"], "severity": ["critical"]}
    others = [
        ("db.client.connection.count", "{connection}", gauge, {**pool, "db.client.connection.state": ["used", "idle"]}),
        ("db.client.connection.max", "{connection}", gauge, pool),
        ("system.cpu.time", "s", counter, {**host, "cpu.mode": ["idle", "user", "system", "iowait"]}),
        ("system.memory.utilization", "1", gauge, {**host, "system.memory.state": ["used", "free"]}),
        ("system.filesystem.utilization", "1", gauge, {**host, **disks}),
        ("system.cpu.load_average.1m", "", gauge, host),
        ("system.cpu.logical.count", "{cpu}", gauge, host),
        ("process.open_file_descriptor.count", "{count}", gauge, {}),
        ("redis.keyspace.hits", "", counter, {}),
        ("redis.keyspace.misses", "", counter, {}),
        ("tocsin.errors", "{error}", counter, {"error.type": some("Error", 20), **severity}),
        ("tocsin.issue.first_seen.timestamp", "s", gauge, issue),
        ("tocsin.self.dropped", "", counter, {"reason": some("r", 4)}),
        ("tocsin.self.evaluation_lag", "s", gauge, {}),
        ("otel.sdk.exporter.span.exported", "", counter, {"error.type": ["timeout", ""]}),
    ]
    for name, unit, make, values in others:
        yield name, unit, make, sets(values)
