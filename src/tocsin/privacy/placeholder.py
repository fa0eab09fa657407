"""What a masked value becomes: `[email]`, or with a key `[email:3fa94c2d71b0]`."""

import hmac
import re

#: Every placeholder there is; text that holds one is never masked again because of it.
PLACEHOLDER = re.compile(r"\[[a-z][a-z0-9_]{1,31}(?::[0-9a-f]{12})?\]")

_HASH_LENGTH = 12
_SEPARATORS = str.maketrans("", "", " -./()\t\n")


def placeholder(kind: str, value: str, hash_key: bytes = b"") -> str:
    """The kind in brackets; with a key also 48 bits of the value's HMAC-SHA-256.

    The same value has the same hash wherever the key is the same, in upper or lower case and however its digits are
    grouped: how many different ones there were can still be counted.
    """
    if not hash_key:
        return f"[{kind}]"
    compact = value.translate(_SEPARATORS).lower().encode("utf-8", "surrogatepass")
    return f"[{kind}:{hmac.digest(hash_key, compact, 'sha256').hex()[:_HASH_LENGTH]}]"
