"""Connections that are kept, dropped and shared, and when httpx's own transport takes over."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
import pytest

from kiecli.direct import MAX_IDLE, PIECES, DirectTransport
from tests.support.fakes import FakeClock
from tests.support.server import FaultyServer, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Direct:
    """A client over the direct transport.

    Attributes:
        clock: Moves when told to.
        asked_otherwise: The requests that came to the other transport.
    """

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.asked_otherwise: list[str] = []
        self.made = 0
        self._transport = DirectTransport(None, self._otherwise, self.clock)
        self.client = httpx.Client(transport=self._transport, trust_env=False, timeout=5)

    @property
    def kept(self) -> int:
        """How many connections are idle."""
        return len(self._transport._idle._resting)

    def _otherwise(self) -> httpx.BaseTransport:
        def answer(request: httpx.Request) -> httpx.Response:
            self.asked_otherwise.append(str(request.url))
            return httpx.Response(200, text="otherwise")

        self.made += 1
        return httpx.MockTransport(answer)


@pytest.fixture
def direct() -> Iterator[Direct]:
    made = Direct()
    with made.client:
        yield made


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with serving() as started:
        yield started


@contextmanager
def saying(answers: Sequence[bytes]) -> Iterator[str]:
    """Serve canned answers, all on one connection, that ends after the last one."""

    def converse() -> None:
        connection, _ = listener.accept()
        with connection:
            for answer in answers:
                connection.recv(65536)
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=converse, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_one_connection_serves_one_question_after_the_other(
    direct: Direct, server: FaultyServer
) -> None:
    url = server.faults.file("/a.bin", bytes(100_000))
    for _ in range(3):
        assert len(direct.client.get(url).content) == 100_000
    assert server.connections == 1


def test_two_questions_at_once_take_two(direct: Direct, server: FaultyServer) -> None:
    url = server.faults.file("/a.bin", b"ok")
    with direct.client.stream("GET", url) as first:
        assert direct.client.get(url).text == "ok"
        assert first.read() == b"ok"
    assert [direct.client.get(url).text for _ in range(3)] == ["ok"] * 3
    assert server.connections == 2


def test_another_server_takes_another(direct: Direct, server: FaultyServer) -> None:
    url = server.faults.file("/a.bin", b"ok")
    elsewhere = url.replace("127.0.0.1", "localhost")
    assert [direct.client.get(u).text for u in (url, elsewhere, url, elsewhere)] == ["ok"] * 4
    assert server.connections == 2


@pytest.mark.parametrize(("idle", "connections"), [(MAX_IDLE - 1, 1), (MAX_IDLE, 2)])
def test_a_connection_that_was_idle_for_long_is_dropped(
    direct: Direct, server: FaultyServer, idle: float, connections: int
) -> None:
    url = server.faults.file("/a.bin", b"ok")
    direct.client.get(url)
    direct.clock.advance(idle)
    direct.client.get(url)
    assert server.connections == connections


def test_a_connection_that_the_server_ended_is_dropped(direct: Direct) -> None:
    with saying([OK]) as url:
        assert direct.client.get(url).text == "ok"
    with pytest.raises(httpx.ConnectError):  # asked anew, and nobody listens any more
        direct.client.get(url)


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
     b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
)  # fmt: skip
def test_a_connection_that_the_server_will_end_is_not_kept(direct: Direct, answer: bytes) -> None:
    with saying([answer]) as url:
        assert direct.client.get(url).text == "ok"
    assert direct.kept == 0


def test_a_body_that_nobody_read_to_its_end_takes_its_connection_along(
    direct: Direct, server: FaultyServer
) -> None:
    url = server.faults.file("/a.bin", bytes(100_000))
    with direct.client.stream("GET", url) as response:
        assert next(response.extensions[PIECES]())
    assert len(direct.client.get(url).content) == 100_000
    assert server.connections == 2


def test_a_body_is_given_once(direct: Direct, server: FaultyServer) -> None:
    url = server.faults.file("/a.bin", bytes(100_000))
    with direct.client.stream("GET", url) as response:
        pieces = response.extensions[PIECES]
        assert sum(map(len, pieces())) == 100_000
        with pytest.raises(httpx.StreamConsumed):
            next(pieces())
        response.stream.close()  # type: ignore[union-attr]
        response.stream.close()  # type: ignore[union-attr]
    assert direct.kept == 1


def test_of_many_idle_connections_the_oldest_are_dropped(
    direct: Direct, server: FaultyServer
) -> None:
    url = server.faults.file("/a.bin", b"ok")
    at_once = threading.Barrier(40)

    def ask() -> None:
        with direct.client.stream("GET", url) as response:
            at_once.wait(20)
            response.read()

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (server.connections, direct.kept) == (40, 32)


def test_news_before_the_answer_are_for_httpx_s_own_transport(direct: Direct) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK
    for _ in range(2):
        with saying([hints]) as url:
            assert direct.client.get(url).text == "otherwise"
    assert (len(direct.asked_otherwise), direct.made) == (2, 1)


def test_a_request_that_the_server_continues_is_answered(direct: Direct) -> None:
    with saying([b"HTTP/1.1 100 Continue\r\n\r\n" + OK]) as url:
        assert direct.client.get(url).text == "ok"


def test_a_question_that_fails_ends_its_connection(direct: Direct) -> None:
    with saying([b"nonsense\r\n\r\n"]) as url, pytest.raises(httpx.RemoteProtocolError):
        direct.client.get(url)


def test_headers_come_as_they_were_sent(direct: Direct) -> None:
    sent = b'HTTP/1.1 200 Fine\r\nX: \xe9\r\nX: 2\r\n 3\r\netag: "a"\r\nContent-Length: 0\r\n\r\n'
    with saying([sent]) as url:
        response = direct.client.get(url)
    assert response.headers.raw == [
        (b"X", b"\xe9"),
        (b"X", b"2 3"),
        (b"etag", b'"a"'),
        (b"Content-Length", b"0"),
    ]
