"""Makes the HTTP clients for the API and for file hosts; they share TLS context and connector.

What httpx would read from the environment is read here instead: httpx does so too late (inside a
request), too often (a TLS context for each proxy) and with error messages of its own.

`send_get` is how file hosts are asked: once more where an idle connection was closed just then.
"""

import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING

import httpx

from kiecli import __version__
from kiecli.clock import Clock, SystemClock
from kiecli.network.connect import Connector, Resolve, resolve
from kiecli.network.deadline import CONNECT_TIMEOUT, READ_TIMEOUT, Deadline

if TYPE_CHECKING:
    from kiecli.network.logging import RequestLogger
    from kiecli.network.proxies import ProxyAddress, ProxySettings

USER_AGENT = f"kiecli/{__version__}"
"""Kie's hosts refuse the User-Agents of common libraries, but accept a plain product token."""

_PROXY_VARIABLES = frozenset({"http_proxy", "https_proxy", "all_proxy"})


class Client(httpx.Client):
    """An httpx client that sends a request through its transport and does nothing else.

    httpx's own `send` would keep cookies, log in, follow redirects or parse where they lead: none
    of that is wanted, and it takes a tenth of the time of a poll. Connections can be closed while
    the client stays in use.
    """

    def __init__(self, transport: httpx.BaseTransport) -> None:
        """Send all requests through `transport`."""
        super().__init__(
            transport=transport,
            trust_env=False,  # a .netrc would add a login, proxies would be read once more
            follow_redirects=False,
            timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT),
            # Compressed, a body's Content-Length would not be the length of the file.
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )
        self._carrier = transport  # httpx's own reference to it is private

    def send(
        self, request: httpx.Request, *, stream: bool = False, **_options: object
    ) -> httpx.Response:
        """Send a request; raises what the transport raises.

        Args:
            request: The request, with all its headers.
            stream: Leave the body to the caller, who closes the response.
            _options: `auth` and `follow_redirects`, which httpx's own methods pass; both unused.
        """
        response = self._carrier.handle_request(request)
        response.request = request
        if not stream:
            with closing(response):
                response.read()
        return response

    def close_connections(self) -> None:
        """Close all connections; the next request makes a new one."""
        self._carrier.close()


