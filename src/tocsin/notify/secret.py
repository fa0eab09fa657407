"""Secrets that receivers need: given as text, or as a file that holds them and may be replaced while we run."""

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from tocsin.notify.delivery import DeliveryError

Secret: TypeAlias = str | Path
"""The secret itself, or the file to read it from at each delivery."""


def reveal(secret: Secret) -> str:
    """The text, of a file without the space around it.

    Raises:
        DeliveryError: the file cannot be read, which may change.
    """
    if isinstance(secret, str):
        return secret
    try:
        return secret.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise DeliveryError(f"the secret in {secret} cannot be read: {reason}", recoverable=True) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """What a request proves itself with: a user and a password, or credentials of any other `scheme`."""

    credentials: Secret = field(repr=False)
    scheme: str = "Bearer"
    user: Secret | None = None

    def header(self) -> str:
        """The value of `Authorization`; raises as `reveal` does."""
        credentials = reveal(self.credentials)
        if self.user is None:
            return f"{self.scheme} {credentials}"
        return f"Basic {base64.b64encode(f'{reveal(self.user)}:{credentials}'.encode()).decode()}"
