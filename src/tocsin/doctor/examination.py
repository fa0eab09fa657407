"""All checks in the order in which an error meets what they look at."""

from collections.abc import Iterator, Mapping
from contextlib import closing

from tocsin.config import Settings
from tocsin.doctor.alerting import check_alerting
from tocsin.doctor.check import Check
from tocsin.doctor.engine import check_engine
from tocsin.doctor.exporters import check_exporters
from tocsin.doctor.instrumentations import check_instrumentations
from tocsin.doctor.launcher import check_launcher
from tocsin.doctor.metrics import check_metrics
from tocsin.doctor.outbox import check_outbox
from tocsin.doctor.rules import check_rules
from tocsin.doctor.settings import check_settings
from tocsin.doctor.signals import check_signals
from tocsin.doctor.store import check_store, is_there
from tocsin.doctor.versions import check_versions
from tocsin.exporting.destinations import launched
from tocsin.exporting.environment import completion
from tocsin.exporting.launch import installed_protocols
from tocsin.store import Store


def examine(settings: Settings, *, environ: Mapping[str, str], send: bool = True) -> Iterator[Check]:
    """Check one thing after the other; takes seconds for each endpoint that does not answer.

    A test span, measurement and log record are sent to endpoints that do, unless `send` is False.
    """
    config = settings.config
    yield from check_versions()
    yield from check_settings(settings, environ)
    yield from check_launcher(environ)
    yield from check_instrumentations(environ)
    completed = completion(environ, endpoint=config.otlp_endpoint, protocols=installed_protocols())
    exported = launched({**environ, **completed})
    yield from check_exporters(exported)
    if send:
        yield from check_signals(exported)
    with closing(Store(config.store)) as store:
        yield from check_store(store, evaluate=config.evaluate)
        yield from check_engine(evaluate=config.evaluate)
        yield from check_rules(config)
        if is_there(store.path):
            yield from check_metrics(config, store)
            yield from check_outbox(store)
    yield from check_alerting(settings)
