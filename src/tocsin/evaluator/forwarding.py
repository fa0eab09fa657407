"""The tracker that the settings ask for."""

from tocsin.config import Config, variable
from tocsin.errors import InApp
from tocsin.forward import Forwarder
from tocsin.notices import notices
from tocsin.notify.transport.sentry_client import SentryClient
from tocsin.store import Store


def forwarder_to(config: Config, store: Store) -> Forwarder | None:
    """Sends issues there; None where no tracker is set, or the one that is cannot be used, which is said."""
    if not config.sentry_dsn:
        return None
    try:
        tracker = SentryClient(config.sentry_dsn)
    except ValueError as error:
        notices.say(f"{variable('sentry_dsn')} is not used: {error}", once="sentry_dsn")
        return None
    in_app = InApp(config.in_app_include, config.in_app_exclude, config.grouping.frame_rules)
    return Forwarder(store, tracker, in_app=in_app)
