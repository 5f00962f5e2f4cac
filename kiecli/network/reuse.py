"""Sends a request again when the server closed its idle connection just as the request came.

Such a connection looks open when it is chosen, so every client that keeps connections meets this.
Nothing is wrong with server or network then, and the request was most likely never read: curl and
browsers ask again at once (RFC 9112, section 9.3.1), and so does kiecli.
"""

from typing import TypeVar

import httpx

from kiecli.errors import causes

E = TypeVar("E", bound=Exception)

CLOSED_IDLE = "the idle connection was closed"
"""The note (PEP 678) on an error that a reused connection ended with before any byte of an answer.

It is also the outcome of such a request in the log.
"""


class PoolState:
    """What the connections of one pool share."""

    generation = 0
    """Goes up when one of them is found closed: those made before are probably closed, too."""


class ReuseState:
    """Tells whether a connection has carried a response before, and whether another has begun."""

    def __init__(self, pool: PoolState) -> None:
        """Start with a new connection."""
        self._pool = pool
        self._generation = pool.generation
        self._is_used = False
        self.is_unanswered = False
        """Whether a request was sent after an earlier response, and no byte has come since."""

    @property
    def is_suspect(self) -> bool:
        """Whether a connection made at the same time was closed, and this one must not be used.

        A request that is sent again would only meet the next closed one.
        """
        return self._generation != self._pool.generation

    def on_tls(self) -> None:
        """Begin anew: what came before was a proxy's answer to CONNECT."""
        self._is_used = False

    def on_sent(self) -> None:
        """Record that (a part of) a request was sent."""
        self.is_unanswered = self._is_used

    def on_received(self) -> None:
        """Record that bytes of a response have come."""
        self._is_used, self.is_unanswered = True, False

    def closed(self, error: E) -> E:
        """Return the error that a read ended with, marked if it was an idle connection's end."""
        if self.is_unanswered and not isinstance(error, TimeoutError):
            error.add_note(CLOSED_IDLE)
            if not self.is_suspect:  # else those made since are not
                self._pool.generation += 1
        return error


def was_closed_idle(error: httpx.TransportError) -> bool:
    """Return whether a reused connection was closed before any byte of an answer came."""
    return any(CLOSED_IDLE in getattr(cause, "__notes__", ()) for cause in causes(error))


def send(transport: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    """Send a request; once more, on a new connection, if its idle connection was closed.

    Its deadline goes on. `extensions["may_resend"]` is asked before, if it is there: a function
    without arguments that returns whether another request may be sent.

    Raises:
        httpx.TransportError: There is no response.
    """
    try:
        return transport.handle_request(request)
    except httpx.TransportError as error:
        # The server may have acted on the request all the same. That is harmless with GET only
        # (RFC 9110, section 9.2.2): nothing says that a POST to Kie does the same when repeated.
        if request.method != "GET" or not was_closed_idle(error):
            raise
        may_resend = request.extensions.get("may_resend")
        if may_resend is not None and not may_resend():
            raise
    return transport.handle_request(request)
