"""Whether there is something to read; receives bytes ahead where only that tells.

A readable socket may hold half a TLS record, as packets rarely end where records do. TLS returns
nothing of it before the other half has come, so only receiving tells whether a read would wait.
"""

import socket
import ssl
from typing import TYPE_CHECKING

from kiecli.network.deadline import READABLE, Deadline, attempt, wait

if TYPE_CHECKING:
    from kiecli.network.tunnel import TunnelSocket

_TLS_RECORD = 16 * 1024  # bytes of data in one at most (RFC 8446, section 5.1)


class Prefetch:
    """What was received from a connection and not read yet; nothing at first."""

    _received: bytes | OSError = b""

    def receive(self, source: "socket.socket | TunnelSocket", deadline: Deadline) -> bool:
        """Return True as soon as a read has something to return or raise, False at the deadline."""
        if not isinstance(source, ssl.SSLSocket):
            return wait(source, READABLE, max(0.0, deadline.remaining()))
        try:
            self._received = attempt(source, lambda: source.recv(_TLS_RECORD), READABLE, deadline)
        except TimeoutError:
            return False
        except OSError as error:  # kept: the next call would only meet what comes after it
            self._received = error
        return True

    def take(self) -> bytes:
        """Return what was received, once; raise the error that was met instead.

        Raises:
            OSError: The connection broke.
        """
        received, self._received = self._received, b""
        if isinstance(received, OSError):
            raise received
        return received


def is_readable(source: "socket.socket | TunnelSocket") -> bool:
    """Return True if something of a connection has come, or its end, or if it is closed."""
    # What TLS has deciphered already is in the socket no more; and another thread may have
    # closed it.
    is_deciphered = hasattr(source, "pending") and source.pending() > 0
    return source.fileno() < 0 or is_deciphered or wait(source, READABLE, 0)
