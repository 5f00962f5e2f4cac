"""One connection: what is sent, what comes back, and how it breaks."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from threading import Lock

import httpx
import pytest

from kiecli.connection import SOON, Connection, Origin, Piece, connected
from tests.support.fakes import FakeClock
from tests.support.server import Certificate, closed_port, serving

MIB = 1024 * 1024
BODY = bytes(range(256)) * (3 * MIB // 256)
ORIGIN = Origin("http", "host.test", 80)
REQUEST = httpx.Request("GET", "http://host.test/a%20b?c=d", headers={"Accept": "image/*"})
SILENCE = 5.0


class Pair:
    """A connection, and the other end of its socket."""

    def __init__(self) -> None:
        ours, self.theirs = socket.socketpair()
        self.turn = Lock()
        self.clock = FakeClock()
        self.answers: list[HTTPResponse] = []
        self.speakers: list[threading.Thread] = []
        self.connection = Connection(ORIGIN, ours, self.turn, self.clock)

    def says(self, *data: bytes, last: bool = False) -> None:
        """Send in the background, for it may not all find room; and end, if it is the last."""

        def speak() -> None:
            self.theirs.sendall(b"".join(data))
            if last:
                self.theirs.shutdown(socket.SHUT_WR)

        self.speakers.append(threading.Thread(target=speak, daemon=True))
        self.speakers[-1].start()

    def ask(self, request: httpx.Request = REQUEST) -> HTTPResponse:
        self.answers.append(self.connection.ask(request, SILENCE))
        return self.answers[-1]

    def body(self, silence: float = SILENCE) -> Iterator[bytes]:
        """Ask, and yield copies of the pieces that come."""
        return map(bytes, self.connection.body(self.ask(), silence))


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    for speaker in made.speakers:
        speaker.join(SILENCE)
    for answer in made.answers:
        answer.close()
    made.connection.close()
    made.theirs.close()


def until_broken(body: Iterator[Piece]) -> tuple[bytes, Exception | None]:
    """Return what came before an error, and the error."""
    came = bytearray()
    try:
        for piece in body:
            came += piece
    except httpx.TransportError as error:
        return bytes(came), error
    return bytes(came), None


def head(length: object, *more: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {length}", *more, "", ""]
    return "\r\n".join(lines).encode()


def test_a_request_is_what_httpx_made_of_it(pair: Pair) -> None:
    pair.says(head(0))
    posted = httpx.Request(
        "POST", "http://host.test:81/x", headers=[(b"A", b"\xc3\xa9")], json={"u": 1}
    )
    assert pair.ask(posted).status == 200
    assert pair.theirs.recv(4096) == (
        b"POST /x HTTP/1.1\r\nHost: host.test:81\r\nA: \xc3\xa9\r\nContent-Length: 7\r\n"
        b'Content-Type: application/json\r\n\r\n{"u":1}'
    )
    pair.says(head(0))
    pair.ask()
    assert pair.theirs.recv(4096) == (
        b"GET /a%20b?c=d HTTP/1.1\r\nHost: host.test\r\nAccept: image/*\r\n\r\n"
    )


@pytest.mark.parametrize("value", [b"a\r\nB: c", b"a\nb", b"a\rb", b"a\0b"])
def test_a_header_that_would_become_two_is_not_sent(pair: Pair, value: bytes) -> None:
    request = httpx.Request("GET", "http://host.test/", headers=[(b"If-Range", value)])
    with pytest.raises(httpx.LocalProtocolError):
        pair.ask(request)
    with pytest.raises(BlockingIOError):
        pair.theirs.recv(1, socket.MSG_DONTWAIT)


def test_a_body_ends_where_its_length_says(pair: Pair) -> None:
    pair.says(head(len(BODY)), BODY, b"next")
    assert b"".join(pair.body()) == BODY
    assert pair.connection.stirs(SILENCE)


def test_a_small_body_that_comes_soon_is_one_piece(pair: Pair) -> None:
    pair.theirs.sendall(head(9) + b"123")
    timer = threading.Timer(SOON / 10, pair.theirs.sendall, (b"456",))
    timer.start()
    body = pair.body()
    threading.Timer(SOON / 5, pair.theirs.sendall, (b"789",)).start()
    assert list(body) == [b"123456789"]
    timer.join()


def test_what_came_is_held_back_no_longer_than_that(pair: Pair) -> None:
    pair.theirs.sendall(head(9) + b"123")
    answer = pair.ask()

    def passing() -> float:
        pair.clock.advance(SOON / 2)
        return FakeClock.now(pair.clock)

    pair.clock.now = passing  # type: ignore[method-assign]
    body = map(bytes, pair.connection.body(answer, SILENCE))
    assert next(body) == b"123"
    pair.theirs.sendall(b"456")
    assert next(body) == b"456"
    pair.theirs.sendall(b"789")
    assert list(body) == [b"789"]


@pytest.mark.parametrize(("size", "pieces"), [(512 * 1024, 1), (512 * 1024 + 1, 2)])
def test_a_piece_has_half_a_mebibyte_at_most(pair: Pair, size: int, pieces: int) -> None:
    pair.theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * MIB)
    pair.says(head(size), BODY[:size])
    came = list(pair.body())
    assert b"".join(came) == BODY[:size]
    assert len(came) >= pieces
    assert max(map(len, came)) <= 512 * 1024


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", BODY),
        (b"HTTP/1.0 200 OK\r\n\r\n", BODY),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n",
            b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
        ),
    ],
    ids=["until the end", "HTTP/1.0", "chunked"],
)
def test_a_body_without_a_length_is_read_by_the_standard_library(
    pair: Pair, told: bytes, sent: bytes
) -> None:
    pair.says(told, sent, last=True)
    assert b"".join(pair.body()) == BODY


@pytest.mark.parametrize("told", ["", "Transfer-Encoding: chunked\r\n", "Content-Length: 9\r\n"])
@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_some_answers_have_no_body(pair: Pair, status: str, told: str) -> None:
    pair.says(f"HTTP/1.1 {status}\r\n{told}\r\n".encode())
    assert list(pair.body()) == [b""]


@pytest.mark.parametrize("sent", [b"", b"12"], ids=["before a byte", "in the middle"])
def test_silence_is_a_timeout(pair: Pair, sent: bytes) -> None:
    pair.theirs.sendall(head(5) + sent)
    answer = pair.ask()
    pair.connection._socket.settimeout(SOON)
    came, error = until_broken(pair.connection.body(answer, SOON))
    assert (came, type(error)) == (sent, httpx.ReadTimeout)


def test_no_answer_is_a_timeout(pair: Pair) -> None:
    with pytest.raises(httpx.ReadTimeout):
        pair.connection.ask(REQUEST, SOON)


def test_an_end_in_the_middle_comes_after_the_bytes_before_it(pair: Pair) -> None:
    pair.theirs.sendall(head(5) + b"12")
    pair.theirs.shutdown(socket.SHUT_WR)
    body = pair.body()
    assert next(body) == b"12"
    with pytest.raises(httpx.RemoteProtocolError):
        next(body)


def test_an_end_in_the_middle_of_a_chunk_is_told(pair: Pair) -> None:
    pair.theirs.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n12")
    pair.theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(httpx.RemoteProtocolError):
        list(pair.body())


def test_an_end_instead_of_an_answer_is_told(pair: Pair) -> None:
    pair.theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(httpx.RemoteProtocolError):
        pair.ask()


def test_a_reset_comes_after_the_bytes_before_it() -> None:
    with serving() as server:
        url = httpx.URL(server.faults.file("/a.bin", BODY, cuts=[MIB], end="reset"))
        connection = Connection(
            Origin.of(url), connected(Origin.of(url), None, SILENCE), Lock(), FakeClock()
        )
        answer = connection.ask(httpx.Request("GET", url), SILENCE)
        came, error = until_broken(connection.body(answer, SILENCE))
        answer.close()
        connection.close()
    assert type(error) is httpx.ReadError
    assert came
    assert BODY[:MIB].startswith(came)


def test_whoever_left_cannot_be_asked(pair: Pair) -> None:
    pair.theirs.close()
    with pytest.raises(httpx.WriteError):
        pair.ask()


@pytest.mark.parametrize(
    "told",
    [
        head(3, "Content-Length: 4"),
        head("3, 4"),
        head("+3"),
        head("1_0"),
        head("\N{ARABIC-INDIC DIGIT THREE}"),
        head("9" * 19),
        head(3, "Transfer-Encoding: gzip, chunked"),
        head(3, "Transfer-Encoding: chunked", "Transfer-Encoding: gzip"),
        head(3, "no header"),
        head(3, "X: a\rno header"),
        head(3, "X : a"),
        b"HTTP/1.1 200 OK\r\nX-\xc3\xa4: a\r\nContent-Length: 3\r\n\r\n",
        b"HTTP/1.1 x OK\r\n\r\n",
        b"HTTP/9 200 OK\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 999 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 99_999 + b"\r\n\r\n",
    ],
    ids=["two lengths", "listed", "plus", "underscore", "other digits", "digits", "coding",
         "two codings", "no header", "carriage return", "space", "odd name", "no status",
         "version", "TLS", "many headers", "long header"],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_or_in_none_is_refused(pair: Pair, told: bytes) -> None:
    pair.says(told, b"123", last=True)
    with pytest.raises(httpx.RemoteProtocolError):
        pair.ask()


def test_one_length_told_twice_is_one(pair: Pair) -> None:
    pair.says(head("3 ", "Content-Length: 3"), b"123")
    assert b"".join(pair.body()) == b"123"


@pytest.mark.parametrize(("size", "waits"), [(MIB // 2, True), (MIB, False)])
def test_small_bodies_are_taken_in_one_after_the_other(pair: Pair, size: int, waits: bool) -> None:
    pair.says(head(size), BODY[:size])
    body = pair.body()
    taken = threading.Event()

    def take() -> None:
        list(body)
        taken.set()

    with pair.turn:
        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        assert taken.wait(SOON if waits else SILENCE) is not waits
    thread.join()
    assert taken.is_set()


def test_nobody_keeps_the_turn_who_does_something_with_a_piece(pair: Pair) -> None:
    pair.says(head(MIB // 2), BODY[: MIB // 2])
    body = pair.body()
    assert next(body)
    assert not pair.turn.locked()


def test_nobody_keeps_the_turn_while_waiting(pair: Pair) -> None:
    pair.theirs.sendall(head(4) + b"12")
    body = pair.body()
    assert next(body) == b"12"
    thread = threading.Thread(target=list, args=(body,), daemon=True)
    thread.start()
    assert pair.turn.acquire(timeout=SILENCE)
    pair.turn.release()
    pair.theirs.sendall(b"34")
    thread.join(SILENCE)
    assert not thread.is_alive()


# How it comes about.


def test_a_closed_port_is_told() -> None:
    with pytest.raises(httpx.ConnectError):
        connected(Origin("http", "127.0.0.1", closed_port()), None, SILENCE)


def test_silence_in_the_handshake_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        origin = Origin("https", *silent.getsockname())
        with pytest.raises(httpx.ConnectTimeout):
            connected(origin, ssl.create_default_context(), SOON)


def test_tls_is_spoken_where_there_is_a_context(tmp_path: Path) -> None:
    certificate = Certificate.make(tmp_path)
    context = ssl.create_default_context(cafile=certificate.file)
    with serving(certificate=certificate) as server:
        url = httpx.URL(server.faults.file("/a.bin", BODY))
        connection = Connection(
            Origin.of(url), connected(Origin.of(url), context, SILENCE), Lock(), FakeClock()
        )
        answer = connection.ask(httpx.Request("GET", url), SILENCE)
        came = b"".join(map(bytes, connection.body(answer, SILENCE)))
        answer.close()
        connection.close()
    assert came == BODY


@pytest.mark.parametrize("beyond", [1, 100, 4000])
def test_what_tls_has_deciphered_already_is_not_waited_for(tmp_path: Path, beyond: int) -> None:
    """The buffer is full in the middle of a record, and nothing is left in the socket."""
    certificate = Certificate.make(tmp_path)
    context = ssl.create_default_context(cafile=certificate.file)
    with serving(certificate=certificate) as server:
        whole = BODY[: MIB // 2 + beyond]
        url = httpx.URL(server.faults.file("/a.bin", whole, drip=(300_000, 0.0)))
        source = connected(Origin.of(url), context, SILENCE)
        connection = Connection(Origin.of(url), source, Lock(), FakeClock())
        answer = connection.ask(httpx.Request("GET", url), SILENCE)
        came = bytearray()
        for piece in connection.body(answer, 0.5):
            came += piece
            time.sleep(0.1)  # all has come meanwhile
        answer.close()
        connection.close()
    assert came == whole


def test_a_certificate_that_nobody_vouches_for_is_told(tmp_path: Path) -> None:
    with serving(certificate=Certificate.make(tmp_path)) as server:
        origin = Origin.of(httpx.URL(server.url))
        with pytest.raises(httpx.ConnectError) as refusal:
            connected(origin, ssl.create_default_context(), SILENCE)
    assert isinstance(refusal.value.__cause__, ssl.SSLCertVerificationError)


@pytest.mark.parametrize("url", ["ftp://host.test/x", "http:///x", "/x"])
def test_a_url_that_leads_nowhere_is_refused(url: str) -> None:
    with pytest.raises(httpx.UnsupportedProtocol):
        Origin.of(httpx.URL(url))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://host.test/x", ("http", "host.test", 80)),
        ("https://Host.Test", ("https", "host.test", 443)),
        ("https://host.test:81", ("https", "host.test", 81)),
        ("http://[::1]:81", ("http", "::1", 81)),
        ("https://bücher.test", ("https", "xn--bcher-kva.test", 443)),
    ],
)
def test_where_a_url_leads(url: str, origin: tuple[str, str, int]) -> None:
    assert Origin.of(httpx.URL(url)) == origin
