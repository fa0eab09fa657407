"""Mistakes in OpenTelemetry's environment variables that the SDK passes over in silence."""

import difflib
import os
from collections.abc import Iterator, Mapping

from opentelemetry.util._importlib_metadata import entry_points  # read once for all who ask

from tocsin.config import Problem
from tocsin.exporting.destinations import COMPONENTS, SIGNALS, otlp, otlp_variable, scheme, without_credentials

#: How alike an unknown name and a known one are when it is a slip; other unknown names belong to somebody else.
LIKENESS = 0.87

_SOURCE = "environment"


def problems(environ: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
    """Names that are misspelt, then values that the exporters cannot use."""
    environ = os.environ if environ is None else environ
    return (*_misspelt(environ), *_unusable_endpoints(environ), *_unusable_protocols(environ))


def known() -> frozenset[str]:
    """The variables that the installed API, SDK, instrumentation and distro declare for the launcher."""
    modules = (entry_point.load() for entry_point in entry_points(group="opentelemetry_environment_variables"))
    return frozenset(name for module in modules for name in vars(module) if name.startswith("OTEL_"))


def _misspelt(environ: Mapping[str, str]) -> Iterator[Problem]:
    names = known()
    for name in sorted(key for key in environ if key.startswith("OTEL_") and key not in names):
        for close in difflib.get_close_matches(name, names, n=1, cutoff=LIKENESS):
            yield Problem(name, "", _SOURCE, f"is not a variable of OpenTelemetry; did you mean {close}?")


def _otlp_variables(environ: Mapping[str, str], option: str) -> Iterator[tuple[str, str, str]]:
    """Signal, name and value of the variables of one option that are set; for the common one no signal."""
    for signal in ("", *SIGNALS):
        name = otlp_variable(signal, option)
        if value := environ.get(name, "").strip():
            yield signal, name, value


def _unusable_endpoints(environ: Mapping[str, str]) -> Iterator[Problem]:
    for signal, name, value in _otlp_variables(environ, "ENDPOINT"):
        usable = {"http", "https"} | ({""} if otlp(environ, signal, "PROTOCOL") in {"", "grpc"} else set())
        if scheme(value) not in usable:
            yield Problem(name, without_credentials(value), _SOURCE, "must start with http:// or https://")


def _unusable_protocols(environ: Mapping[str, str]) -> Iterator[Problem]:
    for _, name, value in _otlp_variables(environ, "PROTOCOL"):
        if value not in COMPONENTS:
            yield Problem(name, value, _SOURCE, f"must be {' or '.join(COMPONENTS)}")
