"""What Alertmanager's file cannot say: escalation, caps and maintenance, by the names of its receivers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import yaml

from tocsin.alerting.config import AlertingConfig, Escalation, ReceiverConfig, Terms
from tocsin.alerting.configfile.intervals import read_interval
from tocsin.alerting.configfile.routes import read_matchers
from tocsin.alerting.maintenance import Maintenance
from tocsin.setting_keys import TERMS
from tocsin.syntax.document import Findings, Section, parse


def with_terms(
    config: AlertingConfig, given: Mapping[str, object], *, setting: str, names: Iterable[str] | None = None
) -> AlertingConfig:
    """The configuration with terms for the receivers that are named, all there are or those of `names`.

    Raises:
        ValueError: something in it is wrong; a line for each, which begins with `setting`.
    """
    findings = Findings()
    known = {receiver.name for receiver in config.receivers} if names is None else set(names)
    found = {name: _terms(section, name, known) for name, section in _sections(given, setting, findings)}
    _refuse(findings)
    config = replace(config, receivers=tuple(_with(each, found) for each in config.receivers))
    _refuse_circles(config, setting)
    return config


def with_maintenance(config: AlertingConfig, given: Mapping[str, object], *, setting: str) -> AlertingConfig:
    """The configuration with windows of maintenance, by name: `time_intervals` as Alertmanager's, and `matchers`.

    Raises:
        ValueError: something in it is wrong; a line for each, which begins with `setting`.
    """
    findings = Findings()
    windows = tuple(_maintenance(section, name) for name, section in _sections(given, setting, findings))
    _refuse(findings)
    return replace(config, maintenance=windows)


def _sections(given: Mapping[str, object], setting: str, findings: Findings) -> Iterator[tuple[str, Section]]:
    document = parse(yaml.safe_dump({setting: dict(given)}), findings)
    section = document.section(setting) if document else None
    for name in section.names() if section else ():
        found = section.section(name) if section else None
        if found is not None:
            yield name, found


def _terms(section: Section, name: str, names: set[str]) -> Terms:
    if name not in names:
        section.report(f"there is no such receiver, there are {', '.join(sorted(names))}")
    after, to = section.duration("escalate_after", 0.0), section.text("escalate_to")
    cap = section.whole("max_per_hour", 0) if section.holds("max_per_hour") else None
    section.close()
    if bool(after) != bool(to):
        missing = "escalate_to" if after else "escalate_after"
        section.report("is missing, an escalation needs both escalate_after and escalate_to", missing)
    if to and (to not in names or to == name):
        others = ", ".join(sorted(names - {name})) or "none"
        section.report(f"{to!r} is no other receiver, there are {others}", "escalate_to")
    return Terms(escalation=Escalation(after=after, to=to) if after and to else None, max_per_hour=cap)


def _with(receiver: ReceiverConfig, found: Mapping[str, Terms]) -> ReceiverConfig:
    return replace(receiver, terms=found[receiver.name]) if receiver.name in found else receiver


def _refuse(findings: Findings) -> None:
    if findings.problems:
        raise ValueError("\n".join(problem.message for problem in sorted(set(findings.problems))))


def _refuse_circles(config: AlertingConfig, setting: str) -> None:
    for receiver in config.receivers:
        seen = [receiver.name]
        while (escalation := config.receiver(seen[-1]).terms.escalation) and escalation.to not in seen:
            seen.append(escalation.to)
        if escalation and escalation.to == receiver.name:
            way = " → ".join((*seen, receiver.name))
            raise ValueError(f"{setting}.{receiver.name}.escalate_to: goes round in a circle: {way}")


def _maintenance(section: Section, name: str) -> Maintenance:
    matchers = read_matchers(section)
    if not section.given("time_intervals"):
        section.report("is missing, it says when: a list as Alertmanager's time_intervals have it", "time_intervals")
    return Maintenance(name=name, matchers=matchers, intervals=read_interval(section))


def terms_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the keys of an entry that are terms."""
    return {key: entry[key] for key in TERMS if key in entry}
