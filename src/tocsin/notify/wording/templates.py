"""The texts that a configuration gives to receivers: Go templates, with Alertmanager's data and names."""

import glob
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from tocsin.gotemplate import Template, TemplateError, alertmanager_functions
from tocsin.gotemplate.alertmanager import route_labels
from tocsin.notices import notices
from tocsin.notify.delivery import DeliveryError
from tocsin.notify.notification import Notification
from tocsin.notify.wording.template_data import TemplateData

_FUNCTIONS = frozenset(alertmanager_functions()) | {"routeLabels"}


class Templates:
    """Ours, and on top of them those of the files that a configuration names.

    Raises:
        ValueError: a template cannot be parsed; the message names file and line.
    """

    def __init__(self, sources: Mapping[str, str] | None = None) -> None:
        ours = _ours()
        base = ours
        for name, text in (sources or {}).items():
            base = _parse(text, name, base)
        self._base = base
        self._redefined = {name for name, tree in base.defined.items() if tree is not ours.defined.get(name)}

    @classmethod
    def load(cls, patterns: Iterable[str], folder: Path) -> "Templates":
        """Those of all files that the patterns match, relative to `folder`; a pattern may match none.

        Raises:
            ValueError: a file cannot be read or parsed.
        """
        paths = [path for each in patterns for path in sorted(glob.glob(str(folder / each)))]  # noqa: PTH207  absolute
        try:
            return cls({Path(path).name: Path(path).read_text(encoding="utf-8") for path in paths})
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"templates: {error}") from error

    def says(self, name: str) -> bool:
        """Whether a file defines the template of that name itself."""
        return name in self._redefined

    def render(self, text: str, notification: Notification, *, html: bool = False) -> str:
        """Raises ValueError where the text cannot be parsed or rendered."""
        data = TemplateData.of(notification)
        functions = dict(alertmanager_functions())

        def render(text: str) -> str:
            return _parse(text, "", self._base).render(data, functions=functions, html=html)

        functions["routeLabels"] = route_labels({}, render)
        try:
            return render(text)
        except TemplateError as error:
            raise ValueError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of one receiver for one notification."""

    templates: Templates
    notification: Notification

    def text(self, given: str, default: str = "", *, html: bool = False) -> str:
        """What was `given`, else what a file defines as Alertmanager's `default`; nothing where there is neither.

        A template that fails gives nothing too, and a person is told: better told plainly than not.
        """
        wanted = given or (f'{{{{ template "{default}" . }}}}' if self.templates.says(default) else "")
        try:
            return self.templates.render(wanted, self.notification, html=html) if wanted else ""
        except ValueError as error:
            notices.say(f"a text of receiver {self.notification.receiver} is not used: {error}", once=str(error))
            return ""

    def exactly(self, given: str) -> str:
        """Where nothing else will do, such as in an address. Raises DeliveryError where the template fails."""
        try:
            return self.templates.render(given, self.notification) if "{{" in given else given
        except ValueError as error:
            raise DeliveryError(f"its configuration cannot be used: {error}", recoverable=False) from error

    def texts(self, given: Mapping[str, str]) -> dict[str, str]:
        """All of them, by name, without those that come to nothing."""
        rendered = {name: self.text(text) for name, text in given.items()}
        return {name: text for name, text in rendered.items() if text}


def _parse(text: str, name: str, base: Template | None) -> Template:
    try:
        return Template.parse(text, name=name, functions=_FUNCTIONS, base=base)
    except TemplateError as error:
        raise ValueError(str(error)) from error


@cache
def _ours() -> Template:
    text = (files("tocsin.notify.wording") / "default.tmpl").read_text(encoding="utf-8")
    return _parse(text, "default.tmpl", None)


@cache
def default_templates() -> Templates:
    """Those of a configuration that names no files."""
    return Templates()
