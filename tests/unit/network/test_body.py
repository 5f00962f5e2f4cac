"""Bodies of files: through httpx, and the rest of large ones from the socket."""

import platform
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from threading import Event, Thread
from typing import TypeVar

import httpx
import pytest

from kiecli.clock import SystemClock
from kiecli.network.body import BUFFER_SIZE, GATHER_TIME, MIN_LARGE_BODY, first_bytes, iter_body
from kiecli.network.connect import Connector
from kiecli.network.deadline import Deadline
from kiecli.network.errors import describe_error
from kiecli.network.transport import PoolTransport
from tests.support.fakes import FakeClock
from tests.support.raw_server import Answer, RawServer, Step, dripping, raw_server
from tests.support.resources import nothing_left_behind
from tests.support.server import Certificate

T = TypeVar("T")

LARGE = bytes(range(256)) * ((MIN_LARGE_BODY + 1_000_000) // 256)
SHORT = 0.3
"""Seconds of a deadline that is to run out."""
LONG = 20.0
"""Seconds of one that is not."""


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return Certificate.stored()


class Received:
    """What came of a body.

    Attributes:
        chunks: How large each chunk was, and whether it was received directly.
    """

    def __init__(self) -> None:
        self.data = bytearray()
        self.chunks: list[tuple[int, bool]] = []

    @property
    def is_direct(self) -> bool:
        return any(direct for _, direct in self.chunks)


def request_body(
    server: RawServer, certificate: Certificate, received: Received, seconds: float = LONG
) -> None:
    """Ask for a body, and take it in."""
    with client(certificate) as http:
        take(http, server, received, seconds)


@contextmanager
def client(certificate: Certificate) -> Iterator[httpx.Client]:
    clock = SystemClock()
    context = ssl.create_default_context(cafile=certificate.file)
    transport = PoolTransport(Connector(clock), clock, context)
    with httpx.Client(transport=transport, trust_env=False) as http:
        yield http


def take(http: httpx.Client, server: RawServer, received: Received, seconds: float = 20.0) -> None:
    deadline = Deadline(SystemClock(), seconds)
    extensions = {"timeout": deadline.timeouts()}
    with http.stream("GET", server.url, extensions=extensions) as response:
        for chunk in iter_body(response, deadline):
            received.data += b"".join(chunk)
            received.chunks.append((sum(map(len, chunk)), isinstance(chunk[0], memoryview)))


def head(length: object, *more: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {length}", *more, "", ""]).encode()


def chunked(data: bytes) -> bytes:
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return start + b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data)


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_the_rest_of_a_large_body_comes_from_the_socket(
    is_encrypted: bool, certificate: Certificate
) -> None:
    context = certificate.context() if is_encrypted else None
    received = Received()
    with nothing_left_behind(), raw_server(head(len(LARGE)) + LARGE, context=context) as server:
        request_body(server, certificate, received)
    assert received.data == LARGE
    assert [direct for _, direct in received.chunks] == [False] + [True] * (
        len(received.chunks) - 1
    )
    assert max(size for size, _ in received.chunks) <= BUFFER_SIZE


def test_bytes_after_a_large_body_are_none_of_it(certificate: Certificate) -> None:
    received = Received()
    with raw_server(head(len(LARGE)) + LARGE + b"HTTP/1.1 200 more", keep=True) as server:
        request_body(server, certificate, received)
    assert received.data == LARGE


def test_a_connection_is_kept_after_a_small_body_only(certificate: Certificate) -> None:
    small, large = head(2) + b"ok", head(len(LARGE)) + LARGE
    with raw_server(small, small, large, small, keep=True) as server, client(certificate) as http:
        counts = []
        for _ in range(4):
            take(http, server, Received())
            counts.append(server.connections)
    assert counts == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (head(len(LARGE), "Content-Encoding: gzip") + LARGE, LARGE),
        (chunked(LARGE).replace(b"OK", b"OK\r\nContent-Length: 5000000"), LARGE),
        (chunked(LARGE), LARGE),
        (head(len(LARGE)).replace(b"1.1", b"1.0") + LARGE, LARGE),
        (b"HTTP/1.1 200 OK\r\n\r\n" + LARGE, LARGE),
        (head(MIN_LARGE_BODY) + LARGE[:MIN_LARGE_BODY], LARGE[:MIN_LARGE_BODY]),
        (head(0), b""),
        (head(len(LARGE)).replace(b"200", b"304"), b""),
        (head(len(LARGE)).replace(b"200", b"204"), b""),
    ],
    ids=["packed", "both", "chunks", "HTTP/1.0", "no length", "small", "empty", "304", "204"],
)  # fmt: skip
def test_everything_else_comes_through_httpx(
    answer: bytes, expected: bytes, certificate: Certificate
) -> None:
    received = Received()
    with raw_server(answer) as server:
        request_body(server, certificate, received)
    assert (bytes(received.data) == expected, received.is_direct) == (True, False)


