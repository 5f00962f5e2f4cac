"""Clients: what they send, what they share, and which way their requests take."""

import socket
import threading

import httpx
import pytest

from kiecli.clock import SystemClock
from kiecli.errors import ConfigError
from kiecli.network.client import (
    USER_AGENT,
    ClientFactory,
    ProxyRouter,
)
from kiecli.network.connect import Address
from kiecli.network.deadline import CONNECT_TIMEOUT, READ_TIMEOUT
from kiecli.network.logging import Exchange
from kiecli.network.proxies import ProxyAddress
from tests.support.proxies import Proxy, standing
from tests.support.raw_server import raw_server
from tests.support.resources import nothing_left_behind

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: session=1; Path=/\r\n\r\nok"


def test_a_client_is_in_a_hurry_names_itself_and_follows_nothing() -> None:
    with ClientFactory({}).client() as client:
        assert client.timeout == httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT)
        assert client.follow_redirects is False
        assert client.headers["User-Agent"] == USER_AGENT
        assert client.headers["Accept-Encoding"] == "identity"
        assert "Authorization" not in client.headers


def test_requests_go_directly_and_cookies_are_forgotten() -> None:
    with raw_server(OK, OK, keep=True) as server, ClientFactory({}).client() as client:
        assert [client.get(server.url).text for _ in range(2)] == ["ok"] * 2
        assert server.connections == 1
        assert b"ookie" not in b"".join(server.requests)


def test_a_client_stays_in_use_when_its_connections_are_closed() -> None:
    with raw_server(OK, OK, keep=True) as server, ClientFactory({}).client() as client:
        before = client.get(server.url).text
        client.close_connections()
        after = client.get(server.url).text
        assert (before, after, server.connections) == ("ok", "ok", 2)


def test_a_proxy_of_the_environment_is_used() -> None:
    with raw_server(OK) as server:
        proxy = Proxy(server.port)
        with standing(proxy), ClientFactory({"HTTP_PROXY": f"'{proxy.url}'"}).client() as client:
            assert client.get("http://kie.test/x").text == "ok"
    assert proxy.request_lines == ["GET http://kie.test/x HTTP/1.1"]


def test_https_goes_through_its_proxy_in_a_tunnel() -> None:
    with raw_server(b"HTTP/1.1 502 No\r\n\r\n") as proxy:
        environ = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        with ClientFactory(environ).client() as client, pytest.raises(httpx.ProxyError):
            client.get("https://kie.test/x")
        assert proxy.requests[0].startswith(b"CONNECT kie.test:443 HTTP/1.1\r\n")


def test_a_loopback_server_is_never_reached_through_a_proxy() -> None:
    environ = {"HTTP_PROXY": "http://127.0.0.1:9"}
    with raw_server(OK) as server, ClientFactory(environ).client() as client:
        assert client.get(server.url).text == "ok"


def test_exchanges_are_logged() -> None:
    logged: list[Exchange] = []
    with raw_server(OK) as server, ClientFactory({}).client(log=logged.append) as client:
        client.get(f"{server.url}?token=canary", extensions={"task_id": "t1"})
    assert [exchange._replace(milliseconds=0) for exchange in logged] == [
        Exchange("GET", "127.0.0.1", "/x", "t1", "HTTP 200", 0)
    ]


def test_all_clients_share_the_lookup_of_a_host() -> None:
    lookups = []
    with raw_server(OK, OK) as server:

        def resolve(host: str, port: int) -> list[Address]:
            lookups.append((host, port))
            return [Address(socket.AF_INET, ("127.0.0.1", server.port))]

        factory = ClientFactory({}, clock=SystemClock(), resolve=resolve)
        for _ in range(2):
            with factory.client() as client:
                assert client.get("http://kie.test/x").text == "ok"
    assert lookups == [("kie.test", 80)]


def test_all_clients_share_one_tls_context() -> None:
    factory = ClientFactory({})
    factory.client("https://api.kie.test").close()
    assert factory.ssl_context() is factory.ssl_context()


