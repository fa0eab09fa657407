"""The rules that the settings name."""

from collections.abc import Collection, Iterable, Iterator

from tocsin.config import Config, changed_thresholds
from tocsin.evaluator.own_files import OwnFiles
from tocsin.notices import notices
from tocsin.promql import LOOKBACK
from tocsin.rules import (
    Compiled,
    Group,
    RecordingRule,
    Rule,
    RuleFile,
    compile_slos,
    compile_thresholds,
    load,
    load_pack,
    long_reaches,
    recorded,
    rule_key,
    with_signals,
    within,
)
from tocsin.store.metrics import RETENTION

#: The longest window over any series, in seconds: samples are kept for a lookback more.
WINDOW = RETENTION - LOOKBACK


def rule_groups(config: Config) -> list[Group]:
    """The groups of the shipped packs, of the thresholds and objectives, and of the application's own files.

    What Prometheus would reject is said and left out, and so is a rule that looks back further than there are samples:
    neither is ever silently without a result. The others count all the same.
    """
    own = OwnFiles(config.rules)
    own.refresh()
    return evaluable(config, (*fixed_files(config), *own.files))


def fixed_files(config: Config) -> tuple[RuleFile, ...]:
    """Packs, thresholds and objectives, which do not change as long as the settings do not."""
    return (*_packs(config), *_compiled(config))


def evaluable(config: Config, files: Iterable[RuleFile]) -> list[Group]:
    """The groups of the files, without the rules that look back too far, which are said."""
    groups = [group for file in files for group in file.groups]
    kept: frozenset[str] | None = None
    # What a rule that is left out would have recorded is not there for others.
    while kept != (kept := recorded(groups, interval=config.evaluation_interval)):
        found = [within(group, WINDOW, kept) for group in groups]
        _say_left_out(found)
        groups = [group for group, _ in found]
    return groups


def retentions(config: Config, groups: Collection[Group]) -> dict[str, float]:
    """The recorded metrics that windows of `WINDOW` and more look back at, and for how long to keep them."""
    kept = recorded(groups, interval=config.evaluation_interval)
    return {name: back + LOOKBACK for name, back in long_reaches(groups, WINDOW, kept).items()}


def compiled_settings(config: Config) -> dict[str, Compiled]:
    """What the settings `thresholds` and `slo` become, by setting."""
    return {"thresholds": compile_thresholds(config.thresholds), "slo": compile_slos(config.slo)}


def _packs(config: Config) -> Iterator[RuleFile]:
    thresholds = changed_thresholds(config)
    for name in with_signals(config.packs):
        yield load_pack(name, thresholds)


def _compiled(config: Config) -> Iterator[RuleFile]:
    for setting, compiled in compiled_settings(config).items():
        for problem in compiled.problems:
            notices.say(f"not used: {problem}", once=str(problem))
        yield load(compiled.text, source=setting)


def _say_left_out(found: Iterable[tuple[Group, tuple[Rule, ...]]]) -> None:
    for group, left_out in found:
        names = ", ".join(map(_named, left_out))
        if names:
            notices.say(
                f"rules that look back more than 1h are off here: {names} of group {group.name} in {group.source}"
                " (record what they look at, in a group with an interval from 1m, and let them name it; or Prometheus"
                " evaluates them: `tocsin rules export`)",
                once=f"{group.source};{group.name};{names}",
            )


def _named(rule: Rule) -> str:
    """Alerts with their labels, since others of the same name may be on."""
    return rule.name if isinstance(rule, RecordingRule) else rule_key(rule)
