"""One connection to a server, HTTP/1.1, down to its socket.

The standard library reads the head of an answer; what is left of the body then comes from the
socket into one buffer that is used over and over, as much at a time as is there already: a TLS
record holds 16 KiB, and to write each of them alone takes half as long again.
"""

import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from http.client import HTTPException, HTTPResponse
from io import DEFAULT_BUFFER_SIZE
from threading import Lock
from typing import NamedTuple

import httpx

from kiecli import framing
from kiecli.clock import Clock

SOON = 0.05
"""Seconds within which a small body must be here to be one piece."""

_NOW = float("-inf")  # on whatever clock
_FIRST = max(64 * 1024, DEFAULT_BUFFER_SIZE)  # at least all that a reader may hold
_BUFFER = 512 * 1024
_SPACE = 0x20  # what comes before it in ASCII controls something
_PORTS = {"http": 80, "https": 443}
_NOTHING_THERE = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

Piece = bytes | memoryview
"""Some bytes of a body. A view is good until the next piece is asked for."""


class Origin(NamedTuple):
    """Where a connection leads."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: httpx.URL) -> "Origin":
        """Return where a URL leads.

        Raises:
            httpx.UnsupportedProtocol: Nowhere that we could go.
        """
        if url.scheme not in _PORTS or not url.raw_host:
            raise httpx.UnsupportedProtocol("neither http nor https")
        return cls(url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme])


class Connection:
    """A connection that is used by one thread at a time.

    Attributes:
        origin: Where it leads.
    """

    def __init__(self, origin: Origin, source: socket.socket, turn: Lock, clock: Clock) -> None:
        """Take over a socket that is connected.

        Args:
            origin: Where it leads.
            source: The socket.
            turn: Held while what is there of a small body is received. Python runs one thread at a
                time in any case; to change between many at each record takes longer than to read.
            clock: Tells when a small body has taken too long to be one piece.
        """
        self.origin = origin
        self._socket = source
        self._turn = turn
        self._clock = clock
        self._buffer: memoryview | None = None
        self._poll = select.poll()  # select.select knows no descriptor above 1023
        self._poll.register(source, select.POLLIN)
        self._deciphered = source.pending if isinstance(source, ssl.SSLSocket) else int

    def ask(self, request: httpx.Request, silence: float) -> HTTPResponse:
        """Send a request and return the head of what is said to it.

        Args:
            request: What is asked.
            silence: Seconds without a byte, in either direction, that are borne.

        Raises:
            httpx.TransportError: The connection broke, or no answer can be made of what came.
        """
        data = _head(request) + request.read()
        self._socket.settimeout(silence)
        with _told(httpx.WriteTimeout, httpx.WriteError):
            self._socket.sendall(data)
        answer = HTTPResponse(self._socket, method=request.method)
        try:
            with _told(httpx.ReadTimeout, httpx.ReadError):
                answer.begin()
                framing.check(answer)
        except BaseException:
            answer.close()
            raise
        return answer

    def body(self, answer: HTTPResponse, silence: float) -> Iterator[Piece]:
        """Yield the body of an answer, and nothing of what may come after it.

        Raises:
            httpx.TransportError: The connection broke, was silent, or ended too early.
        """
        with _told(httpx.ReadTimeout, httpx.ReadError):
            length = answer.length
            if length == 0:  # as of 204 and 304, whatever their headers say
                yield b""
                return
            if "Transfer-Encoding" in answer.headers:
                yield from framing.chunks(answer.fp)
                return
            first = answer.read1(_FIRST)
            if length is not None and len(first) < length:
                # The reader has given away all that it had received: the rest is in the socket.
                yield from self._received(first, length, silence)
                return
            yield first
            while length is None and (piece := answer.read1(_FIRST)):
                yield piece

    def stirs(self, within: float = 0.0) -> bool:
        """Wait so many seconds for bytes or an end; tell whether anything came."""
        # What TLS has deciphered already is in the socket no more.
        return bool(self._deciphered() or self._poll.poll(max(0.0, within) * 1000))

    def close(self) -> None:
        """End it."""
        self._socket.close()

    def _received(self, first: bytes, left: int, silence: float) -> Iterator[memoryview]:
        self._socket.setblocking(False)
        buffer = self._buffer = self._buffer or memoryview(bytearray(_BUFFER))
        have = len(first)
        buffer[:have] = first
        is_small = left <= _BUFFER
        due = self._clock.now() + SOON if is_small else _NOW
        # Whoever takes in a large one would not soon make room for the others.
        turn = self._turn if is_small else nullcontext()
        while left:
            with turn:  # not while others do something with it, who may take long or keep it
                have, error = self._filled(buffer[:left], have)
            if have and (have in (left, _BUFFER) or error or self._clock.now() >= due):
                left -= have
                yield buffer[:have]
                have = 0
            if error is not None:
                raise error
            # What is here is not held back for longer than is due.
            if left and not self.stirs(due - self._clock.now() if have else silence):
                if not have:
                    raise TimeoutError
                due = _NOW

    def _filled(self, room: memoryview, have: int) -> tuple[int, Exception | None]:
        """Receive what is there; return how much is in the room now, and what came after it."""
        try:
            while have < len(room):
                got = self._socket.recv_into(room[have:])
                if got == 0:
                    return have, httpx.RemoteProtocolError("ended too early")
                have += got
        except _NOTHING_THERE:
            pass
        except OSError as error:
            return have, error
        return have, None


def connected(origin: Origin, context: ssl.SSLContext | None, timeout: float) -> socket.socket:
    """Return a new connection's socket, with TLS where there is a context for it.

    Args:
        origin: Where it leads.
        context: The TLS context, or None.
        timeout: Seconds that each step may take.

    Raises:
        httpx.TransportError: The server cannot be reached, or its certificate is refused.
    """
    with _told(httpx.ConnectTimeout, httpx.ConnectError):
        source = socket.create_connection((origin.host, origin.port), timeout)
        try:
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                source = context.wrap_socket(source, server_hostname=origin.host)
        except BaseException:
            source.close()
            raise
    return source


@contextmanager
def _told(silent: type[httpx.TransportError], broken: type[httpx.TransportError]) -> Iterator[None]:
    """Turn what sockets raise into what httpx's own transport would raise."""
    try:
        yield
    except TimeoutError as error:
        raise silent("silent") from error
    except HTTPException as error:
        raise httpx.RemoteProtocolError("strange") from error
    except OSError as error:
        raise broken("broken") from error


def _head(request: httpx.Request) -> bytes:
    """Return a request's line and headers.

    Raises:
        httpx.LocalProtocolError: One of them would not stay on its line.
    """
    fields = [b"%s: %s" % field for field in request.headers.raw]
    if any(min(field) < _SPACE for field in fields):
        raise httpx.LocalProtocolError("a header that holds control characters")
    line = b"%s %s HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)
    return b"\r\n".join([line, *fields, b"", b""])
