"""The thresholds of the shipped rules: what each is called, where it stands, and its default.

A rule holds its default as it would hold any number, so that the packs are rule files like others. This table says
which rule that is: the one with the alert's name and severity, whose first comparison is with the default.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

Unit: TypeAlias = Literal["%", "s", ""]

_UNITS = (("h", 3600), ("m", 60), ("s", 1))


class PackThreshold(NamedTuple):
    """Percentages are written as such (70) and compared as ratios (0.7); durations are seconds."""

    name: str
    pack: str
    alert: str
    severity: str
    default: float
    unit: Unit

    def in_promql(self, value: float) -> float:
        """The number that the rule compares with."""
        return value / 100 if self.unit == "%" else value

    def in_words(self, value: float) -> str:
        """The number as the rule's texts have it."""
        return _duration(value) if self.unit == "s" else f"{value:g}{self.unit}"

    @property
    def doc(self) -> str:
        """What it decides."""
        return f"Where `{self.alert}` of the pack {self.pack} begins."


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:g}ms"
    return next(f"{seconds / size:g}{unit}" for unit, size in _UNITS if seconds % size == 0 or size == 1)


#: Pack, alert, the beginning of the names, the unit, and the default of each severity.
_TABLE: tuple[tuple[str, str, str, Unit, dict[str, float]], ...] = (
    ("application", "HighErrorRatio", "error_ratio", "%", {"critical": 5}),
    ("application", "RouteFails", "route_error_ratio", "%", {"warning": 25}),
    ("application", "SlowRequests", "latency_p95", "s", {"warning": 1}),
    ("application", "VerySlowRequests", "latency_p99", "s", {"critical": 5}),
    ("application", "ThroughputDrop", "throughput", "%", {"warning": 50}),
    ("application", "RouteThroughputDrop", "route_throughput", "%", {"warning": 25}),
    ("outgoing", "OutgoingCallsFail", "outgoing_error_ratio", "%", {"warning": 5}),
    ("outgoing", "ServerDown", "outgoing_error_ratio", "%", {"critical": 95}),
    ("outgoing", "SlowCalls", "outgoing_latency", "s", {"warning": 10, "critical": 30}),
    ("outgoing", "SlowModel", "model_latency", "s", {"warning": 10, "critical": 30}),
    ("database", "DatabaseErrors", "database_error_ratio", "%", {"critical": 5}),
    ("database", "SlowDatabase", "database_latency_p95", "s", {"warning": 0.5}),
    ("database", "SlowQueries", "slow_queries", "", {"warning": 20}),
    ("database", "PoolTimeouts", "pool_timeouts", "", {"critical": 0}),
    ("database", "PoolNearlyEmpty", "database_pool", "%", {"warning": 80, "critical": 95}),
    ("celery", "TasksFail", "task_error_ratio", "%", {"warning": 5}),
    ("celery", "TasksRetry", "task_retry_ratio", "%", {"warning": 20}),
    ("celery", "TasksWait", "task_wait", "s", {"warning": 60}),
    ("celery", "WorkerSilent", "worker_silence", "s", {"warning": 120}),
    ("cache", "LowCacheHitRatio", "cache_hit_ratio", "%", {"warning": 70, "critical": 50}),
    ("host", "HighCpu", "cpu", "%", {"warning": 70, "critical": 90}),
    ("host", "HighMemory", "memory", "%", {"warning": 75, "critical": 90}),
    ("host", "DiskFull", "disk", "%", {"warning": 80, "critical": 90}),
    ("host", "HighLoad", "load", "", {"warning": 2}),
    ("host", "ManyOpenFiles", "open_files", "%", {"warning": 80, "critical": 95}),
    ("issues", "SpikingIssue", "issue_spike", "", {"{{ $labels.tocsin_error_severity }}": 20}),
    ("telemetry", "TelemetryDropped", "telemetry_dropped", "", {"warning": 0}),
    ("telemetry", "TocsinFails", "tocsin_failures", "", {"warning": 0}),
    ("telemetry", "EvaluatorLags", "evaluation_lag", "s", {"critical": 60}),
    ("telemetry", "ExportFails", "export_error_ratio", "%", {"warning": 1}),
    ("patterns", "CascadingFailure", "cascading_failure", "%", {"critical": 70}),
    ("patterns", "ResourceExhaustion", "resource_exhaustion", "%", {"critical": 50}),
    ("patterns", "NetworkPartition", "network_partition", "%", {"critical": 60}),
    ("patterns", "DatabaseContention", "database_contention", "%", {"critical": 60}),
    ("patterns", "HeartbeatDegradation", "heartbeat_degradation", "%", {"warning": 50}),
    ("patterns", "LoadImbalance", "load_imbalance", "%", {"warning": 70}),
    ("patterns", "RetryStorm", "retry_storm", "%", {"critical": 50}),
    ("patterns", "BadDeploy", "bad_deploy", "%", {"critical": 70}),
)


def _thresholds() -> Iterator[PackThreshold]:
    for pack, alert, beginning, unit, defaults in _TABLE:
        for severity, default in defaults.items():
            # A severity that is the issue's own is not part of the name.
            name = beginning if severity.startswith("{{") else f"{beginning}_{severity}"
            yield PackThreshold(name, pack, alert, severity, default, unit)


PACK_THRESHOLDS = tuple(_thresholds())
