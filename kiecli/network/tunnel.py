"""TLS to a server inside the TLS to an HTTPS proxy: `ssl` cannot wrap an SSLSocket again."""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

_RECORD_SIZE = 16 * 1024 + 512  # a TLS record at its largest (RFC 8446, section 5.2)


class TunnelSocket:
    """A non-blocking TLS socket over a non-blocking SSLSocket, with the methods of one.

    Each method raises what SSLSocket raises where it would block, and is then to be called again.
    """

    def __init__(self, outer: ssl.SSLSocket, context: ssl.SSLContext, hostname: str | None) -> None:
        """Take over the connection to the proxy; `do_handshake` comes next."""
        self._outer = outer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        self._unsent = b""
        self.fileno = outer.fileno  # waited for by others
        self.close = outer.close

    def do_handshake(self) -> None:
        """Do the TLS handshake with the server.

        Raises:
            OSError: It failed, or the certificate is refused.
        """
        self._exchange(self._tls.do_handshake)

    def recv(self, max_bytes: int) -> bytes:
        """Return the bytes available, at least one; empty at the end."""
        try:
            return self._exchange(lambda: self._tls.read(max_bytes))
        except ssl.SSLEOFError:  # the HTTP layer knows from the body's length if it was cut off
            return b""

    def send(self, data: bytes | memoryview) -> int:
        """Send a part of `data`; return how many bytes."""
        return self._exchange(lambda: self._tls.write(data))

    def pending(self) -> int:
        """Return how many decrypted bytes are buffered, here or in the outer socket."""
        return self._tls.pending() + self._outer.pending()

    def _exchange(self, step: Callable[[], T]) -> T:
        """Call `step`, moving encrypted bytes between the inner TLS and the outer socket."""
        while True:
            self._flush()
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()  # the server may be waiting for it
                if received := self._outer.recv(_RECORD_SIZE):
                    self._incoming.write(received)
                else:
                    self._incoming.write_eof()
            else:
                # The step has succeeded and must not be repeated: the next one flushes the rest.
                with suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    self._flush()
                return result

    def _flush(self) -> None:
        """Send the encrypted bytes that the inner TLS has written."""
        self._unsent += self._outgoing.read()
        while self._unsent:
            self._unsent = self._unsent[self._outer.send(self._unsent) :]


AnySocket = socket.socket | TunnelSocket
"""A connection: without TLS, with it (an SSLSocket is a socket), or with TLS inside TLS."""
