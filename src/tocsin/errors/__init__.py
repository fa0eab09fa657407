"""What an error is: read from an exception or a stack trace, identified, graded, followed through its life. Pure."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.errors.answer import identify_answer
    from tocsin.errors.categories import Category
    from tocsin.errors.extension import load_categories
    from tocsin.errors.failure import Failure, Frame
    from tocsin.errors.fingerprint import Component
    from tocsin.errors.grouping import Grouping, RuleError
    from tocsin.errors.identity import identify
    from tocsin.errors.in_app import InApp
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

#: Where each of them is. Imported on first use: most of it is for failures, and most processes start without one.
_HOMES = {
    "Category": "categories",
    "Component": "fingerprint",
    "Failure": "failure",
    "Frame": "failure",
    "Grouping": "grouping",
    "Identity": "verdict",
    "InApp": "in_app",
    "IssueStatus": "workflow",
    "Recognizer": "recognizer",
    "RuleError": "grouping",
    "Severity": "severity",
    "Standing": "workflow",
    "acknowledged": "workflow",
    "failure_of": "live",
    "identify": "identity",
    "identify_answer": "answer",
    "load_categories": "extension",
    "message_of": "live",
    "muted": "workflow",
    "parse_stacktrace": "stacktrace",
    "reopened": "workflow",
    "resolved": "workflow",
    "severity_of": "severity",
    "status_after": "workflow",
    "type_of": "live",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'tocsin.errors' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"tocsin.errors.{_HOMES[name]}"), name)
    return found
