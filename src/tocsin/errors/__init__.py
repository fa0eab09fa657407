"""What an error is: read from an exception or a stack trace, identified, graded, followed through its life. Pure."""

from tocsin.errors.failure import Failure, Frame
from tocsin.errors.identity import Component, Identity, identify
from tocsin.errors.in_app import InApp
from tocsin.errors.kinds import Category
from tocsin.errors.live import failure_of, message_of, type_of
from tocsin.errors.recognizer import Recognizer
from tocsin.errors.severity import Severity, severity_of
from tocsin.errors.stacktrace import parse_stacktrace
from tocsin.errors.workflow import IssueStatus, is_regression, next_status, status_after

__all__ = [
    "Category",
    "Component",
    "Failure",
    "Frame",
    "Identity",
    "InApp",
    "IssueStatus",
    "Recognizer",
    "Severity",
    "failure_of",
    "identify",
    "is_regression",
    "message_of",
    "next_status",
    "parse_stacktrace",
    "severity_of",
    "status_after",
    "type_of",
]
