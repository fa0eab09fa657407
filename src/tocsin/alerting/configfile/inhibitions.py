"""The inhibition rules of the file."""

from tocsin.alerting.configfile.routes import read_matchers
from tocsin.alerting.inhibition import InhibitRule
from tocsin.alerting.matcher import ParserMode
from tocsin.syntax.document import Section


def read_inhibit_rules(document: Section, mode: ParserMode = "fallback") -> tuple[InhibitRule, ...]:
    """All of them, but for those with several `sources`, which are noted as not applied."""
    sections = document.sections("inhibit_rules")
    rules = [(section, read_inhibit_rule(section, mode)) for section in sections]
    return tuple(rule for section, rule in rules if not section.given("sources"))


def read_inhibit_rule(section: Section, mode: ParserMode = "fallback") -> InhibitRule:
    """One rule; what is wrong with it is noted in the section's findings."""
    equal = [text.value for text in section.texts("equal")]
    if "" in equal:
        section.report("has an empty name", "equal")
    rule = InhibitRule(
        source=read_matchers(section, "source_", mode=mode),
        target=read_matchers(section, "target_", mode=mode),
        equal=tuple(dict.fromkeys(equal)),
    )
    section.accept("name")
    section.skip("sources")
    section.close()
    return rule
