"""A GET is sent again when the server closes its idle connection just as it comes."""

import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import httpx
import pytest

from kiecli.clock import SystemClock
from kiecli.network.client import Client, ClientFactory, send_get
from kiecli.network.connect import Connector
from kiecli.network.deadline import Deadline
from kiecli.network.errors import mark_closed_idle
from kiecli.network.logging import Exchange
from kiecli.network.proxies import ProxyAddress
from kiecli.network.transport import PoolTransport
from tests.support.fakes import FakeClock
from tests.support.proxies import Proxy, standing
from tests.support.raw_server import Answer, RawServer, raw_server
from tests.support.resources import nothing_left_behind
from tests.support.server import Certificate

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
RESET: Answer = [None]
END: Answer = b""


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return Certificate.stored()


@contextmanager
def served(
    way: str, certificate: Certificate, *answers: Answer
) -> Iterator[tuple[RawServer, Client, str]]:
    """Yield a server of answers on connections that are kept, a client for it, and the URL."""
    scheme, _, proxied = way.partition(" ")
    ours = ssl.create_default_context(cafile=certificate.file) if scheme == "https" else None
    theirs = certificate.context() if scheme == "https" else None
    clock = SystemClock()
    with ExitStack() as stack:
        stack.enter_context(nothing_left_behind())
        server = stack.enter_context(raw_server(*answers, context=theirs, keep=True))
        address = None
        if proxied:
            proxy = Proxy(server.port)
            stack.enter_context(standing(proxy))
            address = ProxyAddress("http", "127.0.0.1", proxy.port)
        transport = PoolTransport(Connector(clock), clock, ours, address)
        client = stack.enter_context(closing(Client(transport)))
        yield server, client, f"{scheme}://localhost:{server.port}/x"


@contextmanager
def plain(*answers: Answer) -> Iterator[tuple[RawServer, Client]]:
    with (
        nothing_left_behind(),
        raw_server(*answers, keep=True) as server,
        closing(ClientFactory({}).client()) as client,
    ):
        yield server, client


def _get(http: Client, url: str, seconds: float = 20.0) -> str:
    deadline = Deadline(SystemClock(), seconds)
    with closing(send_get(http, httpx.Request("GET", url), deadline)) as response:
        response.read()
        return response.text


# The proxy of these tests does not pass a reset on.
@pytest.mark.parametrize(
    ("way", "end"),
    [
        ("http", RESET),
        ("http", END),
        ("https", RESET),
        ("https", END),
        ("http through a proxy", END),
        ("https through a proxy", END),
    ],
)
def test_a_get_is_sent_again_at_once_on_a_new_connection(
    way: str, end: Answer, certificate: Certificate
) -> None:
    with served(way, certificate, OK, end, OK, end, OK) as (server, http, url):
        assert [_get(http, url) for _ in range(3)] == ["ok"] * 3
        assert (len(server.requests), server.connections) == (5, 3)


@pytest.mark.parametrize(
    ("answers", "requests"),
    [
        ((RESET, OK), 1),
        ((END, OK), 1),
        ((OK, RESET, RESET, OK), 3),
        ((OK, [b"H", 0.1, None], OK), 2),
        ((OK, [b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.1, None], OK), 2),
    ],
    ids=["reset at first", "end at first", "again closed", "a byte came", "only news came"],
)
def test_it_is_not_where_that_would_not_help(answers: tuple[Answer, ...], requests: int) -> None:
    with plain(*answers) as (server, http):
        if answers[0] is OK:
            _get(http, server.url)
        with pytest.raises(httpx.TransportError):
            _get(http, server.url)
        assert len(server.requests) == requests


def test_a_tunnel_that_a_proxy_has_opened_is_no_connection_that_was_used(
    certificate: Certificate,
) -> None:
    with (
        served("https through a proxy", certificate, END, OK) as (server, http, url),
        pytest.raises(httpx.RemoteProtocolError),
    ):
        _get(http, url)
    assert len(server.requests) == 1


def test_silence_is_not_answered_with_another_request() -> None:
    with plain(OK, [60.0]) as (server, http):
        _get(http, server.url)
        with pytest.raises(httpx.ReadTimeout):
            _get(http, server.url, 0.2)
        assert len(server.requests) == 2


def test_the_deadline_goes_on() -> None:
    with plain(OK, [0.4, None], [60.0]) as (server, http):
        _get(http, server.url)
        began = time.monotonic()
        with pytest.raises(httpx.ReadTimeout):
            _get(http, server.url, 0.6)
        assert len(server.requests) == 3
        assert time.monotonic() - began < 0.9


def test_the_time_to_connect_begins_anew_within_the_deadline() -> None:
    clock, left = FakeClock(), list[dict[str, float]]()

    def answer(request: httpx.Request) -> httpx.Response:
        limits = request.extensions["timeout"]
        left.append({step: limits[step].remaining() for step in ("connect", "read")})
        clock.advance(12.0)
        raise mark_closed_idle(httpx.ReadError(""))

    request = httpx.Request("GET", "http://a.test")
    with Client(httpx.MockTransport(answer)) as http, pytest.raises(httpx.ReadError):
        send_get(http, request, Deadline(clock, 20.0))
    assert left == [{"connect": 10.0, "read": 20.0}, {"connect": 8.0, "read": 8.0}]


TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("answers", "texts", "connections"),
    [
        ((OK + TIMED_OUT, END, OK), ["ok", "ok"], 2),
        ((OK, TIMED_OUT, OK), ["ok", "ok"], 2),
        ((TIMED_OUT, OK), ["", "ok"], 1),
        ((OK, TIMED_OUT, TIMED_OUT, OK), ["ok", ""], 2),
    ],
    ids=["behind an answer", "as the answer", "at first", "twice"],
)
def test_a_connection_may_end_with_the_announcement_that_it_does(
    answers: tuple[Answer, ...], texts: list[str], connections: int
) -> None:
    with plain(*answers) as (server, http):
        assert [_get(http, server.url) for _ in range(2)] == texts
        assert server.connections == connections


def test_both_requests_are_logged() -> None:
    logged = list[Exchange]()
    with (
        raw_server(OK, END, OK, keep=True) as server,
        closing(ClientFactory({}).client(log=logged.append)) as http,
    ):
        for _ in range(2):
            _get(http, server.url)
    outcomes = [exchange.outcome for exchange in logged]
    assert outcomes == ["HTTP 200", "the idle connection was closed", "HTTP 200"]
