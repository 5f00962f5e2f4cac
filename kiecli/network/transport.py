"""httpx on httpcore, over connections of our own: the one module that imports httpcore.

httpx's own transport hands no network backend to its engine, and a backend is what makes
connections race (`connect`) and deadlines hold (`deadline`). Only public names of httpcore are
used; its exceptions are turned into httpx's at this boundary.
"""

import ssl
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Literal

import httpcore
import httpx

from kiecli.clock import Clock
from kiecli.network.connect import Connector
from kiecli.network.deadline import CONNECT_TIMEOUT, READABLE, WRITABLE, Deadline, attempt, wait
from kiecli.network.errors import mark_closed_idle, proxy_note

if TYPE_CHECKING:
    from kiecli.network.proxies import ProxyAddress
    from kiecli.network.tunnel import AnySocket

KEEPALIVE_EXPIRY = 20.0
"""Seconds that an idle connection is kept: more than the 15 between two polls (MAX_INTERVAL).

Not more: httpcore goes through all idle ones with each request, and the first polls of many tasks
leave eight of them (5 % of a poll). Many servers close a silent one soon after, too.
"""

HTTPCORE_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)
"""All that httpcore raises; httpx has exceptions of the same names."""


class PoolTransport(httpx.BaseTransport):
    """Carries requests over a pool of connections, to one proxy or directly. Thread-safe."""

    def __init__(
        self,
        connector: Connector,
        clock: Clock,
        ssl_context: ssl.SSLContext | None,
        proxy: "ProxyAddress | None" = None,
    ) -> None:
        """Make an empty pool; nothing is connected yet.

        Args:
            connector: Connects, to servers and proxies alike.
            clock: Measures the limits of requests that bring no Deadline.
            ssl_context: The TLS context, or None where nothing is encrypted.
            proxy: Carries all requests of this pool, or None.
        """
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            proxy=None if proxy is None else _httpcore_proxy(proxy, ssl_context),
            # Whoever runs the threads bounds the connections. The limit on idle ones counts the
            # busy ones too: with it, connections are closed that are needed at once.
            max_connections=None,
            max_keepalive_connections=None,
            keepalive_expiry=KEEPALIVE_EXPIRY,
            network_backend=_Backend(connector, clock, proxy),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response, the body still to come.

        Raises:
            httpx.TransportError: There is none.
            UnicodeError: No host can have such a name.
        """
        if not request.url.host:  # the resolver takes no name for this machine
            raise httpx.UnsupportedProtocol("the URL has no host")
        assert isinstance(request.stream, httpx.SyncByteStream)
        url = request.url
        try:
            response = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except HTTPCORE_ERRORS as error:
            raise httpx_error(error) from error
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_ResponseStream(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


def httpx_error(error: Exception) -> httpx.TransportError:
    """Return httpx's exception for one of httpcore's: it has the same name."""
    kind: type[httpx.TransportError] = getattr(httpx, type(error).__name__)
    return kind(str(error))


def _httpcore_proxy(proxy: "ProxyAddress", ssl_context: ssl.SSLContext | None) -> httpcore.Proxy:
    url = httpcore.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target="/")
    is_encrypted = proxy.scheme == "https"
    return httpcore.Proxy(url, proxy.auth, ssl_context=ssl_context if is_encrypted else None)


class _ResponseStream(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._response.iter_stream()
        except HTTPCORE_ERRORS as error:
            raise httpx_error(error) from error

    def close(self) -> None:
        self._response.close()


class _Backend(httpcore.NetworkBackend):
    """Makes the connections of a pool."""

    def __init__(self, connector: Connector, clock: Clock, proxy: "ProxyAddress | None") -> None:
        self._connector = connector
        self._clock = clock
        self._proxy = proxy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        del local_address, socket_options  # the pool was given none
        # Every request of kiecli brings its deadline; httpx's own default would be a number.
        if not isinstance(timeout, Deadline):
            timeout = Deadline(self._clock, CONNECT_TIMEOUT if timeout is None else timeout)
        # With a proxy, it is the only host that is connected to from here.
        note = "" if self._proxy is None else proxy_note(host, port)
        try:
            source = self._connector.connect(host, port, timeout)
        except (OSError, UnicodeError) as error:
            error.add_note(note)
            if isinstance(error, OSError):
                raise _httpcore_error(error, "Connect") from error
            raise
        is_tls_first = self._proxy is not None and self._proxy.scheme == "https"
        return SocketStream(source, note if is_tls_first else "")


_PIECE_SIZE = 64 * 1024  # bytes received ahead at most: what httpcore reads at a time


class Prefetch:
    """What was received from a connection and not read yet; nothing at first.

    Receiving ahead is the way to know whether there is something to read. A readable socket may
    hold half a TLS record, as packets rarely end where records do, and TLS returns nothing of it
    before the other half has come. Without TLS, receiving is one system call, and asking before is
    two.
    """

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


class SocketStream(httpcore.NetworkStream):
    """A connection, with TLS or without, over a socket that does not block."""

    def __init__(self, source: "AnySocket", note: str = "") -> None:
        """Take over a connected socket; `note` is for errors of its first handshake."""
        self._socket = source
        self._note = note
        self._prefetch = Prefetch()
        self._is_used = False  # has carried a response, or a part of one
        self._is_reused = False  # has sent a request since
        self._is_unanswered = False  # nothing has come of an answer to that

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the bytes available, at least one; empty at the end."""
        receive = partial(self._socket.recv, max_bytes)
        try:
            data = self._prefetch.take() or attempt(self._socket, receive, READABLE, timeout)
        except OSError as error:
            if self._is_unanswered and not isinstance(error, TimeoutError):
                mark_closed_idle(error)
            raise _httpcore_error(error, "Read") from error
        if data:
            self._is_used, self._is_unanswered = True, False
            if isinstance(timeout, Deadline):
                timeout.heard = True
        elif self._is_unanswered:  # httpcore would raise the same, without the note
            raise mark_closed_idle(httpcore.RemoteProtocolError("Server disconnected"))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it; a plain timeout is for each part of it that finds room."""
        unsent = memoryview(buffer)
        self._is_reused = self._is_unanswered = self._is_used
        try:
            while unsent:
                sent = attempt(self._socket, lambda: self._socket.send(unsent), WRITABLE, timeout)  # noqa: B023
                unsent = unsent[sent:]
        except OSError as error:
            raise _httpcore_error(error, "Write") from error

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Speak TLS from here on; inside the TLS that is spoken already, if it is."""
        from kiecli.network.tls import wrap_socket  # plain http does without it

        try:
            self._socket = source = wrap_socket(self._socket, ssl_context, server_hostname)
            self._is_used = False  # what came before was a proxy's answer to CONNECT
            attempt(source, source.do_handshake, READABLE, timeout)
        except BaseException as error:
            error.add_note(self._note)
            self.close()  # nobody else does it
            if isinstance(error, OSError):
                raise _httpcore_error(error, "Connect") from error
            raise
        self._note = ""
        return self

    def get_extra_info(self, info: str) -> object:
        """Return the `socket`, whether it `is_readable` or `is_reused`, or `prefetch` to wait."""
        if info == "socket":
            return self._socket
        if info == "prefetch":
            return partial(self._prefetch.receive, self._socket)
        if info == "is_readable":
            return is_readable(self._socket)
        return self._is_reused if info == "is_reused" else None


def is_readable(source: "AnySocket") -> bool:
    """Return True if something of a connection has come, or its end, or if it is closed."""
    # What TLS has deciphered already is in the socket no more; and another thread may have
    # closed it.
    is_deciphered = hasattr(source, "pending") and source.pending() > 0
    return source.fileno() < 0 or is_deciphered or wait(source, READABLE, 0)


def _httpcore_error(error: OSError, step: Literal["Connect", "Read", "Write"]) -> Exception:
    """Return httpcore's exception for an error of the socket in one of its steps."""
    what = "Timeout" if isinstance(error, TimeoutError) else "Error"
    kind: type[Exception] = getattr(httpcore, f"{step}{what}")
    return kind(str(error))
