"""Prometheus rule files and their evaluation: thresholds become alerts, expressions become series.

Reading a file, the life of an alert and the evaluation of a group are pure or get their data injected; nothing here
knows a store, a clock or a network.
"""

from tocsin.rules.alert import ActiveAlert, AlertState, DuplicateAlertError, next_alerts, resume
from tocsin.rules.document import Problem
from tocsin.rules.expansion import Expander
from tocsin.rules.file import RuleFile, RuleFileError, load
from tocsin.rules.group import GroupEvaluator, Health, Query, RuleStatus, Sink
from tocsin.rules.packs import load_pack, pack_names
from tocsin.rules.rule import AlertingRule, Group, RecordingRule, Rule, rule_key

__all__ = [
    "ActiveAlert",
    "AlertState",
    "AlertingRule",
    "DuplicateAlertError",
    "Expander",
    "Group",
    "GroupEvaluator",
    "Health",
    "Problem",
    "Query",
    "RecordingRule",
    "Rule",
    "RuleFile",
    "RuleFileError",
    "RuleStatus",
    "Sink",
    "load",
    "load_pack",
    "next_alerts",
    "pack_names",
    "resume",
    "rule_key",
]