@pytest.mark.parametrize(
    ("environ", "url", "message"),
    [
        ({"SSL_CERT_FILE": "/gone"}, "https://kie.test", "SSL_CERT_FILE"),
        ({"HTTPS_PROXY": "socks5://me:canary@x.test"}, "https://kie.test", "HTTPS_PROXY"),
        ({"https_proxy": "x.test:port"}, "https://kie.test", "https_proxy"),
        ({"All_Proxy": "socks5://x.test"}, "http://kie.test", "All_Proxy"),
        (
            {"HTTP_PROXY": "https://x.test", "SSL_CERT_FILE": "/gone"},
            "http://kie.test",
            "SSL_CERT_FILE",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_found_ahead(
    environ: dict[str, str], url: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as refusal:
        ClientFactory(environ).client(url)
    assert "canary" not in refusal.value.message


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"SSL_CERT_FILE": "/gone"}, "http://kie.test"),
        ({"SSL_CERT_FILE": "/gone"}, "http://127.0.0.1:1"),
        ({"SSL_CERT_FILE": "/gone", "HTTP_PROXY": "http://x.test"}, "http://kie.test"),
        ({"ALL_PROXY": "socks5://127.0.0.1:1080"}, "http://localhost:1"),
        ({"HTTPS_PROXY": "http://x.test:3128"}, "https://kie.test"),
    ],
)
def test_settings_that_do_not_matter_for_a_url_are_not_checked(
    environ: dict[str, str], url: str
) -> None:
    ClientFactory(environ).client(url).close()


def test_with_something_else_in_the_networks_place_there_is_nothing_to_check() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    factory = ClientFactory({"SSL_CERT_FILE": "/gone"}, transport)
    with factory.client("https://kie.test", pool_per_thread=True) as client:
        assert client.get("https://kie.test").status_code == 200


def test_requests_that_take_one_route_share_a_pool() -> None:
    made: list[tuple[str, ProxyAddress | None]] = []

    def pool(scheme: str, proxy: ProxyAddress | None) -> httpx.BaseTransport:
        made.append((scheme, proxy))
        return httpx.MockTransport(lambda _: httpx.Response(200))

    environ = {"HTTPS_PROXY": "https://proxy.test", "NO_PROXY": "direct.test"}
    with httpx.Client(transport=ProxyRouter(environ, pool)) as client:
        for host in ("https://a.test", "https://b.test", "https://direct.test", "http://a.test"):
            client.get(host)
    proxy = ProxyAddress("https", "proxy.test", 443)
    assert made == [("https", proxy), ("https", None), ("http", None)]


@pytest.mark.parametrize(("pool_per_thread", "connections"), [(True, 3), (False, 1)])
def test_threads_can_have_connections_of_their_own(pool_per_thread: bool, connections: int) -> None:
    with (
        nothing_left_behind(),
        raw_server(*[OK] * 6, keep=True) as server,
        ClientFactory({}).client(pool_per_thread=pool_per_thread) as client,
    ):
        one_at_a_time = threading.Lock()
        all_there = threading.Barrier(3, timeout=20)  # the number of one that ended is used again

        def request_twice() -> None:
            for _ in range(2):
                with one_at_a_time:
                    client.get(server.url)
                all_there.wait()

        threads = [threading.Thread(target=request_twice, daemon=True) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert (len(server.requests), server.connections) == (6, connections)


def test_the_pools_of_all_threads_are_closed() -> None:
    closed = []

    class Pool(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            both_there.wait()
            return httpx.Response(200, request=request)

        def close(self) -> None:
            closed.append(self)

    both_there = threading.Barrier(2, timeout=20)
    router = ProxyRouter({}, lambda _scheme, _proxy: Pool(), pool_per_thread=True)
    request = httpx.Request("GET", "http://kie.test")
    threads = [
        threading.Thread(target=router.handle_request, args=(request,), daemon=True)
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    router.close()
    assert len(set(closed)) == 2
