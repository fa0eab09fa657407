"""`tocsin rules eval`: what does an expression give now?"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.live import answered, at_option, lacks, look, parsed, written
from tocsin.cli.moment import utc
from tocsin.cli.options import json_option, store_option
from tocsin.cli.output import show_json, show_table

if TYPE_CHECKING:
    from tocsin.promql import Annotations, Value


@click.command("eval")
@click.argument("expr")
@at_option
@store_option
@json_option
def eval_rule(*, expr: str, at: float | None, store: Path | None, as_json: bool) -> None:
    """Evaluate EXPR, in PromQL, at one moment.

    The store keeps about an hour. Series of recording rules, and ALERTS, are there at that moment only.

    With --json: what Prometheus' HTTP API answers to /api/v1/query.
    """
    from tocsin.promql import Annotations, evaluate  # noqa: PLC0415  needs the engine
    from tocsin.promql.wire import answer  # noqa: PLC0415

    expression, live, annotations = parsed(expr), look(store, at), Annotations()
    with answered():
        value = evaluate(expression, live.head, live.at, annotations=annotations)
    if as_json:
        show_json(answer(value, annotations))
    else:
        show_table(("series", "value"), _rows(value), empty="no series")
        say(annotations, lacks(live, expression))


def say(annotations: "Annotations", lacking: Iterable[str]) -> None:
    """What the query wants to tell beside its result, and which metrics are not there, on stderr."""
    for text in (*annotations.warnings, *annotations.infos, *lacking):
        click.echo(text, err=True)


def _rows(value: "Value") -> Iterator[tuple[str, str]]:
    from tocsin.promql import Matrix, Vector  # noqa: PLC0415  needs the engine

    if isinstance(value, Vector):
        yield from ((written(sample.labels), f"{sample.value:.12g}") for sample in value.samples)
    elif isinstance(value, Matrix):
        for series in value.series:
            name = written(series.labels)
            yield from ((name, f"{sample:.12g} at {utc(at_ms / 1000)}") for at_ms, sample in series.samples)
    else:
        yield "", str(value.value)
