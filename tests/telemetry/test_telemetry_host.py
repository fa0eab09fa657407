import os
import resource

import psutil
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource

from tocsin.telemetry import BatchReader, observe_host, observe_limits, observe_process, samples
from tocsin.telemetry import host as room


@pytest.fixture
def observed():
    """The series that a real SDK gives for what is observed."""

    def run(observe, **options):
        batches = []
        reader = BatchReader(batches.append)
        provider = MeterProvider([reader], resource=Resource({}), shutdown_on_exit=False)
        observe(provider.get_meter("test"), **options)
        reader.collect()
        return [(dict(labels), value) for batch in batches for labels, _, value in samples(batch)]

    return run


def only(series, name):
    return [(labels, value) for labels, value in series if labels["__name__"] == name]


def test_the_process_is_observed(observed):
    series = observed(observe_process)
    assert {labels["__name__"] for labels, _ in series} == {
        "process_cpu_time_seconds_total",
        "process_memory_usage_bytes",
        "process_thread_count",
        "process_open_file_descriptor_count",
    }
    assert {labels["cpu_mode"] for labels, _ in only(series, "process_cpu_time_seconds_total")} == {"user", "system"}
    assert only(series, "process_memory_usage_bytes")[0][1] > 1_000_000


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_observes_itself(observed, monkeypatch):
    child = os.fork()
    if child == 0:
        asked = []
        process = psutil.Process
        monkeypatch.setattr(psutil, "Process", lambda: asked.append(process().pid) or process())
        observed(observe_process)
        os._exit(int(set(asked) != {os.getpid()}))
    assert os.waitpid(child, 0)[1] == 0


def test_the_machine_is_observed_under_the_names_that_rules_use(observed):
    series = observed(observe_host)
    assert {labels["cpu_mode"] for labels, _ in only(series, "system_cpu_time_seconds_total")} >= {"user", "idle"}
    memory = only(series, "system_memory_utilization_ratio")
    assert {labels["system_memory_state"] for labels, _ in memory} >= {"used", "free"}
    assert all(0 <= value <= 1 for _, value in memory)
    disks = only(series, "system_filesystem_utilization_ratio")
    assert {"system_device", "system_filesystem_mountpoint"} <= set(disks[0][0])
    assert all(0 <= value <= 1 for _, value in disks)


def test_the_load_is_that_of_the_processors_there_are(observed):
    series = observed(observe_host)
    [(_, load)] = only(series, "system_cpu_load_average_1m")
    [(_, count)] = only(series, "system_cpu_logical_count")
    assert load >= 0
    assert count == os.cpu_count()


def test_the_limit_of_open_files_is_that_of_this_process(observed):
    [(_, limit)] = only(observed(observe_limits), "process_open_file_descriptor_limit")
    assert limit == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_the_names_and_units_are_the_conventions():
    process = pytest.importorskip("opentelemetry.semconv._incubating.metrics.process_metrics")
    system = pytest.importorskip("opentelemetry.semconv._incubating.metrics.system_metrics")
    known = {value for module in (process, system) for value in vars(module).values() if isinstance(value, str)}
    # Which have no name for the load: it is that of the Collector's host metrics receiver.
    assert {*room._PROCESS, *room._HOST} - known == {"system.cpu.load_average.1m"}


def test_the_machine_is_observed_by_one_process_only(observed):
    assert observed(observe_host, active=lambda: False) == []


class Mount:
    def __init__(self, device, mountpoint, fstype="ext4"):
        self.device, self.mountpoint, self.fstype = device, mountpoint, fstype


class Usage:
    total, used, free = 100, 60, 30


def test_every_device_counts_once_and_pseudo_file_systems_do_not(observed, monkeypatch):
    """As in a container: the root is an overlay, single files are bound from the host's disk."""
    physical = [
        Mount("/dev/a", "/etc/hosts"),
        Mount("/dev/a", "/data"),
        Mount("/dev/b", "/secret"),
        Mount("/dev/loop", "/snap", "squashfs"),
    ]
    nodev = [Mount("overlay", "/", "overlay"), Mount("proc", "/proc", "proc"), Mount("tmpfs", "/run", "tmpfs")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **options: physical + (nodev if options else []))

    def usage(path):
        if path == "/secret":
            raise PermissionError(path)
        return Usage

    monkeypatch.setattr(psutil, "disk_usage", usage)
    series = observed(observe_host)
    ratios = only(series, "system_filesystem_utilization_ratio")
    assert {(one["system_device"], one["system_filesystem_mountpoint"]): value for one, value in ratios} == {
        ("overlay", "/"): 60 / 90,
        ("/dev/a", "/data"): 60 / 90,
    }
    usages = only(series, "system_filesystem_usage_bytes")
    states = {one["system_filesystem_state"]: value for one, value in usages if one["system_device"] == "/dev/a"}
    assert states == {"used": 60, "free": 30, "reserved": 10}


def test_no_swap_no_series(observed, monkeypatch):
    class Swap:
        total = used = free = 0

    monkeypatch.setattr(psutil, "swap_memory", lambda: Swap)
    assert not only(observed(observe_host), "system_paging_utilization_ratio")
