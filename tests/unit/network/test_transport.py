"""httpx over httpcore: time limits that hold wherever an answer hangs, and what errors become."""

import inspect
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpcore
import httpx
import pytest

from kiecli.clock import SystemClock
from kiecli.network.connect import Address, Connector
from kiecli.network.deadline import Deadline
from kiecli.network.errors import name_of_peer
from kiecli.network.proxies import ProxyAddress
from kiecli.network.tls import create_ssl_context
from kiecli.network.transport import HTTPCORE_ERRORS, PoolTransport, SocketStream, httpx_error
from tests.support.proxies import Proxy, TLSDoor, standing
from tests.support.raw_server import Answer, RawServer, dead_ports, dripping, forever, raw_server
from tests.support.resources import nothing_left_behind
from tests.support.server import Certificate, closed_port, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LAST = OK.replace(b"OK", b"OK\r\nConnection: close")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
STORED_HASH = "3cead04b"
"""Of the stored certificate's subject, as `openssl x509 -hash` prints it."""

SHORT = 0.3
"""Seconds of a deadline that is to run out."""


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return Certificate.stored()


@pytest.fixture(scope="module")
def trusting(certificate: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate.file)


def transport(
    context: ssl.SSLContext | None = None,
    proxy: ProxyAddress | None = None,
    connector: Connector | None = None,
) -> PoolTransport:
    clock = SystemClock()
    return PoolTransport(connector or Connector(clock), clock, context, proxy)


def client(
    context: ssl.SSLContext | None = None, proxy: ProxyAddress | None = None
) -> httpx.Client:
    return httpx.Client(transport=transport(context, proxy), trust_env=False, timeout=20.0)


def extensions(seconds: float) -> dict[str, object]:
    return {"timeout": Deadline(SystemClock(), seconds).timeouts()}


# Deadlines.

HANGING: dict[str, Callable[[], Answer]] = {
    "silence": lambda: [60.0],
    "a head a byte at a time": lambda: dripping(OK * 100),
    "half a head": lambda: [OK[:20], 60.0],
    "news before the answer, slowly": lambda: forever(b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.02),
    "news before the answer, a flood": lambda: forever(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500),
    "a body that stalls": lambda: [OK[:-1], 60.0],
    "a body a byte at a time": lambda: [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
        *dripping(b"x" * 9999),
    ],
    "the line of a chunk": lambda: [CHUNKED + b"2;", *dripping(b"x" * 9999)],
    "trailers, slowly": lambda: [CHUNKED + b"2\r\nok\r\n0\r\n", *dripping(b"X: y\r\n" * 999)],
    "the body of a redirect": lambda: [
        b"HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 9999\r\n\r\n",
        *dripping(b"x" * 9999),
    ],
}


@pytest.mark.parametrize("name", HANGING)
def test_the_whole_of_a_request_ends_at_its_deadline(name: str) -> None:
    with nothing_left_behind(), raw_server(HANGING[name]()) as server, client() as http:
        with pytest.raises(httpx.ReadTimeout):
            http.get(server.url, extensions=extensions(SHORT))
        assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["silence", "a head a byte at a time"])
def test_it_does_over_tls_too(
    name: str, certificate: Certificate, trusting: ssl.SSLContext
) -> None:
    answers = [OK, HANGING[name]()]
    with (
        nothing_left_behind(),
        raw_server(*answers, context=certificate.context(), keep=True) as server,
        client(trusting) as http,
    ):
        http.get(server.url)  # a handshake may take longer than the deadline on a busy machine
        with pytest.raises(httpx.ReadTimeout):
            http.get(server.url, extensions=extensions(SHORT))
        assert server.connections == 1


def test_a_handshake_without_a_name_to_check_closes_the_connection() -> None:
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    with theirs:
        with pytest.raises(ValueError, match="server_hostname"):
            SocketStream(ours).start_tls(ssl.create_default_context())
        assert theirs.recv(1) == b""


def test_a_handshake_that_hangs_ends_at_the_deadline(trusting: ssl.SSLContext) -> None:
    with (
        nothing_left_behind(),
        raw_server() as server,  # waits for a request, and speaks no TLS
        client(trusting) as http,
        pytest.raises(httpx.ConnectTimeout),
    ):
        http.get(server.url.replace("http:", "https:"), extensions=extensions(SHORT))


