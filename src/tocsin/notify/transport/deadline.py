"""An end to conversations that go on and on."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from threading import Timer


@contextmanager
def deadline(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Break an open connection after so many seconds in total: a server may send a byte now and then for ever.

    Raises:
        TimeoutError: it was too late, in place of whatever the broken connection led to.
    """
    late = False

    def cut() -> None:
        nonlocal late
        late = True
        with suppress(OSError):
            same.shutdown(socket.SHUT_RDWR)

    # A socket of its own on the same connection: TLS and the response each take the first one over.
    with socket.socket(fileno=os.dup(connection.fileno())) as same:
        timer = Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (HTTPException, OSError, ValueError):
            if late:
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()
