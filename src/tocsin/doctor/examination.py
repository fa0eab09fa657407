"""All checks in the order in which an error meets what they look at."""

from collections.abc import Iterator, Mapping
from contextlib import closing

from tocsin.config import Settings
from tocsin.destinations import launched
from tocsin.doctor.alerting import check_alerting
from tocsin.doctor.check import Check
from tocsin.doctor.engine import check_engine
from tocsin.doctor.exporters import check_exporters
from tocsin.doctor.instrumentations import check_instrumentations
from tocsin.doctor.launcher import check_launcher
from tocsin.doctor.rules import check_rules
from tocsin.doctor.settings import check_settings
from tocsin.doctor.store import check_store
from tocsin.doctor.versions import check_versions
from tocsin.store import Store


def examine(settings: Settings, *, environ: Mapping[str, str]) -> Iterator[Check]:
    """Check one thing after the other; takes a second for each endpoint that does not answer."""
    config = settings.config
    yield from check_versions()
    yield from check_settings(settings, environ)
    yield from check_launcher(environ)
    yield from check_instrumentations(environ)
    yield from check_exporters(launched(environ))
    with closing(Store(config.store)) as store:
        yield from check_store(store, evaluate=config.evaluate)
    yield from check_engine(evaluate=config.evaluate)
    yield from check_rules(config)
    yield from check_alerting(config)
