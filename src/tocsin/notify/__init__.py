"""Receivers: each turns a notification into a delivery, and knows whether a failed one is worth another try."""

from tocsin.notify.delivery import DeliveryError, Receiver
from tocsin.notify.kinds import RECEIVERS
from tocsin.notify.notification import Notification, NotifiedAlert, decode, encode
from tocsin.notify.secret import Authorization, Secret

__all__ = [
    "RECEIVERS",
    "Authorization",
    "DeliveryError",
    "Notification",
    "NotifiedAlert",
    "Receiver",
    "Secret",
    "decode",
    "encode",
]
