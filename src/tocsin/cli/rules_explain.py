"""`tocsin rules explain`: why does a rule fire, or not?"""

import difflib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.live import at_option, lacks, look, written
from tocsin.cli.moment import ago
from tocsin.cli.options import json_option, load_settings, store_option
from tocsin.cli.output import show_fields, show_json, show_table

if TYPE_CHECKING:
    from tocsin.evaluator.live import Live
    from tocsin.promql import Value
    from tocsin.rules import Group, Rule
    from tocsin.rules.explanation import Comparison, Margin, Part
    from tocsin.store import Alert

#: Series of one part that are shown.
_SHOWN = 5


@click.command()
@click.argument("name")
@at_option
@store_option
@json_option
def explain(*, name: str, at: float | None, store: Path | None, as_json: bool) -> None:
    """Show what the rules called NAME see now: every part of their expression, and how far they are from firing.

    With --json: {"rules": [...]}, each with name, source, line, group, query, for, alerts, comparisons and parts. A
    comparison has text, op and margins; a margin has labels, value, limit and holds. A part has depth, text, error and
    data, which is as in Prometheus' HTTP API. And missing, which has metrics that nobody reports, with those that may
    have been meant.
    """
    from tocsin.evaluator.rule_files import rule_groups  # noqa: PLC0415  needs the engine

    groups = rule_groups(load_settings(store).config)
    found = [(group, rule) for group in groups for rule in group.rules if rule.name == name]
    if not found:
        raise click.ClickException(_unknown(name, {rule.name for group in groups for rule in group.rules}))
    live = look(store, at)
    if as_json:
        show_json({"rules": [_document(live, group, rule) for group, rule in found]})
    else:
        for group, rule in found:
            _show(live, group, rule)


def _unknown(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"rules: {', '.join(sorted(known)) or 'none'}"
    return f"no rule is called {name}; {hint}"


def _show(live: "Live", group: "Group", rule: "Rule") -> None:
    from tocsin.rules.explanation import comparisons, parts  # noqa: PLC0415  needs the engine

    show_fields(_facts(live, group, rule))
    click.echo()
    margins = [
        (comparison, margin) for comparison in comparisons(rule.expr, live.value) for margin in comparison.margins
    ]
    columns = ("comparison", "labels", "value", "limit", "holds", "distance")
    show_table(columns, (_margin_row(*each) for each in margins), empty="nothing is compared")
    click.echo()
    show_table(("part", "series", "value"), _part_rows(parts(rule.expr, live.value)), empty="no parts")
    click.echo()


def _facts(live: "Live", group: "Group", rule: "Rule") -> dict[str, str]:
    facts = {"rule": f"{rule.name} in group {group.name} ({group.source}:{rule.line})", "expr": rule.query}
    if lacking := lacks(live, rule.expr):
        facts["missing"] = "; ".join(lacking)
    hold = getattr(rule, "hold", None)
    if hold is None:
        return facts
    states = [_state(alert, live.at, hold) for alert in _alerts(live, group, rule)]
    return {**facts, "for": f"{hold:g}s", "alerts": "; ".join(states) or "none"}


def _alerts(live: "Live", group: "Group", rule: "Rule") -> "list[Alert]":
    from tocsin.rules import rule_key  # noqa: PLC0415  needs the engine

    of_rule = (f"{group.source};{group.name}", rule_key(rule))
    return [alert for alert in live.alerts if (alert.group, alert.rule) == of_rule and alert.state != "inactive"]


def _state(alert: "Alert", at: float, hold: float) -> str:
    since = ago(alert.fired_at or alert.active_at, now=at)
    waiting = f", fires in {max(0.0, alert.active_at + hold - at):.0f}s" if alert.state == "pending" else ""
    labels = written(tuple(sorted((name, value) for name, value in alert.labels.items() if name != "alertname")))
    return f"{labels} {alert.state}, since {since}{waiting}"


def _margin_row(comparison: "Comparison", margin: "Margin") -> tuple[str, ...]:
    distance = abs(margin.value - margin.limit)
    relative = f" ({distance / abs(margin.limit):.0%} of the limit)" if margin.limit else ""
    return (
        comparison.text,
        written(margin.labels),
        f"{margin.value:.6g}",
        f"{comparison.op} {margin.limit:.6g}",
        "yes" if margin.holds else "no",
        f"{distance:.6g}{relative}",
    )


def _part_rows(parts: "Iterator[Part]") -> Iterator[tuple[str, str, str]]:
    for part in parts:
        text = f"{'· ' * part.depth}{part.text}"
        if part.value is None:
            yield text, "error", part.error
            continue
        rows = list(_samples(part.value))
        yield text, str(len(rows)), "" if rows else "empty"
        yield from (("", name, value) for name, value in rows[:_SHOWN])
        if len(rows) > _SHOWN:
            yield "", f"… {len(rows) - _SHOWN} more", ""


def _samples(value: "Value") -> Iterator[tuple[str, str]]:
    from tocsin.promql import Matrix, Vector  # noqa: PLC0415  needs the engine

    if isinstance(value, Vector):
        yield from ((written(sample.labels), f"{sample.value:.6g}") for sample in value.samples)
    elif isinstance(value, Matrix):
        for series in value.series:
            first, last = series.samples[0][1], series.samples[-1][1]
            yield written(series.labels), f"{len(series.samples)} samples, {first:.6g} to {last:.6g}"
    else:
        yield "", str(value.value)


def _document(live: "Live", group: "Group", rule: "Rule") -> dict[str, Any]:
    from tocsin.promql.wire import query_data  # noqa: PLC0415  needs the engine
    from tocsin.rules.explanation import comparisons, parts  # noqa: PLC0415

    return {
        "name": rule.name,
        "source": group.source,
        "line": rule.line,
        "group": group.name,
        "query": rule.query,
        "for": getattr(rule, "hold", None),
        "alerts": _alerts(live, group, rule),
        "comparisons": [
            asdict(each) | {"margins": [asdict(margin) | {"labels": dict(margin.labels)} for margin in each.margins]}
            for each in comparisons(rule.expr, live.value)
        ],
        "parts": [
            {
                "depth": part.depth,
                "text": part.text,
                "error": part.error,
                "data": None if part.value is None else query_data(part.value),
            }
            for part in parts(rule.expr, live.value)
        ],
        "missing": live.reported.lacks(rule.expr),
    }
