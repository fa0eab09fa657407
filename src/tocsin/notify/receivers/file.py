"""Notifications as lines of JSON, for shippers, scripts and tests."""

import os
from pathlib import Path

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.notification import Notification, encode


class File:
    """Appends each notification as one line in one write, so that several processes may share the file.

    The file and its folder are created where they are missing; it may be moved away at any time.
    """

    def __init__(self, *, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def deliver(self, notification: Notification, *, key: str) -> None:  # noqa: ARG002  the line is the same with or without
        """Append it; see `Receiver`. A full disk or a missing permission is worth another try."""
        line = encode(notification) + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._append(line)
        except OSError as error:
            raise DeliveryError(f"{self._path}: {error.strerror}", recoverable=True) from error

    def preview(self, notification: Notification) -> str:
        return encode(notification).decode()

    def _append(self, line: bytes) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            if os.write(descriptor, line) < len(line):
                raise OSError(0, "the line was written in part only, the disk may be full")
        finally:
            os.close(descriptor)
