"""Celery's file transport, with messages that appear whole.

The stock one creates a message and then fills it; a worker that looks in between reads nothing, and stops.
"""

import time
import uuid
from pathlib import Path

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: dict, **_: object) -> None:
        message = Path(self.data_folder_out) / f"{time.monotonic_ns() // 1_000_000}_{uuid.uuid4()}.{queue}.msg"
        draft = message.with_name(f"{message.name}.draft")
        draft.write_text(dumps(payload))
        draft.replace(message)


class Transport(filesystem.Transport):
    Channel = Channel
