"""The functions that Prometheus gives to the templates in rule files."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias
from urllib.parse import quote_plus, urlsplit

from tocsin.gotemplate.duration import Duration
from tocsin.gotemplate.humanize import (
    humanize,
    humanize1024,
    humanize_percentage,
    humanize_timestamp,
    number,
)
from tocsin.gotemplate.strings import SHARED, title
from tocsin.gotemplate.timestamp import Time
from tocsin.gotemplate.values import AnyMap
from tocsin.syntax.durations import parse_duration

#: Runs a query and gives the labels and the value of each series.
Query: TypeAlias = Callable[[str], Iterable[tuple[Mapping[str, str], float]]]
_HOST_PORT = re.compile(r"(?:\[(?P<v6>[^\[\]]*)\]|(?P<host>[^:\[\]]*)):(?P<port>[^:\[\]]*)")


@dataclass(frozen=True, slots=True)
class QuerySample:
    """One series of a query's result."""

    labels: Mapping[str, str]
    value: float

    go_type: ClassVar[str] = "*template.sample"
    exported: ClassVar[Mapping[str, str]] = {"Labels": "labels", "Value": "value"}


class QueryResult(list[QuerySample]):
    """What `query` gives."""

    go_type: ClassVar[str] = "template.queryResult"


def no_query(text: str) -> Iterable[tuple[Mapping[str, str], float]]:
    """Refuses every query: for templates that may not ask."""
    raise ValueError(f"the template may not query: {text}")


def prometheus_functions(
    *, query: Query = no_query, external_url: str = "", now: float = 0.0
) -> Mapping[str, Callable[..., object]]:
    """All functions of Prometheus 3 for a rendering at the unix time `now`."""

    def run(text: str) -> QueryResult:
        return QueryResult(QuerySample(labels, value) for labels, value in query(text))

    return {
        **_FUNCTIONS,
        "query": run,
        "now": lambda: now,
        "externalURL": lambda: external_url,
        "pathPrefix": lambda: urlsplit(external_url).path,
    }


def _first(result: QueryResult) -> QuerySample:
    if not result:
        raise ValueError("first() called on vector with no elements")
    return result[0]


def _label(name: str, sample: QuerySample) -> str:
    return sample.labels.get(name, "")


def _value(sample: QuerySample) -> float:
    return sample.value


def _strvalue(sample: QuerySample) -> str:
    return sample.labels.get("__value__", "")


def _sort_by_label(name: str, result: QueryResult) -> QueryResult:
    return QueryResult(sorted(result, key=lambda sample: sample.labels.get(name, "")))


def _args(*values: object) -> AnyMap:
    return AnyMap({f"arg{position}": value for position, value in enumerate(values)})


def _split_host_port(address: str) -> tuple[str, str]:
    """Host and port; the whole address and no port where it does not have the form HOST:PORT."""
    found = _HOST_PORT.fullmatch(address)
    if found is None:
        return address, ""
    return found["host"] if found["v6"] is None else found["v6"], found["port"]


def _strip_port(address: str) -> str:
    return _split_host_port(address)[0]


def _strip_domain(address: str) -> str:
    host, port = _split_host_port(address)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.split(".")[0] + (f":{port}" if port else "")
    return address


def _to_time(seconds: object) -> Time:
    return Time.from_seconds(number(seconds))


def _to_duration(seconds: object) -> Duration:
    return Duration(int(number(seconds) * 1e9))


def _graph_link(expression: str) -> str:
    return f"/graph?g0.expr={quote_plus(expression)}&g0.tab=0"


def _table_link(expression: str) -> str:
    return f"/graph?g0.expr={quote_plus(expression)}&g0.tab=1"


def _url_query_escape(text: str) -> str:
    return quote_plus(text)


_FUNCTIONS: Mapping[str, Callable[..., object]] = {
    **SHARED,
    "args": _args,
    "first": _first,
    "graphLink": _graph_link,
    "humanize": humanize,
    "humanize1024": humanize1024,
    "humanizePercentage": humanize_percentage,
    "humanizeTimestamp": humanize_timestamp,
    "label": _label,
    "parseDuration": parse_duration,
    "sortByLabel": _sort_by_label,
    "stripDomain": _strip_domain,
    "stripPort": _strip_port,
    "strvalue": _strvalue,
    "tableLink": _table_link,
    "title": title,
    "toDuration": _to_duration,
    "toTime": _to_time,
    "urlQueryEscape": _url_query_escape,
    "value": _value,
}