def test_a_server_that_does_not_accept_ends_at_the_deadline() -> None:
    with (
        dead_ports(1) as [port],
        nothing_left_behind(),
        client() as http,
        pytest.raises(httpx.ConnectTimeout),
    ):
        http.get(f"http://127.0.0.1:{port}", extensions=extensions(SHORT))


def test_a_server_that_takes_nothing_ends_at_the_deadline() -> None:
    with (
        nothing_left_behind(),
        raw_server([60.0]) as server,
        client() as http,
        pytest.raises(httpx.WriteTimeout),
    ):
        # It reads no body, and no connection holds so much.
        http.post(server.url, content=bytes(50_000_000), extensions=extensions(SHORT))


def test_plain_numbers_bound_each_step() -> None:
    with (
        raw_server([OK[:20], 60.0]) as server,
        client() as http,
        pytest.raises(httpx.ReadTimeout),
    ):
        http.get(server.url, timeout=0.05)


def test_without_any_number_nothing_is_bounded() -> None:
    with raw_server(dripping(OK, 0.001)) as server, client() as http:
        assert http.get(server.url, timeout=None).text == "ok"


@pytest.mark.parametrize(("answer", "heard"), [([60.0], False), ([OK[:20], 60.0], True)])
def test_a_deadline_knows_whether_anything_came(answer: Answer, heard: bool) -> None:
    deadline = Deadline(SystemClock(), SHORT)
    with (
        raw_server(answer) as server,
        client() as http,
        pytest.raises(httpx.ReadTimeout),
    ):
        http.get(server.url, extensions={"timeout": deadline.timeouts()})
    assert (deadline.expired, deadline.heard) == (True, heard)


# Connections.


@pytest.mark.parametrize("dead", [1, 2, 4])
def test_dead_addresses_cost_a_moment_and_only_once(dead: int) -> None:
    lookups = []

    with dead_ports(dead) as ports, raw_server(*[LAST] * 3) as server, nothing_left_behind():

        def resolve(host: str, port: int) -> list[Address]:
            lookups.append((host, port))
            return [Address(2, ("127.0.0.1", each)) for each in (*ports, server.port)]

        connector = Connector(SystemClock(), resolve, 0.05)
        with httpx.Client(transport=transport(connector=connector)) as http:
            texts = [http.get("http://kie.test/x").text for _ in range(3)]
    assert texts == ["ok"] * 3
    assert lookups == [("kie.test", 80)]


def test_one_connection_serves_one_request_after_the_other() -> None:
    with raw_server(OK, OK, OK, keep=True) as server, client() as http:
        assert [http.get(server.url).text for _ in range(3)] == ["ok"] * 3
        assert server.connections == 1


def test_over_tls_too(certificate: Certificate, trusting: ssl.SSLContext) -> None:
    with (
        raw_server(OK, OK, OK, context=certificate.context(), keep=True) as server,
        client(trusting) as http,
    ):
        assert [http.get(server.url).text for _ in range(3)] == ["ok"] * 3
        assert server.connections == 1


def test_a_connection_that_the_server_ended_is_not_used_again() -> None:
    with raw_server(OK, OK) as server, client() as http:
        stream = http.get(server.url).extensions["network_stream"]
        while not stream.get_extra_info("is_readable"):  # its end takes a moment to be here
            pass
        assert http.get(server.url).text == "ok"
        assert server.connections == 2


def test_a_connection_is_readable_when_something_or_the_end_is_there() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stream = SocketStream(ours)
        readable = [stream.get_extra_info("is_readable")]
        theirs.close()
        readable.append(stream.get_extra_info("is_readable"))
        stream.close()
        readable.append(stream.get_extra_info("is_readable"))
    assert readable == [False, True, True]


def test_what_tls_has_deciphered_can_be_read_though_nothing_is_in_the_socket() -> None:
    class Deciphered(socket.socket):
        def pending(self) -> int:
            return 1

    with Deciphered() as source, socket.create_server(("127.0.0.1", 0)) as listener:
        source.connect(listener.getsockname())
        assert SocketStream(source).get_extra_info("is_readable") is True


