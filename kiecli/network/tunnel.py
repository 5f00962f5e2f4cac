"""TLS inside the TLS to a proxy: the standard library cannot wrap an SSL socket once more."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

_RECORD_SIZE = 16 * 1024 + 512  # a TLS record at its largest (RFC 8446, section 5.2)


class TunnelSocket:
    """Speaks TLS through an SSL socket that does not block, and is used like one.

    Each method raises what that socket raises where it would have to wait, and is then to be
    called again.
    """

    def __init__(self, outer: ssl.SSLSocket, context: ssl.SSLContext, hostname: str | None) -> None:
        """Take over the connection to the proxy; the handshake is still to be done."""
        self._outer = outer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        self._unsent = b""
        self.fileno = outer.fileno  # waited for by others
        self.close = outer.close

    def do_handshake(self) -> None:
        """Agree with the server on keys.

        Raises:
            OSError: It failed, or the certificate is refused.
        """
        self._exchange(self._tls.do_handshake)

    def recv(self, max_bytes: int) -> bytes:
        """Return what is there, at least one byte; nothing at the end."""
        try:
            return self._exchange(lambda: self._tls.read(max_bytes))
        except ssl.SSLEOFError:  # the length of the body tells whether that is its end
            return b""

    def send(self, data: bytes | memoryview) -> int:
        """Send some of it; return how many bytes that are."""
        return self._exchange(lambda: self._tls.write(data))

    def pending(self) -> int:
        """Return how many bytes were deciphered, here or by the outer TLS, and not yet taken."""
        return self._tls.pending() + self._outer.pending()

    def _exchange(self, step: Callable[[], T]) -> T:
        """Take a step, and carry between TLS and the connection what it needs for that."""
        while True:
            self._flush()
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()  # the other side may be waiting for it
                if received := self._outer.recv(_RECORD_SIZE):
                    self._incoming.write(received)
                else:
                    self._incoming.write_eof()
            else:
                # The step is taken and must not be repeated: the next one sends what has no room.
                with suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    self._flush()
                return result

    def _flush(self) -> None:
        """Send what TLS has written."""
        self._unsent += self._outgoing.read()
        while self._unsent:
            self._unsent = self._unsent[self._outer.send(self._unsent) :]
