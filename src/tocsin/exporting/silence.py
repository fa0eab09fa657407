"""Nothing listens on this machine: said once, instead of by every attempt of every exporter."""

import errno
import math
import os
import socket
import time
import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from tocsin.exporting.exporters import exporters
from tocsin.guard import guard
from tocsin.notices import notices

if TYPE_CHECKING:
    from mmap import mmap

#: Addresses of this machine, where a connection is taken or refused at once.
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
#: Seconds in which a local address has to take a connection; so long is taken for an answer, too.
TIMEOUT = 0.2
#: Seconds for which an answer holds.
MEMORY = 5.0
#: Seconds without an answer after which an endpoint that once listened is dead.
PATIENCE = 60.0
_DEFAULT_PORTS = {"https": 443, "http": 80}


class LocalEndpoint:
    """Whether an address of this machine is dead; asks at most every `MEMORY` seconds.

    What forked processes find out is said by the first of them alone.
    """

    def __init__(self, host: str, port: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.address = (host, port)
        self._clock = clock
        self._asked_at = -math.inf
        self._heard_at = -math.inf
        self._refuses = False
        self._said: bytearray | mmap = bytearray(1)
        this = weakref.ref(self)
        os.register_at_fork(before=lambda: _share(this()))

    def is_dead(self) -> bool:
        """Whether connections are refused, and were for `PATIENCE` seconds at least, or ever since the start.

        A collector that starts anew is not dead: what exporters try again meanwhile, arrives. Anything but a refusal is
        the exporter's business.
        """
        now = self._clock()
        if now - self._asked_at >= MEMORY:
            self._asked_at, self._refuses = now, self._ask()
            if not self._refuses:
                self._heard_at = now
        return self._refuses and now - self._heard_at >= PATIENCE

    def say_dead(self) -> None:
        """Once, for all processes that were forked from where this was made."""
        if not self._said[0]:
            self._said[0] = True
            host, port = self.address
            notices.say(
                f"nothing listens at {host}:{port}, so telemetry is lost: start a collector there, set"
                " TOCSIN_OTLP_ENDPOINT, or switch exporters off with OTEL_TRACES_EXPORTER=none and the like",
                once=f"{host}:{port}",
            )

    def share(self) -> None:
        """Let a process that is about to be forked know what is said, and tell."""
        from mmap import mmap  # noqa: PLC0415  for those who fork

        if isinstance(self._said, bytearray):
            said, self._said = self._said, mmap(-1, 1)
            self._said[0] = said[0]

    def _ask(self) -> bool:
        try:
            socket.create_connection(self.address, timeout=TIMEOUT).close()
        except OSError as error:
            return error.errno == errno.ECONNREFUSED
        return False


def spare_dead_endpoints(*providers: Any, announce: bool = True) -> None:
    """Let exporters to this machine give up at once while nobody listens there; one line says so, if it is to.

    They would try again and again, with a line each time. When somebody listens again, they send.
    """
    spare(exporters(*providers), announce=announce)


def spare(made: Iterable[Any], *, announce: bool = True) -> None:
    """The same for exporters, wherever they will be."""
    endpoints: dict[tuple[str, int], LocalEndpoint] = {}
    for exporter in made:
        address = _local_address(exporter)
        if address is not None and not hasattr(exporter.export, "_tocsin"):
            _spare(exporter, endpoints.setdefault(address, LocalEndpoint(*address)), announce=announce)


def _spare(exporter: Any, endpoint: LocalEndpoint, *, announce: bool) -> None:
    export = exporter.export
    failure = _failure_of(exporter)
    if failure is None:
        return

    def spared(*args: Any, **options: Any) -> Any:
        with guard.block("endpoint"):
            if endpoint.is_dead():
                if announce:
                    endpoint.say_dead()
                return failure
        return export(*args, **options)

    spared._tocsin = True  # type: ignore[attr-defined]  # noqa: SLF001  ours
    exporter.export = spared


def _share(endpoint: LocalEndpoint | None) -> None:
    if endpoint is not None:
        endpoint.share()


def _local_address(exporter: Any) -> tuple[str, int] | None:
    """Where an OTLP exporter sends, if that is this machine."""
    endpoint = getattr(exporter, "_endpoint", None)
    if not isinstance(endpoint, str):
        return None
    try:
        parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname in LOCAL and port else None


def _failure_of(exporter: Any) -> Any:
    """What the exporter's kind answers when it could not send."""
    kinds = (
        (SpanExporter, SpanExportResult.FAILURE),
        (MetricExporter, MetricExportResult.FAILURE),
        (LogRecordExporter, LogRecordExportResult.FAILURE),
    )
    return next((failure for kind, failure in kinds if isinstance(exporter, kind)), None)
