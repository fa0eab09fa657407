"""The settings of an evaluator, which follow `tocsin.yml`."""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from tocsin.config import THRESHOLD, Config, Settings, load, table
from tocsin.evaluator.watched import Watched
from tocsin.notices import notices
from tocsin.syntax.yaml_lines import line_of

#: What of it is followed, besides the thresholds of shipped rules: everything else is the application's, which reads it
#: when it starts.
FOLLOWED = frozenset(
    {
        *("packs", "rules", "thresholds", "slo"),
        *("alertmanager", "alertmanager_matchers", "notify", "receiver_terms", "maintenance", "private_targets"),
        *("webhook_url", "slack_webhook_url", "alert_file", "alert_console"),
        *("group_wait", "group_interval", "repeat_interval", "external_url", "trace_url"),
    }
)


class LiveSettings:
    """Reads the file again when it changes. As long as anything in it cannot be used, all stays as it was."""

    def __init__(self, settings: Settings) -> None:
        self.config = settings.config
        self._settings = settings
        self._file = Watched()
        self._file.changed([settings.file])

    def refresh(self) -> bool:
        """Whether `config` is another one now. Opens nothing where the file did not change."""
        if not self._file.changed([self._settings.file]):
            return False
        environ = {**os.environ, "TOCSIN_CONFIG": str(self._settings.file)}
        settings = load(self._settings.arguments, environ=environ)
        problems = list(self._problems(settings))
        if problems:
            self._say_broken(problems)
            return False
        before, self.config = self.config, _followed(self.config, settings.config)
        _say_left(self.config, settings.config)
        return self.config != before

    def _problems(self, settings: Settings) -> Iterator[tuple[str, str]]:
        """Key and text of what cannot be used."""
        from tocsin.evaluator.alerting_config import routing_problems  # noqa: PLC0415  needs what is sent with
        from tocsin.evaluator.rule_files import compiled_settings  # noqa: PLC0415  needs the engine

        own = (str(self._settings.file), "file")
        yield from ((each.key, str(each)) for each in settings.problems if each.source in own or each.value in own)
        compiled = compiled_settings(settings.config).values()
        yield from ((each.key, str(each)) for each in chain.from_iterable(each.problems for each in compiled))
        yield from ((text.split(" ")[0].rstrip(":"), text) for text in routing_problems(settings.config))

    def _text(self) -> str:
        try:
            return self._settings.file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def _say_broken(self, problems: list[tuple[str, str]]) -> None:
        key, first = problems[0]
        line = line_of(self._text(), key)
        where = f"{self._settings.file}:{line}: " if line else ""
        more = f" (and {len(problems) - 1} more)" if problems[1:] else ""
        notices.say(
            f"settings stay as they were: {where}{first}{more}; all problems: `tocsin check {self._settings.file}`",
            once=f"{self._settings.file}: {problems}",
        )


def _followed(config: Config, read: Config) -> Config:
    names = [setting.name for setting in table() if _is_followed(setting.name)]
    return replace(config, **{name: getattr(read, name) for name in names}, ranks=read.ranks)


def _is_followed(name: str) -> bool:
    return name in FOLLOWED or name.startswith(THRESHOLD)


def _say_left(config: Config, read: Config) -> None:
    left = [each.name for each in table() if getattr(config, each.name) != getattr(read, each.name)]
    if left:
        notices.say(f"a change of {', '.join(left)} counts after a restart", once=f"restart: {left}")
