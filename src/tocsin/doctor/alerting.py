"""Who is told of alerts."""

from collections.abc import Iterator

from tocsin.alerting import AlertingConfig
from tocsin.config import Config
from tocsin.doctor.check import Check
from tocsin.evaluator.alerting_config import load_alerting, load_file
from tocsin.evaluator.candidate import outlook

_NO_RECEIVER = "set TOCSIN_WEBHOOK_URL, TOCSIN_SLACK_WEBHOOK_URL, TOCSIN_ALERT_FILE or TOCSIN_ALERT_CONSOLE"


def check_alerting(config: Config) -> Iterator[Check]:
    """One line for each problem of the routing file, else whether anybody is told."""
    path = config.alertmanager
    if config.alertmanagers:
        yield Check(
            "alerting", "ok", f"{outlook(config)}, which tell people; `tocsin alerts` shows the alerts here too"
        )
        return
    if path is None:
        yield _check_receivers(load_alerting(config), fix=_NO_RECEIVER)
        return
    try:
        loaded = load_file(config, path)
    except OSError as error:
        yield Check("alerting", "broken", f"{path}: {error.strerror}", "correct TOCSIN_ALERTMANAGER")
    except ValueError as error:
        yield from (Check("alerting", "broken", line, "correct the file") for line in str(error).splitlines())
    else:
        yield _check_receivers(loaded, fix=f"add one that Tocsin delivers to {path}")
        yield from _left_out(loaded)


def _check_receivers(alerting: AlertingConfig, *, fix: str) -> Check:
    kinds = sorted({each.kind for receiver in alerting.receivers for each in receiver.integrations})
    if kinds:
        return Check("alerting", "ok", f"told by {', '.join(kinds)}")
    return Check("alerting", "warning", "no receiver: only `tocsin alerts` shows alerts", fix)


def _left_out(alerting: AlertingConfig) -> Iterator[Check]:
    for name in (*alerting.undelivered, *alerting.unapplied):
        fix = "run Alertmanager with the same file if you need it"
        yield Check("alerting", "warning", f"{name} is not done by this version", fix)
