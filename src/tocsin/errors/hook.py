"""What the application's own code says about fingerprints."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from msgspec import Struct

from tocsin.errors.failure import Failure

#: Gets a failure, the attributes around it and its fingerprint; returns what that is to be made of, or None.
#: `{{ default }}` and the other variables of grouping rules are filled in.
Callback: TypeAlias = Callable[[Failure, Mapping[str, object], str], Iterable[str] | None]


class Hook(Struct):
    """The one callback of the process. Whoever registers it sees to it that it does not raise."""

    callback: Callback | None = None


hook = Hook()
