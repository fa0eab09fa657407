"""Who is told of alerts."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tocsin.alerting import AlertingConfig
from tocsin.config import Config, Settings
from tocsin.doctor.check import Check
from tocsin.evaluator.alerting_config import load_file, routing_problems
from tocsin.evaluator.candidate import outlook
from tocsin.evaluator.simple_routing import told_by

_NO_RECEIVER = "set TOCSIN_WEBHOOK_URL, TOCSIN_SLACK_WEBHOOK_URL, TOCSIN_ALERT_FILE or TOCSIN_ALERT_CONSOLE"


def check_alerting(settings: Settings) -> Iterator[Check]:
    """One line for each problem of the routing, else whether anybody is told, and who said so."""
    config = settings.config
    if config.alertmanagers:
        yield Check(
            "alerting", "ok", f"{outlook(config)}, which tell people; `tocsin alerts` shows the alerts here too"
        )
    elif config.alertmanager is None:
        problems = routing_problems(config)
        yield from _broken(problems, fix=f"correct {settings.sources.get('notify', 'tocsin.yml')}")
        if not problems:
            yield _check_receivers(told_by(settings), fix=_NO_RECEIVER)
    else:
        yield from _check_file(config, config.alertmanager)


def _check_file(config: Config, path: Path) -> Iterator[Check]:
    try:
        loaded = load_file(config, path)
    except OSError as error:
        yield Check("alerting", "broken", f"{path}: {error.strerror}", "correct TOCSIN_ALERTMANAGER")
    except ValueError as error:
        yield from _broken(str(error).splitlines(), fix="correct the file")
    else:
        kinds = {each.kind: [str(path)] for receiver in loaded.receivers for each in receiver.integrations}
        yield _check_receivers(kinds, fix=f"add one that Tocsin delivers to {path}")
        yield from _broken(routing_problems(config), fix="correct tocsin.yml")
        yield from _left_out(loaded)


def _broken(problems: Iterable[str], *, fix: str) -> Iterator[Check]:
    return (Check("alerting", "broken", line, fix) for line in problems)


def _check_receivers(sources: Mapping[str, Iterable[str]], *, fix: str) -> Check:
    told = [f"{kind} ({', '.join(said)})" for kind, said in sorted(sources.items())]
    if told:
        return Check("alerting", "ok", f"told by {', '.join(told)}")
    return Check("alerting", "warning", "no receiver: only `tocsin alerts` shows alerts", fix)


def _left_out(alerting: AlertingConfig) -> Iterator[Check]:
    for name in (*alerting.undelivered, *alerting.unapplied):
        fix = "run Alertmanager with the same file if you need it"
        yield Check("alerting", "warning", f"{name} is not done by this version", fix)
