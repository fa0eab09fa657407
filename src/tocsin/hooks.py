"""What an application registers in code: `tocsin.fingerprint`."""

from tocsin.errors.hook import Callback, hook
from tocsin.guard import guard


def fingerprint(callback: Callback | None) -> Callback | None:
    """Let a callback decide what fingerprints are made of; also a decorator. None takes it away again.

    It gets the failure, the attributes of span and resource and the fingerprint that the failure would have, and
    returns a list of parts, of which `{{ default }}` is that fingerprint, or None to leave it. It is called for each
    failure, before masking, in the thread that failed; where it raises, the failure keeps its fingerprint.
    """
    hook.callback = guard("fingerprint hook")(callback) if callback else None
    return callback
