"""The process and its machine, under the names of the semantic conventions.

CPU time is a counter, and no utilization is computed from the difference to an earlier call: every reader that collects
runs the callbacks, so such a difference would span another time for each of them.
"""

import os
import resource
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

import psutil
from opentelemetry.metrics import CallbackOptions, Meter, Observation

# psutil's names and the conventions'. What is missing (`guest`) is part of another mode already.
_CPU_MODES = {
    "user": "user",
    "system": "system",
    "nice": "nice",
    "idle": "idle",
    "iowait": "iowait",
    "irq": "interrupt",
    "softirq": "interrupt",
    "interrupt": "interrupt",
    "steal": "steal",
}
#: File systems that are full by nature.
_IMAGES = ("squashfs", "iso9660", "erofs")


Read: TypeAlias = Callable[[CallbackOptions], Iterable[Observation]]


class Instrument(NamedTuple):
    kind: Literal["counter", "up_down_counter", "gauge"]
    unit: str
    read: Read


class Filesystem(NamedTuple):
    """Bytes; what is reserved is for root."""

    used: int
    free: int
    reserved: int
    attributes: dict[str, str]


def observe_process(meter: Meter) -> None:
    """CPU time, memory, threads and open files of this process; in a forked child, of the child."""
    _observe(meter, _PROCESS)


def observe_limits(meter: Meter) -> None:
    """How many files this process may have open, which no instrumentation says."""
    _observe(meter, _LIMITS)


def observe_host(meter: Meter, *, active: Callable[[], bool] = lambda: True) -> None:
    """CPU time, load, memory, swap and file systems of the machine, as the Collector's host metrics receiver has them.

    One process of a machine should do it: the instruments report only while `active`.
    """

    def while_active(read: Read) -> Read:
        return lambda options: read(options) if active() else ()

    _observe(meter, {name: each._replace(read=while_active(each.read)) for name, each in _HOST.items()})


def _observe(meter: Meter, instruments: Mapping[str, Instrument]) -> None:
    for name, (kind, unit, read) in instruments.items():
        getattr(meter, f"create_observable_{kind}")(name, callbacks=[read], unit=unit)


# psutil.Process() is made anew at each reading, which costs microseconds: a kept one would be the parent of a fork.


def _process_cpu_time(_: CallbackOptions) -> Iterator[Observation]:
    times = psutil.Process().cpu_times()
    yield Observation(times.user, {"cpu.mode": "user"})
    yield Observation(times.system, {"cpu.mode": "system"})


def _process_memory_usage(_: CallbackOptions) -> Iterator[Observation]:
    yield Observation(psutil.Process().memory_info().rss)


def _process_thread_count(_: CallbackOptions) -> Iterator[Observation]:
    yield Observation(psutil.Process().num_threads())


def _process_open_files(_: CallbackOptions) -> Iterator[Observation]:
    yield Observation(psutil.Process().num_fds())


def _process_file_limit(_: CallbackOptions) -> Iterator[Observation]:
    """The soft limit; nothing where there is none."""
    limit, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit != resource.RLIM_INFINITY:
        yield Observation(limit)


def _load_average(_: CallbackOptions) -> Iterator[Observation]:
    yield Observation(os.getloadavg()[0])


def _logical_count(_: CallbackOptions) -> Iterator[Observation]:
    yield Observation(os.cpu_count() or 1)


def _cpu_time(_: CallbackOptions) -> Iterator[Observation]:
    """Of all processors together: one series a mode is what rules need."""
    seconds: Counter[str] = Counter()
    for name, value in psutil.cpu_times()._asdict().items():
        if name in _CPU_MODES:
            seconds[_CPU_MODES[name]] += value
    return (Observation(value, {"cpu.mode": mode}) for mode, value in seconds.items())


def _memory_usage(_: CallbackOptions) -> Iterator[Observation]:
    """What is used cannot be had back; what is free, buffers and cached overlaps with it by some shared memory."""
    memory = psutil.virtual_memory()._asdict()
    # Releases of psutil differ in what they call used.
    memory["used"] = memory["total"] - memory["available"]
    for state in ("used", "free", "buffers", "cached"):
        if state in memory:
            yield Observation(memory[state], {"system.memory.state": state})


def _memory_utilization(options: CallbackOptions) -> Iterator[Observation]:
    total = psutil.virtual_memory().total
    return (Observation(state.value / total, state.attributes) for state in _memory_usage(options))


def _paging_utilization(_: CallbackOptions) -> Iterator[Observation]:
    """Nothing where there is no swap."""
    swap = psutil.swap_memory()
    if swap.total:
        yield Observation(swap.used / swap.total, {"system.paging.state": "used"})
        yield Observation(swap.free / swap.total, {"system.paging.state": "free"})


def _filesystem_usage(_: CallbackOptions) -> Iterator[Observation]:
    for filesystem in _filesystems():
        for state in ("used", "free", "reserved"):
            attributes = {**filesystem.attributes, "system.filesystem.state": state}
            yield Observation(getattr(filesystem, state), attributes)


def _filesystem_utilization(_options: CallbackOptions) -> Iterator[Observation]:
    """Of what is there for ordinary users, as `df` reckons: at 1 nobody but root can write."""
    for used, free, _, attributes in _filesystems():
        yield Observation(used / (used + free), attributes)


def _filesystems() -> Iterator[Filesystem]:
    """Every device once, and the root of a container, which is on no device; no pseudo file systems, no images."""
    physical = [mount for mount in psutil.disk_partitions() if mount.fstype not in _IMAGES]
    root = [mount for mount in psutil.disk_partitions(all=True) if mount.mountpoint == "/"]
    mounts = sorted(physical + root, key=lambda mount: len(mount.mountpoint), reverse=True)
    for device, mountpoint in {mount.device: mount.mountpoint for mount in mounts}.items():
        filesystem = _filesystem(device, mountpoint)
        if filesystem is not None:
            yield filesystem


def _filesystem(device: str, mountpoint: str) -> Filesystem | None:
    """None where this user may not look, or where there is nothing to fill."""
    try:
        usage = psutil.disk_usage(mountpoint)
    except OSError:
        return None
    if usage.used + usage.free == 0:
        return None
    attributes = {"system.device": device, "system.filesystem.mountpoint": mountpoint}
    return Filesystem(usage.used, usage.free, usage.total - usage.used - usage.free, attributes)


_PROCESS = {
    "process.cpu.time": Instrument("counter", "s", _process_cpu_time),
    "process.memory.usage": Instrument("up_down_counter", "By", _process_memory_usage),
    "process.thread.count": Instrument("up_down_counter", "{thread}", _process_thread_count),
    "process.open_file_descriptor.count": Instrument("up_down_counter", "{file_descriptor}", _process_open_files),
}
_LIMITS = {
    "process.open_file_descriptor.limit": Instrument("up_down_counter", "{file_descriptor}", _process_file_limit),
}
_HOST = {
    "system.cpu.time": Instrument("counter", "s", _cpu_time),
    "system.cpu.load_average.1m": Instrument("gauge", "{thread}", _load_average),
    "system.cpu.logical.count": Instrument("up_down_counter", "{cpu}", _logical_count),
    "system.memory.usage": Instrument("up_down_counter", "By", _memory_usage),
    "system.memory.utilization": Instrument("gauge", "1", _memory_utilization),
    "system.paging.utilization": Instrument("gauge", "1", _paging_utilization),
    "system.filesystem.usage": Instrument("up_down_counter", "By", _filesystem_usage),
    "system.filesystem.utilization": Instrument("gauge", "1", _filesystem_utilization),
}
