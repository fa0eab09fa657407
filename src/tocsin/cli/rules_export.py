"""`tocsin rules export`: what is evaluated here, for a Prometheus."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from tocsin.cli.options import load_settings, store_option
from tocsin.config import Config, changed_thresholds
from tocsin.notices import notices

FAILED = 1


@click.command()
@click.option("--format", "_format", type=click.Choice(["prometheus"]), default="prometheus", show_default=True)
@store_option
def export(*, _format: str, store: Path | None) -> None:
    """Write the packs, thresholds and objectives that are configured as one Prometheus rule file.

    Thresholds that the settings change are changed in it. Your own rule files are left out: Prometheus reads them as
    they are. Leaves with 1, and writes nothing, where a setting cannot be used.
    """
    from tocsin.rules.compiled import rule_file  # noqa: PLC0415  needs the engine

    settings = load_settings(store)
    groups = list(_groups(settings.config))
    if settings.problems or _problems(settings.config):
        sys.exit(FAILED)
    click.echo(rule_file(groups), nl=False)


def _groups(config: Config) -> Iterator[Mapping[str, Any]]:
    from tocsin.evaluator.rule_files import compiled_settings  # noqa: PLC0415  needs the engine
    from tocsin.rules import pack_groups, with_signals  # noqa: PLC0415

    thresholds = changed_thresholds(config)
    for name in with_signals(config.packs):
        yield from pack_groups(name, thresholds)
    for compiled in compiled_settings(config).values():
        yield from compiled.groups


def _problems(config: Config) -> bool:
    """Whether there are any; they are said on stderr."""
    from tocsin.evaluator.rule_files import compiled_settings  # noqa: PLC0415  needs the engine

    problems = [problem for compiled in compiled_settings(config).values() for problem in compiled.problems]
    for problem in problems:
        notices.say(f"cannot be exported: {problem}")
    return bool(problems)
