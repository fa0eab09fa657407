"""The templates in the labels and annotations of alerting rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from tocsin.gotemplate import Template, TemplateError, prometheus_functions
from tocsin.gotemplate.prometheus import no_query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.gotemplate.prometheus import Query

#: Prometheus puts this before each template.
PREAMBLE = (
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
)
_KNOWN = frozenset(prometheus_functions())


@lru_cache(maxsize=4096)
def parse_template(text: str, alert: str) -> Template:
    """The template of one label or annotation of the alert of that name.

    Raises:
        TemplateError: In Prometheus' words.
    """
    return Template.parse(PREAMBLE + text, name=f"__alert_{alert}", functions=_KNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expander:
    """Fills in templates at one time of evaluation, `at`."""

    at: float
    query: Query = no_query
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""

    def expand(self, text: str, *, alert: str, labels: Mapping[str, str], value: float) -> str:
        """The text filled in; `<error expanding template: …>` if that fails, so that the alert is sent."""
        if "{{" not in text:
            return text
        try:
            template = parse_template(text, alert)
        except TemplateError as error:
            return f"<error expanding template: error parsing template __alert_{alert}: {error}>"
        data = {
            "Labels": labels,
            "ExternalLabels": self.external_labels,
            "ExternalURL": self.external_url,
            "Value": value,
        }
        functions = prometheus_functions(query=self.query, external_url=self.external_url, now=self.at)
        try:
            return template.render(data, functions=functions)
        except TemplateError as error:
            return f"<error expanding template: error executing template __alert_{alert}: {error}>"
