"""The way to a server: TLS, proxies and errors, for the API and for file hosts alike.

Everything httpx would read from the environment for itself is decided here instead, because it
decides too late (inside a request), too often (a TLS context a proxy) and says it in its own words.
"""

import ssl
from collections.abc import Callable, Mapping
from functools import partial
from http.cookiejar import CookiePolicy, DefaultCookiePolicy
from threading import Lock
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import (  # type: ignore[attr-defined]
    getproxies_environment,
    proxy_bypass_environment,
)

import httpx

from kiecli import __version__
from kiecli.certificates import create_ssl_context
from kiecli.clock import Clock, SystemClock
from kiecli.direct import MAX_IDLE, DirectTransport
from kiecli.errors import ConfigError, causes
from kiecli.urls import is_loopback

CONNECT_TIMEOUT = 10.0
"""Seconds to reach a server."""

READ_TIMEOUT = 20.0
"""Seconds without a byte before a server counts as silent."""

USER_AGENT = f"kiecli/{__version__}"
"""Kie's hosts refuse the agents of common libraries and let plain product tokens pass."""


class Exchange(NamedTuple):
    """One request and how it ended, as `--verbose` tells it: without key and without query."""

    method: str
    host: str
    path: str
    task_id: str
    outcome: str
    """Status and code, or what went wrong."""
    milliseconds: int


RequestLogger = Callable[[Exchange], None]
"""Takes each exchange as it ends, on the thread it ended on."""


class ClientFactory:
    """Makes HTTP clients that share one TLS context and one reading of the proxy settings."""

    def __init__(
        self, environ: Mapping[str, str], inner: httpx.BaseTransport | None = None
    ) -> None:
        """Prepare, without any work yet.

        Args:
            environ: Where SSL_CERT_FILE and SSL_CERT_DIR are looked up.
            inner: What carries the requests instead of the network, in tests.
        """
        self._environ = environ
        self._inner = inner
        self._context: ssl.SSLContext | None = None
        self._lock = Lock()

    def client(self, *, trace: tuple[RequestLogger, Clock] | None = None) -> httpx.Client:
        """Return a client that follows no redirects, keeps no cookies and sends no key.

        Threads may share it.
        """
        transport = self._inner or _ProxyRouter(self.context)
        client = httpx.Client(
            transport=transport if trace is None else _LoggingTransport(transport, *trace),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )
        client.cookies.jar.set_policy(_no_cookies())
        return client

    def check(self, url: str) -> None:
        """Find out now whether the settings for this URL can be used.

        Raises:
            ConfigError: The proxy or certificate settings of the environment are unusable.
        """
        if self._inner is None:
            _ProxyRouter(self.context).prepare(httpx.URL(url))

    def context(self) -> ssl.SSLContext:
        """Return the one TLS context, made at its first use: it takes some 20 ms.

        Raises:
            ConfigError: SSL_CERT_FILE or SSL_CERT_DIR cannot be used.
        """
        with self._lock:
            if self._context is None:
                self._context = create_ssl_context(self._environ)
            return self._context


def _no_cookies() -> CookiePolicy:
    return DefaultCookiePolicy(allowed_domains=[])


