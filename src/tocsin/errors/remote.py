"""Stack traces that travel inside a message, as process pools send them."""

_QUOTES = '"""'


def embedded_stacktrace(type_name: str, message: str) -> str:
    """The stack trace from another process that the message of a `RemoteTraceback` quotes; empty for any other type."""
    if not type_name.endswith("RemoteTraceback"):
        return ""
    return message.strip().removeprefix(_QUOTES).removesuffix(_QUOTES).strip("\n")
