"""Names under which applications keep secrets."""

import re
from functools import lru_cache

_SECRET = re.compile(
    r"(?:^|[_. -])(?:"
    r"pass(?:word|wd|phrase|code)s?|pwd|secrets?|credentials?|authorization|cookies?|csrf|xsrf|token|apikey|authkey"
    r"|(?:access|api|auth|private|session|signing|encryption|account|shared|secret|master|license|service)[_. -]keys?"
    r"|session[_. -]?id|sid|dsn|cvv2?|cvc2?|ssn|otp|pin|jwt"
    r")(?:$|[_. -])"
)
#: Endings by which a name only speaks about a secret: `token_count`, `password_length`.
_ABOUT = re.compile(
    r"[_. -](?:count|length|size|type|name|ttl|valid|required|enabled|limit|index|usage|ur[il]|path|file"
    r"|expir(?:y|es|ed|ation)(?:_(?:at|in))?)$"
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@lru_cache(maxsize=4096)
def is_secret(key: str) -> bool:
    """Whether a key's name says that its value is a secret: `snake_case`, `camelCase`, `kebab-case`, `dotted.case`."""
    words = _HUMP.sub("_", key[-128:]).lower()
    return _SECRET.search(words) is not None and _ABOUT.search(words) is None
