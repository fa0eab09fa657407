"""The rules that the settings name."""

from collections.abc import Iterable, Iterator

from tocsin.config import Config, changed_thresholds
from tocsin.evaluator.own_files import OwnFiles
from tocsin.notices import notices
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
    rule_key,
    with_signals,
    within,
)

#: The longest window that the evaluator has samples for, in seconds; it keeps a lookback more.
WINDOW = 3600.0


def rule_groups(config: Config) -> list[Group]:
    """The groups of the shipped packs, of the thresholds and objectives, and of the application's own files.

    What Prometheus would reject is said and left out, and so is a rule that looks back further than there are samples:
    neither is ever silently without a result. The others count all the same.
    """
    own = OwnFiles(config.rules)
    own.refresh()
    return [*fixed_groups(config), *evaluable(own.files)]


def fixed_groups(config: Config) -> list[Group]:
    """The groups of packs, thresholds and objectives, which do not change while the process runs."""
    return evaluable((*_packs(config), *_compiled(config)))


def evaluable(files: Iterable[RuleFile]) -> list[Group]:
    """The groups of the files, without the rules that look back too far, which are said."""
    return [_evaluable(group) for file in files for group in file.groups]


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


def _evaluable(group: Group) -> Group:
    kept, left_out = within(group, WINDOW)
    if left_out:
        names = ", ".join(map(_named, left_out))
        notices.say(
            f"rules that look back more than 1h are off here: {names} of group {group.name} in {group.source}"
            " (Prometheus evaluates them: `tocsin rules export`)",
            once=f"{group.source};{group.name}",
        )
    return kept


def _named(rule: Rule) -> str:
    """Alerts with their labels, since others of the same name may be on."""
    return rule.name if isinstance(rule, RecordingRule) else rule_key(rule)