def test_nothing_but_what_is_needed_is_known_of_a_connection() -> None:
    with raw_server(OK) as server, client() as http, http.stream("GET", server.url) as response:
        stream = response.extensions["network_stream"]
        known = [stream.get_extra_info(info) for info in ("ssl_object", "server_addr")]
    assert known == [None, None]


def test_as_many_connections_as_are_needed_are_kept() -> None:
    with raw_server(*[OK] * 100, keep=True) as server, client() as http:
        responses = [
            http.send(http.build_request("GET", server.url), stream=True) for _ in range(50)
        ]
        assert [response.read() for response in responses] == [b"ok"] * 50
        for _ in range(50):
            http.get(server.url)
        assert server.connections == 50


def test_informational_responses_belong_to_one_request() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3
    with raw_server(early + OK) as server, client() as http:
        assert http.get(server.url).text == "ok"
        assert len(server.requests) == 1


def test_a_server_that_answers_before_it_has_read_all_is_read() -> None:
    early = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with raw_server([early, 0.05]) as server, client() as http:
        assert http.post(server.url, content=bytes(5_000_000)).status_code == 413


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http:///x", httpx.UnsupportedProtocol),
        ("ftp://host.test/x", httpx.UnsupportedProtocol),
        (f"http://{'a' * 70}.test", UnicodeError),
        ("http://127.0.0.1:{closed}", httpx.ConnectError),
    ],
)
def test_urls_that_lead_nowhere(url: str, error: type[Exception]) -> None:
    with client() as http, nothing_left_behind(), pytest.raises(error):
        http.get(url.format(closed=closed_port()))


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Certificate) -> None:
    with (
        nothing_left_behind(),
        raw_server(context=certificate.context()) as server,
        client(ssl.create_default_context()) as http,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        http.get(server.url)


# Proxies.


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    """How the proxy is spoken to."""
    return str(request.param)


@contextmanager
def proxied(
    scheme: str,
    server: RawServer,
    certificate: Certificate,
    auth: tuple[bytes, bytes] | None = None,
) -> Iterator[tuple[httpx.Client, Proxy]]:
    """Yield a client whose requests go through a proxy to the server, and the proxy."""
    proxy = Proxy(server.port)
    front = TLSDoor(proxy.port, certificate.context())
    address = ProxyAddress(
        scheme, "127.0.0.1", front.port if scheme == "https" else proxy.port, auth
    )
    context = ssl.create_default_context(cafile=certificate.file)
    with standing(proxy), standing(front), client(context, address) as http:
        yield http, proxy


def test_plain_requests_go_through_a_proxy(scheme: str, certificate: Certificate) -> None:
    with (
        raw_server(OK) as server,
        proxied(scheme, server, certificate, (b"me", b"p:s")) as (http, proxy),
    ):
        assert http.get("http://kie.test/x?y=z").text == "ok"
    [head] = proxy.heads
    assert head.startswith("GET http://kie.test/x?y=z HTTP/1.1\r\n")
    assert "proxy-authorization: basic bwu6cdpz" in head.lower()


def test_encrypted_requests_go_through_a_tunnel(scheme: str, certificate: Certificate) -> None:
    body = bytes(range(256)) * 4000
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with (
        raw_server(*[answer] * 3, context=certificate.context(), keep=True) as server,
        proxied(scheme, server, certificate) as (http, proxy),
    ):
        for _ in range(2):
            assert http.post("https://localhost/x", content=bytes(70_000)).content == body
    assert proxy.request_lines == ["CONNECT localhost:443 HTTP/1.1"]


@pytest.mark.parametrize(
    "name", ["silence", "a head a byte at a time", "the line of a chunk", "half a head"]
)
def test_deadlines_hold_in_a_tunnel(name: str, scheme: str, certificate: Certificate) -> None:
    answers = [OK, HANGING[name]()]
    with (
        raw_server(*answers, context=certificate.context(), keep=True) as server,
        proxied(scheme, server, certificate) as (http, proxy),
    ):
        http.get("https://localhost/x")  # two handshakes may take longer than the deadline
        with pytest.raises(httpx.ReadTimeout):
            http.get("https://localhost/x", extensions=extensions(SHORT))
        assert len(proxy.request_lines) == 1


def test_a_tunnel_that_ends_early_is_noticed(scheme: str, certificate: Certificate) -> None:
    with (
        raw_server(OK[:-1], context=certificate.context()) as server,
        proxied(scheme, server, certificate) as (http, _),
        pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"),
    ):
        http.get("https://localhost/x")


def test_a_handshake_in_a_tunnel_that_fails_is_an_error(
    scheme: str, certificate: Certificate
) -> None:
    """The proxy is trusted; the server has another name."""
    with (
        raw_server(context=certificate.context()) as server,
        proxied(scheme, server, certificate) as (http, _),
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED") as raised,
    ):
        http.get("https://other.test/x")
    assert name_of_peer("other.test", raised.value) == "other.test"


def test_a_proxy_whose_certificate_is_refused_is_named(certificate: Certificate) -> None:
    with raw_server(context=certificate.context()) as server:
        address = ProxyAddress("https", "127.0.0.1", server.port)
        with (
            client(ssl.create_default_context(), address) as http,
            pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED") as raised,
        ):
            http.get("https://kie.test/x")
    assert name_of_peer("kie.test", raised.value) == f"the proxy 127.0.0.1:{server.port}"


def test_a_proxy_that_never_answers_ends_at_the_deadline(trusting: ssl.SSLContext) -> None:
    with raw_server([60.0]) as server:
        address = ProxyAddress("http", "127.0.0.1", server.port)
        with client(trusting, address) as http, pytest.raises(httpx.ReadTimeout):
            http.get("https://kie.test", extensions=extensions(SHORT))


def test_a_proxy_that_refuses_is_an_error(trusting: ssl.SSLContext) -> None:
    with raw_server(b"HTTP/1.1 502 Bad gateway\r\nContent-Length: 0\r\n\r\n") as server:
        address = ProxyAddress("http", "127.0.0.1", server.port)
        with client(trusting, address) as http, pytest.raises(httpx.ProxyError, match=r"^502"):
            http.get("https://kie.test")


# Errors.


def _httpcore_exceptions() -> list[type[Exception]]:
    named = [getattr(httpcore, name) for name in httpcore.__all__]
    return [each for each in named if inspect.isclass(each) and issubclass(each, Exception)]


@pytest.mark.parametrize("kind", _httpcore_exceptions(), ids=lambda kind: kind.__name__)
def test_the_translation_of_errors_is_complete(kind: type[Exception]) -> None:
    if kind is httpcore.ConnectionNotAvailable:
        return  # never leaves a pool
    assert issubclass(kind, HTTPCORE_ERRORS)
    error = httpx_error(kind("the reason"))
    assert (type(error).__name__, str(error)) == (kind.__name__, "the reason")
    assert isinstance(error, httpx.TransportError)


def test_the_systems_own_reason_stays_behind_the_error() -> None:
    with client() as http, pytest.raises(httpx.ConnectError) as raised:
        http.get(f"http://127.0.0.1:{closed_port()}")
    reasons = []
    cause: BaseException | None = raised.value
    while cause is not None:
        reasons.append(type(cause))
        cause = cause.__cause__ or cause.__context__
    assert reasons[-1] is ConnectionRefusedError


# What the simulated Kie serves.


def test_files_of_a_real_server(certificate: Certificate, trusting: ssl.SSLContext) -> None:
    with serving(certificate=certificate) as server, client(trusting) as http:
        url = server.faults.file("/a.bin", bytes(300_000), framing="chunked")
        assert [len(http.get(url).content) for _ in range(3)] == [300_000] * 3
        assert server.connections == 1


def test_a_folder_of_certificates_is_searched(tmp_path: Path, certificate: Certificate) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / f"{STORED_HASH}.0").write_bytes(certificate.file.read_bytes())
    folders = os.pathsep.join([str(tmp_path / "a"), str(tmp_path / "b")])
    context = create_ssl_context({"SSL_CERT_DIR": folders})
    with raw_server(OK, context=certificate.context()) as server, client(context) as http:
        assert http.get(server.url).text == "ok"
