"""HTTP clients for the API and for file hosts: one TLS context, one connector, one set of routes.

Everything httpx would read from the environment by itself is decided here instead, because it
decides too late (inside a request), too often (a TLS context for each proxy) and says what is
wrong in its own words.
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
from kiecli.network.deadline import CONNECT_TIMEOUT, READ_TIMEOUT

if TYPE_CHECKING:
    from kiecli.network.logging import RequestLogger
    from kiecli.network.proxies import ProxyAddress, ProxySettings

USER_AGENT = f"kiecli/{__version__}"
"""Kie's hosts refuse the agents of common libraries and let plain product tokens pass."""

_PROXY_VARIABLES = frozenset({"http_proxy", "https_proxy", "all_proxy"})


class Client(httpx.Client):
    """An httpx client that hands a request to its transport, and the response back.

    httpx's own `send` would keep cookies, log in, follow redirects or parse where they lead: none
    of that is wanted, and it takes a tenth of the time of a poll. Connections can be closed while
    the client stays in use.
    """

    def __init__(self, transport: httpx.BaseTransport) -> None:
        """Take what carries the requests."""
        super().__init__(
            transport=transport,
            trust_env=False,  # a .netrc would add a login, proxies would be read once more
            follow_redirects=False,
            timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT),
            # A length counts a file's bytes only when nobody compresses them on the way.
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )
        self._carrier = transport  # httpx's own reference to it is private

    def send(
        self, request: httpx.Request, *, stream: bool = False, **_options: object
    ) -> httpx.Response:
        """Send a request; raises what the transport raises.

        Args:
            request: It, with all its headers.
            stream: Leave the body to the caller, who closes the response.
            _options: What httpx's own methods pass on: logins and redirects, of which there are
                none.
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
        """Prepare, without any work yet.

        Args:
            environ: Where proxies and certificates are looked up.
            transport: What carries the requests instead of the network, in tests.
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
            url: An address that will be requested: what is wrong with the settings for it is found
                out now, and not on the thread of its first request.
            log: Takes each exchange.
            pool_per_thread: Gives each thread connections of its own: with many small files that
                is faster than looking through a shared pool.

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
        # Here: the engine takes 12 ms to import, which a run without requests need not spend.
        from kiecli.network.transport import PoolTransport

        is_encrypted = scheme == "https" or (proxy is not None and proxy.scheme == "https")
        context = self.ssl_context() if is_encrypted else None
        return PoolTransport(self._connector, self._clock, context, proxy)


class ProxyRouter(httpx.BaseTransport):
    """Sends each request over the pool of its route: direct or proxied, TLS or none."""

    def __init__(
        self,
        environ: Mapping[str, str],
        pool: Callable[[str, "ProxyAddress | None"], httpx.BaseTransport],
        *,
        pool_per_thread: bool = False,
    ) -> None:
        """Take what it needs.

        Args:
            environ: Says which proxy leads where.
            pool: Makes the connections of a route, which is a scheme and the proxy for it.
            pool_per_thread: Gives each thread pools of its own.
        """
        self._proxies: ProxySettings | None = None
        # Few have any: nobody else needs to know how they are written. NO_PROXY alone means none.
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
        # The number of a thread that has ended is given to another: it takes over the connections.
        key = (url.scheme, proxy, threading.get_ident() if self._pool_per_thread else 0)
        with self._lock:
            if key not in self._pools:
                self._pools[key] = self._pool(url.scheme, proxy)
            return self._pools[key]

    def close(self) -> None:
        """Close all connections."""
        with self._lock:  # other threads may be making some right now
            pools = list(self._pools.values())
        for pool in pools:
            pool.close()