class ClientFactory:
    """Makes HTTP clients that share a TLS context, a connector and the proxy settings."""

    def __init__(
        self,
        environ: Mapping[str, str],
        transport: httpx.BaseTransport | None = None,
        *,
        clock: Clock | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        """Store the parts; nothing is read or imported yet.

        Args:
            environ: Has the proxy and certificate settings.
            transport: Sends the requests instead of the network, in tests.
            clock: Measures time limits.
            resolve: Looks hosts up.
        """
        self._environ = environ
        self._transport = transport
        self._clock = clock or SystemClock()
        self._connector = Connector(self._clock, resolve)
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def client(
        self,
        url: str | None = None,
        *,
        log: "RequestLogger | None" = None,
        pool_per_thread: bool = False,
    ) -> Client:
        """Return a client that follows no redirects, keeps no cookies and sends no key.

        Threads may share it.

        Args:
            url: A URL that will be requested: invalid proxy settings for it are raised now, not by
                the first request.
            log: Called with each exchange (`--verbose`).
            pool_per_thread: Whether each thread has connections of its own, which is 5 % faster
                with many small files than a shared pool.

        Raises:
            ConfigError: The proxy or certificate settings of the environment are unusable.
        """
        transport = self._transport
        if transport is None:
            transport = ProxyRouter(self._environ, self._pool, pool_per_thread=pool_per_thread)
            if url is not None:
                transport.transport_for(httpx.URL(url))
        if log:
            from kiecli.network.logging import LoggingTransport

            transport = LoggingTransport(transport, log, self._clock)
        return Client(transport)

    def ssl_context(self) -> ssl.SSLContext:
        """Return the one TLS context, made at its first use: it takes some 20 ms.

        Raises:
            ConfigError: The certificate settings of the environment are unusable.
        """
        with self._lock:  # threads that begin together must not make one each
            if self._context is None:
                from kiecli.network.tls import create_ssl_context

                self._context = create_ssl_context(self._environ)
            return self._context

    def _pool(self, scheme: str, proxy: "ProxyAddress | None") -> httpx.BaseTransport:
        # Imported here: httpcore takes 12 ms, which a run without requests need not spend.
        from kiecli.network.transport import PoolTransport

        is_encrypted = scheme == "https" or (proxy is not None and proxy.scheme == "https")
        context = self.ssl_context() if is_encrypted else None
        return PoolTransport(self._connector, self._clock, context, proxy)


class ProxyRouter(httpx.BaseTransport):
    """Sends each request directly or through a proxy, with one connection pool for each route."""

    def __init__(
        self,
        environ: Mapping[str, str],
        pool: Callable[[str, "ProxyAddress | None"], httpx.BaseTransport],
        *,
        pool_per_thread: bool = False,
    ) -> None:
        """Read the proxy settings, if there are any.

        Args:
            environ: Has the proxy settings.
            pool: Makes the pool of a route: a scheme, and the proxy for it or None.
            pool_per_thread: Whether each thread has pools of its own.
        """
        self._proxies: ProxySettings | None = None
        # Imported only where a proxy is set, which is rare. NO_PROXY alone sets none.
        if not _PROXY_VARIABLES.isdisjoint(map(str.lower, environ)):
            from kiecli.network import proxies

            self._proxies = proxies.ProxySettings(environ)
        self._pool = pool
        self._pool_per_thread = pool_per_thread
        self._pools: dict[tuple[object, ...], httpx.BaseTransport] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; raises what the transport raises.

        Raises:
            ConfigError: The settings for its URL are unusable.
        """
        return self.transport_for(request.url).handle_request(request)

    def transport_for(self, url: httpx.URL) -> httpx.BaseTransport:
        """Return the pool that carries requests for a URL.

        Raises:
            ConfigError: The settings for it are unusable.
        """
        proxies = self._proxies
        proxy = None if proxies is None else proxies.proxy_for(url.scheme, url.host, url.port)
        # The id of an ended thread is reused: the new thread takes over its idle connections.
        key = (url.scheme, proxy, threading.get_ident() if self._pool_per_thread else 0)
        with self._lock:
            if key not in self._pools:
                self._pools[key] = self._pool(url.scheme, proxy)
            return self._pools[key]

    def close(self) -> None:
        """Close all connections."""
        with self._lock:  # other threads may be adding pools
            pools = list(self._pools.values())
        for pool in pools:
            pool.close()


def send_get(client: httpx.Client, request: httpx.Request, deadline: Deadline) -> httpx.Response:
    """Send a GET, its body left to come; once more if its idle connection was closed.

    Such a connection looks open when it is chosen, so every client that keeps connections meets a
    server that closes one just as the request comes. Nothing is wrong with server or network then,
    and the request was most likely never read: curl and browsers ask again at once (RFC 9112,
    section 9.3.1). Some servers announce the end with a 408, which then looks like the answer (RFC
    9110, section 15.5.9).

    The server may have acted on the first one all the same, which is harmless with GET (RFC 9110,
    section 9.2.2). The deadline goes on; connecting has its ten seconds anew. Requests to Kie are
    not sent by this: its rate limiter counts each of them.

    Args:
        client: Sends it.
        request: The request, still without its time limits.
        deadline: That of the request, of both together.

    Raises:
        httpx.TransportError: There is no response.
    """
    request.extensions["timeout"] = deadline.timeouts()
    try:
        response = client.send(request, stream=True)
    except httpx.TransportError as error:
        from kiecli.network.errors import was_closed_idle

        if not was_closed_idle(error):
            raise
    else:
        if response.status_code != httpx.codes.REQUEST_TIMEOUT or not _is_reused(response):
            return response
        response.close()  # and its connection, since the body was not read
    request.extensions["timeout"] = deadline.timeouts()  # the limit for connecting begins anew
    return client.send(request, stream=True)


def _is_reused(response: httpx.Response) -> bool:
    stream = response.extensions.get("network_stream")
    return stream is not None and stream.get_extra_info("is_reused")
