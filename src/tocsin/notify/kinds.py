"""Which receivers there are."""

from collections.abc import Callable, Mapping

from tocsin.notify.console import Console
from tocsin.notify.delivery import Receiver
from tocsin.notify.file import File
from tocsin.notify.slack import Slack
from tocsin.notify.webhook import Webhook

#: By the name of their kind in Alertmanager's configuration; their keyword arguments are their settings.
RECEIVERS: Mapping[str, Callable[..., Receiver]] = {
    "console": Console,
    "file": File,
    "slack": Slack,
    "webhook": Webhook,
}
