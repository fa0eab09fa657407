"""The address of an HTTP receiver, most of which is usually a secret."""

import re
from dataclasses import dataclass, field

from urllib3.exceptions import HTTPError
from urllib3.util import make_headers, parse_url

#: Parts of a URL at least this long are taken for secrets when an answer repeats them.
SECRET_LENGTH = 6
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL; only `host` may be shown. User and password in it have become `headers`."""

    scheme: str
    host: str
    port: int
    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> "Target":
        """Raises ValueError, without the URL, where it is not an absolute one with http or https."""
        try:
            parsed = parse_url(url)
        except HTTPError:
            raise ValueError("the URL cannot be parsed, write one like https://host/path") from None
        if parsed.scheme not in _PORTS or not parsed.host:
            raise ValueError("the URL is not an absolute one, write one like https://host/path")
        headers = make_headers(basic_auth=parsed.auth) if parsed.auth else {}
        port = parsed.port or _PORTS[parsed.scheme]
        return cls(parsed.scheme, parsed.host.strip("[]"), port, parsed._replace(auth=None).url, dict(headers))

    @property
    def path(self) -> str:
        """Path and query, as a request to the server itself names them."""
        return parse_url(self.url).request_uri

    @property
    def authority(self) -> str:
        """What the header `Host` says."""
        return parse_url(self.url).netloc or self.host

    def redact(self, text: str) -> str:
        """`text` without the parts of the URL behind the host, which an answer may repeat."""
        parts = {part for part in re.split(r"[/?&=]", self.path) if len(part) >= SECRET_LENGTH} | {self.path} - {"/"}
        for part in sorted(parts, key=len, reverse=True):
            text = text.replace(part, "…")
        return text
