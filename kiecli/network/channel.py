"""Connected sockets that never block: they try first, and wait only when nothing is there.

A socket with a timeout asks the system twice for each read, once whether it may; one that does not
block asks once while bytes come.
"""

import select
import socket
import ssl
import sys
from collections.abc import Callable
from math import ceil
from typing import TypeVar

from kiecli.network.deadline import seconds_left

T = TypeVar("T")

READABLE = 1
WRITABLE = 2

_RECORD_SIZE = 16 * 1024 + 512  # a TLS record at its largest (RFC 8446, section 5.2)


def wait(source: socket.socket, event: int, seconds: float | None) -> bool:
    """Return True if the socket becomes ready, or ends, within so many seconds.

    Args:
        source: The socket.
        event: READABLE or WRITABLE.
        seconds: None is no limit.
    """
    # Windows has select only, which knows few descriptors elsewhere. For one socket, poll needs one
    # call to the system where epoll needs four; `selectors` does it in twenty calls of its own.
    if sys.platform == "win32":
        readers, writers = [source] * (event == READABLE), [source] * (event == WRITABLE)
        return any(select.select(readers, writers, writers, seconds))
    poll = select.poll()
    poll.register(source, select.POLLIN if event == READABLE else select.POLLOUT)
    return bool(poll.poll(None if seconds is None else ceil(max(0.0, seconds) * 1000)))


def attempt(source: socket.socket, step: Callable[[], T], event: int, timeout: float | None) -> T:
    """Return what a step on a non-blocking socket gives, tried again each time it is ready.

    Args:
        source: The socket.
        step: Raises what sockets and TLS raise when they would have to wait.
        event: What a plain socket waits for in this step.
        timeout: Seconds to wait, or a deadline's number; None is no limit.

    Raises:
        TimeoutError: It took longer.
        OSError: The connection broke.
    """
    while True:
        left = seconds_left(timeout)
        try:
            return step()
        # TLS has records of its own to send and to receive, whatever the step is.
        except ssl.SSLWantReadError:
            awaited = READABLE
        except ssl.SSLWantWriteError:
            awaited = WRITABLE
        except BlockingIOError:
            awaited = event
        if not wait(source, awaited, left):
            raise TimeoutError("nothing within the time limit")


class Channel:
    """A connection, with TLS or without.

    Attributes:
        socket: Its socket, where bytes can be received from it directly.
    """

    def __init__(self, source: socket.socket) -> None:
        """Take over a connected socket that does not block."""
        self.socket: socket.socket | None = source
        self._source = source

    def receive(self, max_bytes: int, timeout: float | None) -> bytes:
        """Return what is there, at least one byte; nothing at the end.

        Raises:
            TimeoutError: Nothing came in time.
            OSError: The connection broke.
        """
        source = self._source
        return attempt(source, lambda: source.recv(max_bytes), READABLE, timeout)

    def send(self, data: bytes, timeout: float | None) -> None:
        """Send all of it; the timeout is for each part of it that finds room.

        Raises:
            TimeoutError: There was no room in time.
            OSError: The connection broke.
        """
        source, unsent = self._source, memoryview(data)
        while unsent:
            sent = attempt(source, lambda: source.send(unsent), WRITABLE, timeout)  # noqa: B023
            unsent = unsent[sent:]

    def start_tls(
        self, context: ssl.SSLContext, hostname: str | None, timeout: float | None
    ) -> "Channel | TunnelledChannel":
        """Return the channel that speaks TLS on this one, which is not to be used any more.

        Raises:
            TimeoutError: The handshake was not finished in time.
            OSError: It failed, or the certificate is refused.
        """
        if isinstance(self._source, ssl.SSLSocket):
            return TunnelledChannel(self, context, hostname, timeout)
        source = context.wrap_socket(
            self._source, server_hostname=hostname, do_handshake_on_connect=False
        )
        try:
            attempt(source, source.do_handshake, READABLE, timeout)
        except BaseException:
            source.close()
            raise
        return Channel(source)

    @property
    def tls(self) -> ssl.SSLSocket | None:
        """What speaks TLS, if anything does."""
        return self._source if isinstance(self._source, ssl.SSLSocket) else None

    @property
    def is_readable(self) -> bool:
        """Whether a byte, or the end, is there."""
        if self._source.fileno() < 0:  # closed by another thread
            return True
        # What TLS has deciphered already is in the socket no more.
        return (self.tls is not None and self.tls.pending() > 0) or wait(self._source, READABLE, 0)

    def close(self) -> None:
        """End the connection."""
        self._source.close()


class TunnelledChannel:
    """TLS inside the TLS to a proxy: an SSL socket cannot be wrapped once more.

    Attributes:
        socket: None: what can be received there is not what was sent.
    """

    socket: None = None

    def __init__(
        self, outer: Channel, context: ssl.SSLContext, hostname: str | None, timeout: float | None
    ) -> None:
        """Finish the handshake; raises what `Channel.start_tls` raises."""
        self._outer = outer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        self._exchange(self.tls.do_handshake, timeout)

    def receive(self, max_bytes: int, timeout: float | None) -> bytes:
        """Return what is there; see `Channel.receive`."""
        try:
            return self._exchange(lambda: self.tls.read(max_bytes), timeout)
        except ssl.SSLEOFError:  # the length of the body tells whether that is its end
            return b""

    def send(self, data: bytes, timeout: float | None) -> None:
        """Send all of it; see `Channel.send`."""
        unsent = memoryview(data)
        while unsent:
            sent = self._exchange(lambda: self.tls.write(unsent), timeout)  # noqa: B023
            unsent = unsent[sent:]

    @property
    def is_readable(self) -> bool:
        """Whether anything is there for us, or for TLS itself."""
        return self.tls.pending() > 0 or self._outer.is_readable

    def close(self) -> None:
        """End the connection."""
        self._outer.close()

    def _exchange(self, step: Callable[[], T], timeout: float | None) -> T:
        """Take a step, and carry between TLS and the connection what it needs for that."""
        while True:
            is_done = True
            try:
                result = step()
            except ssl.SSLWantReadError:
                is_done = False
            self._outer.send(self._outgoing.read(), timeout)
            if is_done:
                return result
            received = self._outer.receive(_RECORD_SIZE, timeout)
            if received:
                self._incoming.write(received)
            else:
                self._incoming.write_eof()
