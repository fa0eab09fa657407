"""`tocsin query`: how did an expression go over time?"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.chart import resampled, sparkline
from tocsin.cli.live import answered, at_option, lacks, look, parsed, written
from tocsin.cli.moment import duration
from tocsin.cli.options import json_option, store_option
from tocsin.cli.output import show_json, show_table
from tocsin.cli.rules_eval import say

if TYPE_CHECKING:
    from tocsin.promql import Matrix

#: Characters of a chart, and steps of a query that does not say how long they are.
_WIDTH = 40
_COLUMNS = ("series", "chart", "last", "min", "avg", "max")


@click.command()
@click.argument("expr")
@click.option("--since", type=duration, metavar="DURATION", default="30m", show_default=True, help="How far back.")
@click.option(
    "--step", type=duration, metavar="DURATION", help="Between two values; a fortieth of the time, if not given."
)
@at_option
@store_option
@json_option
def query(*, expr: str, since: float, step: float | None, at: float | None, store: Path | None, as_json: bool) -> None:
    """Evaluate EXPR, in PromQL, over the last half hour, with a small chart of each series.

    Charts go from a series' least to its greatest value. The store keeps about an hour.

    With --json: what Prometheus' HTTP API answers to /api/v1/query_range.
    """
    from tocsin.promql import Annotations, evaluate_range  # noqa: PLC0415  needs the engine
    from tocsin.promql.wire import answer  # noqa: PLC0415

    expression, live, annotations = parsed(expr), look(store, at), Annotations()
    start, step = live.at - since, step or since / _WIDTH
    with answered():
        value = evaluate_range(expression, live.head, start, live.at, step, annotations=annotations)
    if as_json:
        show_json(answer(value, annotations))
    else:
        show_table(_COLUMNS, _rows(value, start, live.at), empty="no series")
        say(annotations, lacks(live, expression))


def _rows(matrix: "Matrix", start: float, end: float) -> Iterator[tuple[str, ...]]:
    for series in matrix.series:
        samples = [(at_ms / 1000, value) for at_ms, value in series.samples]
        values = [value for _, value in samples]
        numbers = (values[-1], min(values), sum(values) / len(values), max(values))
        chart = sparkline(resampled(samples, start=start, end=end, width=_WIDTH))
        yield (written(series.labels), f"|{chart}|", *(f"{number:.6g}" for number in numbers))
