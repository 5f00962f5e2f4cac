"""The direct way to servers, over connections of our own.

httpx's own transport loads two more packages, an eighth of the time that `kiecli status` takes, and
hands each piece of a body through parsers that copy it: a large file took 1.75 times as long as
with curl, many small ones 1.3 times. It is left to proxies, and to servers that say more than an
answer.
"""

import ssl
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from threading import Lock
from typing import NamedTuple

import httpx

from kiecli.clock import Clock
from kiecli.connection import Connection, Origin, Piece, connected

PIECES = "pieces"
"""The extension of a response that yields its body as it comes, by views of one buffer."""

MAX_IDLE = 60.0
"""Seconds that an idle connection is kept: routers forget a silent one after some minutes."""

_MAX_IDLE = 32


class DirectTransport(httpx.BaseTransport):
    """Asks servers over HTTP/1.1. Safe to share between threads."""

    def __init__(
        self,
        context: ssl.SSLContext | None,
        otherwise: Callable[[], httpx.BaseTransport],
        clock: Clock,
    ) -> None:
        """Connect to nobody yet.

        Args:
            context: The TLS context, or None where nothing is encrypted.
            otherwise: Makes the transport for servers that say more than the plain answer.
            clock: Tells how long a connection was idle.
        """
        self._context = context
        self._otherwise = otherwise
        self._parsing: httpx.BaseTransport | None = None
        self._clock = clock
        self._idle = _Idle(clock)
        self._lock = Lock()
        self._turn = Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask, and return the answer with its body still to come.

        Raises:
            httpx.TransportError: There is none.
        """
        limits = request.extensions["timeout"]
        origin = Origin.of(request.url)
        connection = self._idle.take(origin) or self._new(origin, limits["connect"])
        try:
            answer = connection.ask(request, limits["read"])
        except BaseException:
            connection.close()
            raise
        stream = _Stream(answer, connection, self._idle, limits["read"])
        if answer.status < 200:  # noqa: PLR2004  news before the answer, as 103 Early Hints
            stream.close()
            return self._patient().handle_request(request)
        headers = [(n.encode("latin-1"), _unfolded(v)) for n, v in answer.getheaders()]
        return httpx.Response(
            answer.status, headers=headers, stream=stream, extensions={PIECES: stream.pieces}
        )

    def close(self) -> None:
        """Close the connections that are idle."""
        self._idle.close()
        if self._parsing is not None:
            self._parsing.close()

    def _new(self, origin: Origin, timeout: float) -> Connection:
        source = connected(origin, self._context, timeout)
        return Connection(origin, source, self._turn, self._clock)

    def _patient(self) -> httpx.BaseTransport:
        with self._lock:
            if self._parsing is None:
                self._parsing = self._otherwise()
            return self._parsing


class _Stream(httpx.SyncByteStream):
    """The body of an answer; when all of it was read, its connection can be used again."""

    def __init__(
        self, answer: HTTPResponse, connection: Connection, idle: "_Idle", silence: float
    ) -> None:
        self._answer = answer
        self._connection = connection
        self._idle = idle
        self._silence = silence
        self._is_begun = self._is_whole = self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        return map(bytes, self.pieces())

    def pieces(self) -> Iterator[Piece]:
        """Yield the body; each piece is good until the next one.

        Raises:
            httpx.TransportError: The connection broke, was silent, or ended too early.
        """
        if self._is_begun:
            raise httpx.StreamConsumed
        self._is_begun = True
        yield from self._connection.body(self._answer, self._silence)
        self._is_whole = True

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._answer.close()
        if self._is_whole and not self._answer.will_close:
            self._idle.keep(self._connection)
        else:
            self._connection.close()


def _unfolded(value: str) -> bytes:
    """Return a header's value on one line, as it was on the wire otherwise."""
    return value.replace("\r", "").replace("\n", "").encode("latin-1")


class _Rest(NamedTuple):
    since: float
    connection: Connection


class _Idle:
    """The connections that nobody uses now, the one that was used last at the end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._resting: list[_Rest] = []
        self._lock = Lock()

    def take(self, origin: Origin) -> Connection | None:
        """Return a connection that leads there and is still good."""
        while (found := self._latest(origin)) is not None:
            rested = self._clock.now() - found.since
            # A server that has something to say unasked is about to close it.
            if rested < MAX_IDLE and not found.connection.stirs():
                return found.connection
            found.connection.close()
        return None

    def keep(self, connection: Connection) -> None:
        """Keep a connection for the next one who wants to go there."""
        with self._lock:
            self._resting.append(_Rest(self._clock.now(), connection))
            excess = self._resting[:-_MAX_IDLE]
            del self._resting[:-_MAX_IDLE]
        for rest in excess:
            rest.connection.close()

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            resting, self._resting = self._resting, []
        for rest in resting:
            rest.connection.close()

    def _latest(self, origin: Origin) -> _Rest | None:
        with self._lock:
            for at in reversed(range(len(self._resting))):
                if self._resting[at].connection.origin == origin:
                    return self._resting.pop(at)
        return None