class _ProxyRouter(httpx.BaseTransport):
    """One transport for each way out: direct or through a proxy, with TLS or without."""

    def __init__(self, context: Callable[[], ssl.SSLContext]) -> None:
        self._context = context
        self._proxies = getproxies_environment()
        self._transports: dict[tuple[str, str | None], httpx.BaseTransport] = {}
        self._lock = Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.prepare(request.url).handle_request(request)

    def prepare(self, url: httpx.URL) -> httpx.BaseTransport:
        way = (url.scheme, self._proxy_for(url))
        with self._lock:
            if way not in self._transports:
                self._transports[way] = self._transport(*way)
            return self._transports[way]

    def close(self) -> None:
        for transport in self._transports.values():
            transport.close()

    def _proxy_for(self, url: httpx.URL) -> str | None:
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all")
        if proxy is None or is_loopback(url.host):
            return None
        host = url.host if url.port is None else f"{url.host}:{url.port}"
        # In the standard library since 3.2, undocumented; urllib and requests rely on it.
        return None if proxy_bypass_environment(host, self._proxies) else proxy

    def _transport(self, scheme: str, proxy: str | None) -> httpx.BaseTransport:
        if proxy is None:
            otherwise = partial(self._parsing, scheme)
            return DirectTransport(self._context_for(scheme), otherwise, SystemClock())
        try:
            return self._parsing(scheme, proxy)
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            raise _unusable_proxy(scheme, proxy) from error

    def _parsing(self, scheme: str, proxy: str | None = None) -> httpx.HTTPTransport:
        """Return httpx's own transport."""
        return httpx.HTTPTransport(
            verify=self._context_for(scheme, proxy) or False,
            limits=httpx.Limits(keepalive_expiry=MAX_IDLE),
            proxy=None if proxy is None else self._proxy(proxy),
        )

    def _context_for(self, scheme: str, proxy: str | None = None) -> ssl.SSLContext | None:
        # A context takes 20 ms: where nothing is encrypted there is none.
        needs_tls = scheme == "https" or (proxy or "").startswith("https:")
        return self._context() if needs_tls else None

    def _proxy(self, address: str) -> httpx.Proxy:
        context = self._context() if address.startswith("https:") else None
        proxy = httpx.Proxy(
            address if "://" in address else f"http://{address}", ssl_context=context
        )
        if not proxy.url.host or "%" in proxy.url.host:  # httpx escapes what no host can have
            raise ValueError("a proxy without a host")
        return proxy


def _unusable_proxy(scheme: str, address: str) -> ConfigError:
    shown = address.rpartition("@")[2]  # user and password stay out of messages
    return ConfigError(
        f"the proxy in {scheme.upper()}_PROXY or ALL_PROXY ({shown}) cannot be used",
        hint="name an http:// or https:// proxy there, or set NO_PROXY",
    )


class _LoggingTransport(httpx.BaseTransport):
    """Tells of each exchange with a file host."""

    def __init__(self, inner: httpx.BaseTransport, trace: RequestLogger, clock: Clock) -> None:
        self._inner = inner
        self._trace = trace
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began = self._clock.now()
        tell = partial(self._tell, request, began)
        try:
            response = self._inner.handle_request(request)
        except httpx.TransportError as error:
            tell(type(error).__name__)
            raise
        tell(f"{response.status_code} -")
        return response

    def close(self) -> None:
        self._inner.close()

    def _tell(self, request: httpx.Request, began: float, outcome: str) -> None:
        url = request.url
        task_id = str(request.extensions.get("task_id", "-"))
        took = round((self._clock.now() - began) * 1000)
        self._trace(Exchange(request.method, url.host, url.path, task_id, outcome, took))


def is_certificate_error(error: BaseException) -> bool:
    """Tell whether a connection failed because the server's certificate was refused."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error))


def describe_error(error: httpx.HTTPError | httpx.InvalidURL) -> str:
    """Return in a few plain words what went wrong on the wire, without URL or key."""
    for kinds, words in _WORDS:
        if isinstance(error, kinds):
            return words
    # httpx's other messages can quote what was sent; the class name says enough.
    return _innermost(error) or type(error).__name__


def _innermost(error: BaseException) -> str:
    reason = ""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate was refused ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError) and cause.reason:
            return f"TLS failed ({cause.reason.lower().replace('_', ' ')})"
        if isinstance(cause, OSError) and cause.strerror:
            reason = cause.strerror
    return reason[:1].lower() + reason[1:]


_WORDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (httpx.ConnectTimeout, f"no connection within {CONNECT_TIMEOUT:.0f} s"),
    ((httpx.ReadTimeout, httpx.WriteTimeout), f"no byte for {READ_TIMEOUT:.0f} s"),
    (httpx.PoolTimeout, "no free connection"),
    (httpx.RemoteProtocolError, "the connection was closed in the middle of an answer"),
    (httpx.ProxyError, "the proxy refused to connect"),
    (httpx.DecodingError, "the answer's compression is damaged"),
)


def host_of(url: str) -> str:
    """Return the host of a URL, for messages."""
    return urlsplit(url).hostname or url
