"""Prometheus rule files and their evaluation: thresholds become alerts, expressions become series.

Reading a file, the life of an alert and the evaluation of a group are pure or get their data injected; nothing here
knows a store, a clock or a network.
"""

from tocsin.rules.alert import ActiveAlert, AlertState, DuplicateAlertError, next_alerts, resume
from tocsin.rules.compiled import Compiled, rule_file
from tocsin.rules.entry import KeyProblem
from tocsin.rules.expansion import Expander
from tocsin.rules.explanation import Comparison, Margin, Part, comparisons, parts
from tocsin.rules.file import RuleFile, RuleFileError, load
from tocsin.rules.group import GroupEvaluator, Health, Query, RuleStatus, Sink
from tocsin.rules.head_sink import HeadSink
from tocsin.rules.packs import load_pack, pack_groups, pack_names, with_signals
from tocsin.rules.reach import long_reaches, reach, reaches, recorded, within
from tocsin.rules.rule import AlertingRule, Group, RecordingRule, Rule, rule_key
from tocsin.rules.slo import compile_slos
from tocsin.rules.thresholds import compile_thresholds
from tocsin.rules.unit_test import Failure, run_unit_tests
from tocsin.rules.unit_test_file import UnitTestFile, load_unit_tests

__all__ = [
    "ActiveAlert",
    "AlertState",
    "AlertingRule",
    "Comparison",
    "Compiled",
    "DuplicateAlertError",
    "Expander",
    "Failure",
    "Group",
    "GroupEvaluator",
    "HeadSink",
    "Health",
    "KeyProblem",
    "Margin",
    "Part",
    "Query",
    "RecordingRule",
    "Rule",
    "RuleFile",
    "RuleFileError",
    "RuleStatus",
    "Sink",
    "UnitTestFile",
    "comparisons",
    "compile_slos",
    "compile_thresholds",
    "load",
    "load_pack",
    "load_unit_tests",
    "long_reaches",
    "next_alerts",
    "pack_groups",
    "pack_names",
    "parts",
    "reach",
    "reaches",
    "recorded",
    "resume",
    "rule_file",
    "rule_key",
    "run_unit_tests",
    "with_signals",
    "within",
]
