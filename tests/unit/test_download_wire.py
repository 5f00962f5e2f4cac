"""A large body is received from the socket itself, a small one or a strange one is not."""

import random
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from kiecli.download.answer import Answer
from kiecli.download.wire import chunks, received
from tests.server import Certificate, serving

MIB = 1024 * 1024
DENSE = random.Random(1).randbytes(6 * MIB)
LARGE = bytes(range(256)) * (5 * MIB // 256)


@contextmanager
def answer_of(url: str, ca: Path | None = None) -> Iterator[tuple[httpx.Response, Answer]]:
    context = ssl.create_default_context(cafile=ca)
    client = httpx.Client(trust_env=False, verify=context, timeout=5)
    with client, client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response:
        yield response, Answer.read(response.status_code, response.headers)


def kinds(response: httpx.Response, answer: Answer) -> tuple[set[type], bytes]:
    """Return what the chunks are after the first one, and all of them joined."""
    found: list[type] = []
    body = bytearray()
    for chunk in chunks(response, answer):
        found.append(type(chunk))
        body += chunk
    return set(found[1:]), bytes(body)


@pytest.mark.parametrize(
    ("script", "body", "kind"),
    [
        ({}, LARGE, {memoryview}),
        ({"framing": "chunked"}, LARGE, {bytes}),
        ({"framing": "close"}, LARGE, {bytes}),
        ({"gzipped": True}, LARGE, {bytes}),
        ({"gzipped": True}, DENSE, {bytes}),
        ({}, LARGE[: 4 * MIB], {bytes}),
        ({}, b"", set()),
        ({}, b"x", set()),
    ],
)
def test_the_body_comes_whole_by_either_way(
    script: dict[str, object], body: bytes, kind: set[type]
) -> None:
    with serving() as server:
        url = server.faults.file("/a.bin", body, **script)
        with answer_of(url) as (response, answer):
            assert kinds(response, answer) == (kind, body)


def test_the_socket_is_used_over_tls_too(tmp_path: Path) -> None:
    certificate = Certificate.make(tmp_path)
    with serving(certificate=certificate) as server:
        url = server.faults.file("/a.bin", LARGE)
        with answer_of(url, certificate.file) as (response, answer):
            assert kinds(response, answer) == ({memoryview}, LARGE)


@pytest.mark.parametrize(
    ("url", "extensions"),
    [
        # Through a proxy that speaks TLS, the socket holds TLS inside of TLS.
        ("https://a.test/", {}),
        ("http://a.test/", {"http_version": b"HTTP/1.0"}),
        ("http://a.test/", {"network_stream": None}),
    ],
)
def test_what_is_no_plain_socket_is_left_to_the_parser(
    url: str, extensions: dict[str, object]
) -> None:
    class Tunnel(httpx.BaseTransport):
        def handle_request(self, _request: httpx.Request) -> httpx.Response:
            body = httpx.Response(200, content=LARGE).stream
            told = {"network_stream": self, **extensions}
            return httpx.Response(200, stream=body, extensions=told)

        def get_extra_info(self, _name: str) -> socket.socket:
            return inner

    with (
        socket.socket() as inner,
        httpx.Client(transport=Tunnel()) as client,
        client.stream("GET", url) as response,
    ):
        answer = Answer.read(response.status_code, response.headers)
        first, *others = chunks(response, answer._replace(length=2 * len(LARGE)))
        assert (first, others) == (LARGE, [])


@pytest.mark.parametrize(
    ("ending", "error"),
    [
        ("close", httpx.RemoteProtocolError),
        ("reset", httpx.ReadError),
    ],
)
def test_a_connection_that_breaks_is_told_in_httpx_s_terms(
    ending: str, error: type[Exception]
) -> None:
    with serving() as server:
        url = server.faults.file("/a.bin", LARGE, cuts=[MIB], end=ending)
        with answer_of(url) as (response, answer), pytest.raises(error):
            kinds(response, answer)


def test_silence_is_a_timeout() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"12")
        coming = received(ours, 5, timeout=0.01)
        assert bytes(next(coming)) == b"12"
        with pytest.raises(httpx.ReadTimeout):
            next(coming)


def test_not_a_byte_more_than_the_body_is_taken() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        threading.Thread(target=theirs.sendall, args=(LARGE + b"next",), daemon=True).start()
        body = b"".join(bytes(chunk) for chunk in received(ours, len(LARGE)))
        assert (body == LARGE, ours.recv(9)) == (True, b"next")
