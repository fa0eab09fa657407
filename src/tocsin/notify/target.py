"""The address of an HTTP receiver, most of which is usually a secret."""

import re
from dataclasses import dataclass, field

from urllib3.exceptions import HTTPError
from urllib3.util import make_headers, parse_url

#: Parts of a URL at least this long are taken for secrets when an answer repeats them.
SECRET_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL; only `host` may be shown. User and password in it have become `headers`."""

    host: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> "Target":
        """Raises ValueError, without the URL, where it is not an absolute one with http or https."""
        try:
            parsed = parse_url(url)
        except HTTPError:
            raise ValueError("the URL cannot be parsed, write one like https://host/path") from None
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            raise ValueError("the URL is not an absolute one, write one like https://host/path")
        headers = make_headers(basic_auth=parsed.auth) if parsed.auth else {}
        return cls(parsed.host, parsed._replace(auth=None).url, dict(headers))

    def redact(self, text: str) -> str:
        """`text` without the parts of the URL behind the host, which an answer may repeat."""
        behind = parse_url(self.url).request_uri
        parts = {part for part in re.split(r"[/?&=]", behind) if len(part) >= SECRET_LENGTH} | {behind} - {"/"}
        for part in sorted(parts, key=len, reverse=True):
            text = text.replace(part, "…")
        return text
