"""Whether there is something to read; receives bytes ahead, since only that tells for sure.

A readable socket may hold half a TLS record, as packets rarely end where records do. TLS returns
nothing of it before the other half has come. Without TLS, receiving is one system call, and asking
before is two.
"""

from functools import partial
from typing import TYPE_CHECKING

from kiecli.network.deadline import READABLE, Deadline, attempt, wait

if TYPE_CHECKING:
    from kiecli.network.tunnel import AnySocket

_PIECE_SIZE = 64 * 1024  # bytes received ahead at most: what httpcore reads at a time


class Prefetch:
    """What was received from a connection and not read yet; nothing at first."""

    _received: bytes | OSError = b""

    def receive(self, source: "AnySocket", deadline: Deadline) -> bool:
        """Return True as soon as a read has something to return or raise, False at the deadline."""
        receive = partial(source.recv, _PIECE_SIZE)
        try:
            self._received = attempt(source, receive, READABLE, deadline)
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


def is_readable(source: "AnySocket") -> bool:
    """Return True if something of a connection has come, or its end, or if it is closed."""
    # What TLS has deciphered already is in the socket no more; and another thread may have
    # closed it.
    is_deciphered = hasattr(source, "pending") and source.pending() > 0
    return source.fileno() < 0 or is_deciphered or wait(source, READABLE, 0)
