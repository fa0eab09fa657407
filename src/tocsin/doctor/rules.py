"""The rules that are evaluated."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.config import Config
from tocsin.doctor.check import Check
from tocsin.doctor.engine import numpy_version

if TYPE_CHECKING:
    from tocsin.rules import RuleFile


def check_rules(config: Config) -> Iterator[Check]:
    """One line for the packs, one for each setting that becomes rules, and one for each rule file; or each problem.

    Nothing without the engine.
    """
    if numpy_version() is None:
        return
    from tocsin.evaluator.own_files import rule_paths  # noqa: PLC0415  needs the engine
    from tocsin.rules import load_pack  # noqa: PLC0415

    packs = ", ".join(f"{pack}: {_size(load_pack(pack))}" for pack in config.packs)
    yield Check("packs", "ok", packs or "none")
    yield from _check_compiled(config)
    for pattern, paths in rule_paths(config.rules):
        if not paths:
            yield Check("rules", "broken", f"no file matches {pattern}", "correct TOCSIN_RULES, or add the file")
        for path in paths:
            yield from _check_file(path)


def _check_compiled(config: Config) -> Iterator[Check]:
    from tocsin.evaluator.rule_files import compiled_settings  # noqa: PLC0415  needs the engine

    for setting, compiled in compiled_settings(config).items():
        if compiled.groups:
            yield Check(setting, "ok", _counted(sum(len(group["rules"]) for group in compiled.groups)))
        yield from (Check(setting, "broken", str(problem), "correct tocsin.yml") for problem in compiled.problems)


def _check_file(path: Path) -> Iterator[Check]:
    from tocsin.rules import load  # noqa: PLC0415  needs the engine

    try:
        file = load(path.read_text(encoding="utf-8"), source=str(path))
    except OSError as error:
        yield Check("rules", "broken", f"{path}: {error.strerror}", "make it readable")
    except ValueError as error:
        yield from (Check("rules", "broken", line, "correct the file") for line in str(error).splitlines())
    else:
        yield Check("rules", "ok", f"{path}: {_size(file)}")
        yield from (Check("rules", "warning", f"{path}:{warning}", "remove one") for warning in file.warnings)


def _size(file: "RuleFile") -> str:
    return _counted(sum(len(group.rules) for group in file.groups))


def _counted(rules: int) -> str:
    return "1 rule" if rules == 1 else f"{rules} rules"
