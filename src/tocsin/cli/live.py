"""What commands about series have in common: the live store, queries, and how series are written."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.moment import moment
from tocsin.cli.options import load_settings, opened

if TYPE_CHECKING:
    from tocsin.evaluator.live import Live
    from tocsin.promql import Expr
    from tocsin.series import Labels

at_option = click.option(
    "--at",
    type=moment,
    metavar="TIME",
    help="When: 5m for five minutes ago, RFC 3339, or unix seconds; now, if not given.",
)


def look(path: Path | None, at: float | None) -> "Live":
    """The series of the store at that time."""
    from tocsin.evaluator.live import Live  # noqa: PLC0415  needs the engine

    now = time.time()
    with opened(path) as store:
        return Live.of(load_settings(path).config, store, now if at is None else at, now=now)


@contextmanager
def answered() -> Iterator[None]:
    """An expression that cannot be read or evaluated is the user's business, without a traceback."""
    try:
        yield
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def parsed(text: str) -> "Expr":
    """The expression of the command line."""
    from tocsin.promql import parse  # noqa: PLC0415  needs the engine

    with answered():
        return parse(text)


def lacks(live: "Live", expr: "Expr") -> list[str]:
    """A sentence for each metric that the expression needs and nobody reports."""
    lacking = live.reported.lacks(expr).items()
    near = {metric: f"; there is {', '.join(names)}" if names else "" for metric, names in lacking}
    return [f"nobody has reported {metric} within the last hour{also}" for metric, also in near.items()]


def written(labels: "Labels") -> str:
    """A series as PromQL writes it: `up{job="api"}`."""
    from tocsin.series.labels import METRIC_NAME  # noqa: PLC0415  needs the engine
    from tocsin.syntax.quoting import quote_value  # noqa: PLC0415  other commands start faster without

    name = next((value for key, value in labels if key == METRIC_NAME), "")
    others = ", ".join(f"{key}={quote_value(value)}" for key, value in labels if key != METRIC_NAME)
    return f"{name}{{{others}}}" if others or not name else name
