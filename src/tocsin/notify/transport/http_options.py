"""What all HTTP receivers can be told about the way to their server: Alertmanager's `http_config`, and a guard."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.notify.secret import Authorization, Secret
from tocsin.notify.transport.target import Target
from tocsin.notify.transport.tls import SYSTEM, Tls

#: For each step of a request, in seconds.
TIMEOUT = 10.0
ALLOW, DENY = "allow", "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """`timeout` is for the connection, for TLS with a proxy's tunnel, and for request and answer together, in seconds.

    With `private_targets="deny"` a host is refused that resolves to an address which is not public. Without a
    `proxy_url`, the proxies of the environment are used, unless `proxy_from_environment` is off.

    Raises:
        ValueError: a setting makes no sense.
    """

    timeout: float = TIMEOUT
    authorization: Authorization | None = None
    tls: Tls = SYSTEM
    headers: Mapping[str, tuple[Secret, ...]] = field(default_factory=dict, repr=False)
    proxy_url: str = field(default="", repr=False)
    no_proxy: str = ""
    proxy_from_environment: bool = True
    proxy_headers: Mapping[str, tuple[Secret, ...]] = field(default_factory=dict, repr=False)
    private_targets: str = ALLOW

    def __post_init__(self) -> None:
        if self.private_targets not in {ALLOW, DENY}:
            raise ValueError(f"private_targets is {self.private_targets!r}, use {ALLOW} or {DENY}")
        if self.proxy_url and Target.parse(self.proxy_url).scheme != "http":
            raise ValueError("proxy_url must begin with http://, requests to https targets go through it as a tunnel")


DEFAULT = HttpOptions()
