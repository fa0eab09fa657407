"""Issues in other people's trackers: what the store has sampled is sent there under our fingerprint, once."""

from tocsin.forward.forwarder import Forwarder
from tocsin.forward.sentry_event import event_of

__all__ = ["Forwarder", "event_of"]