def test_a_name_of_no_compression_does_not_matter(certificate: Certificate) -> None:
    received = Received()
    with raw_server(head(len(LARGE), "Content-Encoding: utf-8") + LARGE) as server:
        request_body(server, certificate, received)
    assert (received.data == LARGE, received.is_direct) == (True, True)


def test_something_else_in_the_networks_place_has_no_socket() -> None:
    answer = httpx.Response(200, stream=httpx.ByteStream(LARGE))
    answer.headers["Content-Length"] = str(len(LARGE))
    with httpx.Client(transport=httpx.MockTransport(lambda _: answer)) as http:
        deadline = Deadline(FakeClock(), 20.0)
        with http.stream("GET", "http://kie.test") as response:
            assert b"".join(chain.from_iterable(iter_body(response, deadline))) == LARGE


CUT = LARGE[:3_000_000]

BROKEN: list[tuple[str, Callable[[], Answer], type[Exception]]] = [
    ("cut off", lambda: head(len(LARGE)) + CUT, httpx.RemoteProtocolError),
    ("cut off at once", lambda: head(len(LARGE)), httpx.RemoteProtocolError),
    ("a small one cut off", lambda: head(9) + b"12345678", httpx.RemoteProtocolError),
    ("silent", lambda: [head(len(LARGE)) + CUT, 60.0], httpx.ReadTimeout),
    ("silent at once", lambda: [head(len(LARGE)), 60.0], httpx.ReadTimeout),
    ("a small one silent", lambda: [head(9) + b"12345678", 60.0], httpx.ReadTimeout),
    ("a chunk", lambda: [chunked(b"ok")[:-5], *dripping(b"5;" + b"x" * 99)], httpx.ReadTimeout),
    ("trailers", lambda: [chunked(b"ok")[:-2], *dripping(b"X: y\r\n" * 99)], httpx.ReadTimeout),
]  # fmt: skip


@pytest.mark.parametrize("is_encrypted", [False, True])
@pytest.mark.parametrize(
    ("answer", "error"), [row[1:] for row in BROKEN], ids=[r[0] for r in BROKEN]
)
def test_what_ends_early_or_never_is_an_error(
    answer: Callable[[], Answer],
    error: type[Exception],
    is_encrypted: bool,
    certificate: Certificate,
) -> None:
    received = Received()
    context = certificate.context() if is_encrypted else None
    # What ends by itself has time to, on a busy machine too.
    seconds = SHORT if error is httpx.ReadTimeout else LONG
    with (
        nothing_left_behind(),
        raw_server(answer(), context=context) as server,
        pytest.raises(error),
    ):
        request_body(server, certificate, received, seconds)
    assert len(received.data) < len(LARGE)


def test_what_came_before_a_break_is_not_lost(certificate: Certificate) -> None:
    received = Received()
    with raw_server(head(len(LARGE)) + CUT) as server, pytest.raises(httpx.RemoteProtocolError):
        request_body(server, certificate, received)
    assert received.data == CUT


def test_a_body_may_take_longer_than_its_deadline_while_it_comes(certificate: Certificate) -> None:
    """Each chunk has the whole time again; the one before has it no more."""
    pieces: list[Step] = [head(8)]
    for at in range(8):
        pieces += [0.1, b"%d" % at]
    received = Received()
    with raw_server(pieces) as server:
        request_body(server, certificate, received, 0.4)
    assert received.data == b"01234567"


@pytest.mark.parametrize("body", [b"0123", LARGE], ids=["small", "large"])
def test_who_takes_long_over_a_chunk_does_not_spend_the_servers_time(
    body: bytes, certificate: Certificate
) -> None:
    clock = FakeClock()
    deadline = Deadline(clock, 20.0)
    half = len(body) // 2
    received = 0
    with (
        raw_server([head(len(body)) + body[:half], 0.1, body[half:]]) as server,
        client(certificate) as http,
        http.stream("GET", server.url, extensions={"timeout": deadline.timeouts()}) as response,
    ):
        for chunk in iter_body(response, deadline):
            clock.advance(60.0)
            received += sum(map(len, chunk))
    assert received == len(body)


