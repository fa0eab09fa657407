"""What an error is: read from an exception or a stack trace, identified, graded, followed through its life. Pure."""

from tocsin.errors.answer import identify_answer
from tocsin.errors.extension import load_categories
from tocsin.errors.failure import Failure, Frame
from tocsin.errors.fingerprint import Component
from tocsin.errors.grouping import Grouping, RuleError
from tocsin.errors.identity import identify
from tocsin.errors.in_app import InApp
from tocsin.errors.kinds import Category
from tocsin.errors.live import failure_of, message_of, type_of
from tocsin.errors.recognizer import Recognizer
from tocsin.errors.severity import Severity, severity_of
from tocsin.errors.stacktrace import parse_stacktrace
from tocsin.errors.verdict import Identity
from tocsin.errors.workflow import IssueStatus, Standing, acknowledged, muted, reopened, resolved, status_after

__all__ = [
    "Category",
    "Component",
    "Failure",
    "Frame",
    "Grouping",
    "Identity",
    "InApp",
    "IssueStatus",
    "Recognizer",
    "RuleError",
    "Severity",
    "Standing",
    "acknowledged",
    "failure_of",
    "identify",
    "identify_answer",
    "load_categories",
    "message_of",
    "muted",
    "parse_stacktrace",
    "reopened",
    "resolved",
    "severity_of",
    "status_after",
    "type_of",
]
