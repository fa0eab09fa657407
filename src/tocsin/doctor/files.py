"""Whether a configuration file can be used, and everything that is wrong with it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import yaml

from tocsin.config import CONFIG_FILE, PREFIX, Config
from tocsin.config import load as load_settings
from tocsin.doctor.engine import numpy_version
from tocsin.doctor.file_kind import FileKind, file_kind
from tocsin.syntax.yaml_lines import line_of

if TYPE_CHECKING:
    from tocsin.syntax.document import Problem


class Finding(NamedTuple):
    """Something about a line, counted from 1, of a file; or, without a line, about the file as a whole."""

    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """`found` says what is in a file without `problems`; `warnings` are what works and is probably not meant so."""

    path: Path
    kind: FileKind | None = None
    found: str = ""
    problems: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


_UNKNOWN: Final = (
    "cannot be told apart: at the top it has none of the keys of a rule file (groups), of an Alertmanager configuration"
    f" (route, receivers), of rule unit tests (tests), and no setting of {CONFIG_FILE}"
)


def check_file(path: Path) -> FileVerdict:
    """Read the file as what it is. Needs the engine for rules."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        return FileVerdict(path, problems=(Finding(None, f"cannot be read: {error.strerror}"),))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return FileVerdict(path, problems=(Finding(line, "is not UTF-8"),))
    kind = file_kind(text)
    if kind is None:
        return FileVerdict(path, problems=(Finding(1, _UNKNOWN),))
    return _CHECKS[kind](path, text)


def _check_rules(path: Path, text: str) -> FileVerdict:
    from tocsin.rules import RuleFileError, load  # noqa: PLC0415  needs the engine

    try:
        file = load(text, source=str(path))
    except RuleFileError as error:
        return FileVerdict(path, FileKind.RULES, problems=_in_lines(error.problems))
    rules = [rule for group in file.groups for rule in group.rules]
    found = f"{_count(len(rules), 'rule')} in {_count(len(file.groups), 'group')}"
    return FileVerdict(path, FileKind.RULES, found, warnings=_in_lines(file.warnings))


def _check_rule_tests(path: Path, text: str) -> FileVerdict:
    from tocsin.rules import RuleFileError, load_unit_tests  # noqa: PLC0415  needs the engine

    try:
        file = load_unit_tests(text, source=str(path))
    except RuleFileError as error:
        return FileVerdict(path, FileKind.RULE_TESTS, problems=_in_lines(error.problems))
    return FileVerdict(path, FileKind.RULE_TESTS, f"{_count(len(file.tests), 'test')}: run with `tocsin rules test`")


def _check_alertmanager(path: Path, text: str) -> FileVerdict:
    from tocsin.alerting import AlertingConfigError, load, receivers  # noqa: PLC0415  other files need it not

    try:
        config = load(text, source=str(path))
        receivers(config)
    except AlertingConfigError as error:
        return FileVerdict(path, FileKind.ALERTMANAGER, problems=_in_lines(error.problems))
    except ValueError as error:
        return FileVerdict(path, FileKind.ALERTMANAGER, problems=(Finding(None, str(error)),))
    left_out = (*config.undelivered, *config.unapplied)
    warnings = tuple(Finding(None, f"not done by this version: {name}") for name in left_out)
    found = _count(len(config.receivers), "receiver")
    return FileVerdict(path, FileKind.ALERTMANAGER, found, warnings=warnings)


def _check_settings(path: Path, text: str) -> FileVerdict:
    try:
        lines = dict(_lines(text))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return FileVerdict(path, FileKind.SETTINGS, problems=(Finding(line, f"is not YAML: {error.problem}"),))
    settings = load_settings(environ={f"{PREFIX}CONFIG": str(path)})
    found = [Finding(line_of(text, each.key), _without_source(str(each), each.source)) for each in settings.problems]
    found += [Finding(line_of(text, _key(each)), each) for each in _routing_problems(settings.config)]
    found += [Finding(line_of(text, _key(each)), each) for each in _rule_problems(settings.config)]
    ordered = tuple(sorted(found, key=lambda each: each.line or 0))
    return FileVerdict(path, FileKind.SETTINGS, _count(len(lines), "setting"), problems=ordered)


def _routing_problems(config: Config) -> list[str]:
    """What is wrong with who is told of alerts, a line for each, which begins with the setting."""
    from tocsin.evaluator.alerting_config import routing_problems  # noqa: PLC0415  other files need it not

    return routing_problems(config)


def _rule_problems(config: Config) -> list[str]:
    """What cannot be used of the settings that become rules; nothing without the engine."""
    if numpy_version() is None:
        return []
    from tocsin.evaluator.rule_files import compiled_settings  # noqa: PLC0415  needs the engine

    return [str(problem) for compiled in compiled_settings(config).values() for problem in compiled.problems]


def _key(problem: str) -> str:
    return problem.split(" ", maxsplit=1)[0].rstrip(":")


_CHECKS: Final[dict[FileKind, Callable[[Path, str], FileVerdict]]] = {
    FileKind.RULES: _check_rules,
    FileKind.ALERTMANAGER: _check_alertmanager,
    FileKind.SETTINGS: _check_settings,
    FileKind.RULE_TESTS: _check_rule_tests,
}


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """The keys at the top of the file with their lines."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        yield str(key.value), int(key.start_mark.line) + 1


def _without_source(message: str, source: str) -> str:
    return message.replace(f" ({source})", "")


def _in_lines(problems: "Iterable[Problem]") -> tuple[Finding, ...]:
    return tuple(Finding(each.line, each.message) for each in problems)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
