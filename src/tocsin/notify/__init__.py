"""Receivers: each turns a notification into a delivery, and knows whether a failed one is worth another try."""

from tocsin.notify.delivery import Acknowledging, DeliveryError, Receiver, Selective
from tocsin.notify.kinds import RECEIVERS, acknowledges, make
from tocsin.notify.notification import Notification, NotifiedAlert, decode, encode
from tocsin.notify.progress import watched
from tocsin.notify.secret import Authorization, Secret
from tocsin.notify.transport.http_options import HttpOptions
from tocsin.notify.transport.tls import Tls
from tocsin.notify.wording.templates import Templates

__all__ = [
    "RECEIVERS",
    "Acknowledging",
    "Authorization",
    "DeliveryError",
    "HttpOptions",
    "Notification",
    "NotifiedAlert",
    "Receiver",
    "Secret",
    "Selective",
    "Templates",
    "Tls",
    "acknowledges",
    "decode",
    "encode",
    "make",
    "watched",
]
