"""Metrics that rules look at and nobody reports."""

import time
from collections import defaultdict
from collections.abc import Iterator

from tocsin.config import Config
from tocsin.doctor.check import Check
from tocsin.doctor.engine import numpy_version
from tocsin.store import Store, StoreError


def check_metrics(config: Config, store: Store) -> Iterator[Check]:
    """One line for each metric that rules of the application's own need. Those of packs wait for what may never come.

    Nothing without the engine, or where there are no such rules. Reads the metrics of the last hour.
    """
    if numpy_version() is None:
        return
    from tocsin.evaluator.live import Reported  # noqa: PLC0415  needs the engine
    from tocsin.evaluator.rule_files import rule_groups  # noqa: PLC0415

    groups = rule_groups(config)
    own = [(group, rule) for group in groups if not group.source.startswith("pack:") for rule in group.rules]
    if not own:
        return
    try:
        reported = Reported.read(config, store, groups, now=time.time())
    except StoreError:
        return
    if not reported.metrics:
        yield Check("metrics", "ok", "nobody has reported any within the last hour: what rules miss is not known")
        return
    lacking: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for group, rule in own:
        for found in reported.lacks(rule.expr).items():
            lacking[found].append(f"{rule.name} ({group.source})")
    for (metric, near), rules in lacking.items():
        yield _check(metric, near, rules)


def _check(metric: str, near: tuple[str, ...], rules: list[str]) -> Check:
    needing = ", ".join(dict.fromkeys(rules))
    found = f"nobody has reported {metric} within the last hour, which {needing} looks at"
    return Check("metrics", "warning", found, _fix(metric, near))


def _fix(metric: str, near: tuple[str, ...]) -> str:
    if f"{metric}_bucket" in near:
        return f"{metric} is a histogram: in thresholds use stat: p95 or avg, in PromQL {', '.join(near)}"
    if near:
        return f"did you mean {' or '.join(near)}?"
    return "correct its name, or wait until it is measured"