@pytest.mark.parametrize("beyond", [-1, 0, 1, 20_000])
def test_a_body_about_as_large_as_the_buffer_comes_whole(
    beyond: int, certificate: Certificate
) -> None:
    body = bytes(range(256)) * ((BUFFER_SIZE + 20_480) // 256)
    received = Received()
    body = body[: BUFFER_SIZE + beyond]
    with raw_server(head(len(body)) + body) as server:
        request_body(server, certificate, received)
    assert received.data == body


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_a_small_body_is_one_chunk(is_encrypted: bool, certificate: Certificate) -> None:
    received = Received()
    body = LARGE[:300_000]
    context = certificate.context() if is_encrypted else None
    pieces: list[Step] = [head(len(body)) + body[:100_000], 0.005, body[100_000:]]
    with raw_server(pieces, context=context) as server:
        request_body(server, certificate, received)
    assert (received.data == body, len(received.chunks)) == (True, 1)


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_what_came_of_a_small_body_is_yielded_while_the_host_is_silent(
    is_encrypted: bool, certificate: Certificate
) -> None:
    received = Received()
    context = certificate.context() if is_encrypted else None

    def answer() -> Iterator[Step]:
        yield head(4) + b"01"
        for _ in range(500):  # until it has been yielded: for five seconds at most
            if not received.data:
                yield 0.01
        yield b"23"

    with raw_server(answer(), context=context) as server:
        request_body(server, certificate, received)
    assert (bytes(received.data), [size for size, _ in received.chunks]) == (b"0123", [2, 2])


def test_what_came_is_yielded_while_the_host_is_silent_within_a_tls_record(
    certificate: Certificate,
) -> None:
    """A packet rarely ends where a record does: the socket is readable, and TLS has nothing."""
    has_come = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, client(certificate) as http:
        pieces = [head(4) + b"01", b"23"]
        answering = Thread(target=send_but_a_byte, args=(listener, certificate, pieces, has_come))
        answering.start()
        chunks = []
        deadline = Deadline(SystemClock(), LONG)
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        extensions = {"timeout": deadline.timeouts()}
        with http.stream("GET", url, extensions=extensions) as response:
            for chunk in iter_body(response, deadline):
                chunks.append(b"".join(chunk))
                has_come.set()
        answering.join()
    assert chunks == [b"01", b"23"]


def send_but_a_byte(
    listener: socket.socket, certificate: Certificate, pieces: list[bytes], has_come: Event
) -> None:
    """Answer a request over TLS, a record for each piece; hold the last byte back for a while.

    For as long as nothing of the body has come, five seconds at most.
    """
    connection, _ = listener.accept()
    received, unsent = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = certificate.context().wrap_bio(received, unsent, server_side=True)

    def carry_out(step: Callable[[], T]) -> T:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                connection.sendall(unsent.read())
                received.write(connection.recv(65536))

    with connection:
        carry_out(tls.do_handshake)
        carry_out(lambda: tls.read(65536))
        for piece in pieces:
            tls.write(piece)
        records = unsent.read()
        connection.sendall(records[:-1])
        has_come.wait(5.0)
        connection.sendall(records[-1:])


def test_what_drips_in_is_not_held_back_for_long(certificate: Certificate) -> None:
    received = Received()
    with raw_server(dripping(head(100) + bytes(100), GATHER_TIME / 5)) as server:
        request_body(server, certificate, received)
    assert (received.data == bytes(100), len(received.chunks) > 1) == (True, True)


def test_what_came_of_a_small_body_before_it_broke_is_not_lost(certificate: Certificate) -> None:
    received = Received()
    pieces: list[Step] = [head(9) + b"01", 0.005, b"23"]
    with raw_server(pieces) as server, pytest.raises(httpx.RemoteProtocolError):
        request_body(server, certificate, received)
    assert (bytes(received.data), [size for size, _ in received.chunks]) == (b"0123", [4])


def test_the_first_bytes_take_no_more_pieces_than_they_need() -> None:
    pieces: Iterator[bytes | memoryview] = iter([b"ab", memoryview(b"cdef"), b"gh"])
    assert first_bytes(3, pieces) == b"abc"
    assert list(pieces) == [b"gh"]
    assert first_bytes(3, [b"a", b"b"]) == b"ab"


PAGE_FAULTS = """
import resource
from kiecli.network.body import keep_freed_memory

def page_faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def after_many_bodies():
    before = page_faults()
    for _ in range(100):
        pieces = [b"x" * 100_000 for _ in range(5)]
        del pieces
    return page_faults() - before

print(after_many_bodies() > 1000)
keep_freed_memory()
print(after_many_bodies() > 1000)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries keep memory anyway")
def test_freed_memory_is_kept_for_what_arrives_next() -> None:
    line = [sys.executable, "-c", PAGE_FAULTS]
    run = subprocess.run(line, check=True, capture_output=True, text=True)
    assert run.stdout == "True\nFalse\n"


def test_a_reset_is_an_error(certificate: Certificate) -> None:
    received = Received()
    with (
        nothing_left_behind(),
        raw_server([head(len(LARGE)) + CUT, 0.1, None]) as server,
        # Where it comes together with the last bytes, it is an end like any other.
        pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)) as raised,
    ):
        request_body(server, certificate, received)
    assert describe_error(raised.value) in {
        "connection reset by peer",
        "the connection was closed in the middle of an answer",
    }
