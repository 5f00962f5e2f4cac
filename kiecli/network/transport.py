"""httpx on httpcore, over connections of our own: the one module that imports httpcore.

httpx's own transport hands no network backend to its engine, and a backend is what makes
connections race (`connect`) and deadlines hold (`deadline`). Only public names of httpcore are
used; its exceptions are turned into httpx's at this boundary.
"""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import httpcore
import httpx

from kiecli.clock import Clock
from kiecli.network.channel import Channel, TunnelledChannel
from kiecli.network.connect import Connector
from kiecli.network.deadline import DeadlineTimeout, deadline_of
from kiecli.network.proxies import ProxyAddress

KEEPALIVE_EXPIRY = 60.0
"""Seconds that an idle connection is kept: routers forget a silent one after some minutes."""

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
        proxy: ProxyAddress | None = None,
    ) -> None:
        """Connect to nobody yet.

        Args:
            connector: Connects, to servers and proxies alike.
            clock: Measures time limits that know no deadline.
            ssl_context: The TLS context, or None where nothing is encrypted.
            proxy: Stands between us and the servers.
        """
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            proxy=None if proxy is None else _httpcore_proxy(proxy, ssl_context),
            # Whoever runs the threads bounds the connections. The limit on idle ones counts the
            # busy ones too: with it, connections are closed that are needed at once.
            max_connections=None,
            max_keepalive_connections=None,
            keepalive_expiry=KEEPALIVE_EXPIRY,
            network_backend=_Backend(connector, clock),
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
        with translated_errors():
            response = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=_httpcore_url(request.url),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_ResponseStream(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise httpx's exceptions for httpcore's of the same name."""
    try:
        yield
    except HTTPCORE_ERRORS as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


def _httpcore_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _httpcore_proxy(proxy: ProxyAddress, ssl_context: ssl.SSLContext | None) -> httpcore.Proxy:
    url = httpcore.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target="/")
    is_encrypted = proxy.scheme == "https"
    return httpcore.Proxy(url, proxy.auth, ssl_context=ssl_context if is_encrypted else None)


class _ResponseStream(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with translated_errors():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _Backend(httpcore.NetworkBackend):
    """Makes the connections of a pool."""

    def __init__(self, connector: Connector, clock: Clock) -> None:
        self._connector = connector
        self._clock = clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        del local_address, socket_options  # the pool was given none
        with _raising(httpcore.ConnectTimeout, httpcore.ConnectError):
            deadline = deadline_of(timeout, self._clock)
            return _Stream(Channel(self._connector.connect(host, port, deadline)))


class _Stream(httpcore.NetworkStream):
    """A connection as httpcore wants it."""

    def __init__(self, channel: Channel | TunnelledChannel) -> None:
        self._channel = channel

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _raising(httpcore.ReadTimeout, httpcore.ReadError):
            data = self._channel.receive(max_bytes, timeout)
        if data and isinstance(timeout, DeadlineTimeout):
            timeout.deadline.heard = True
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _raising(httpcore.WriteTimeout, httpcore.WriteError):
            self._channel.send(buffer, timeout)

    def close(self) -> None:
        self._channel.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        assert isinstance(self._channel, Channel)  # nobody tunnels through a tunnel
        with _raising(httpcore.ConnectTimeout, httpcore.ConnectError):
            try:
                return _Stream(self._channel.start_tls(ssl_context, server_hostname, timeout))
            except BaseException:
                self.close()
                raise

    def get_extra_info(self, info: str) -> object:
        match info:
            case "socket":
                return self._channel.socket
            case "ssl_object":
                return self._channel.tls
            case "is_readable":
                return self._channel.is_readable
        return None


@contextmanager
def _raising(timeout: type[Exception], broken: type[Exception]) -> Iterator[None]:
    """Raise httpcore's exceptions for those of sockets."""
    try:
        yield
    except TimeoutError as error:
        raise timeout(str(error)) from error
    except OSError as error:
        raise broken(str(error)) from error
