"""The part of Go's text/template that rule files and Alertmanager's templates use, with Go's output and Go's errors.

A template sees only what it is given, and what it may use of time and memory is bounded.
"""

from tocsin.gotemplate.alertmanager import alertmanager_functions
from tocsin.gotemplate.errors import TemplateError
from tocsin.gotemplate.evaluation import Limits
from tocsin.gotemplate.kv import KV, Pairs
from tocsin.gotemplate.prometheus import prometheus_functions
from tocsin.gotemplate.template import Template

__all__ = ["KV", "Limits", "Pairs", "Template", "TemplateError", "alertmanager_functions", "prometheus_functions"]
