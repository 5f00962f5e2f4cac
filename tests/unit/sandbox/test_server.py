"""The sandbox's door: real HTTP/1.1, quiet whatever happens to a connection."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from kiecli.sandbox.server import SandboxServer


@contextmanager
def open_door(answer: Callable[[httpx.Request], httpx.Response]) -> Iterator[SandboxServer]:
    with SandboxServer(0, lambda _url: answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def exchange(server: SandboxServer, *requests: bytes) -> bytes:
    """Send requests over one connection and return all that comes back."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as connection:
        connection.sendall(b"".join(requests))
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def echo(request: httpx.Request) -> httpx.Response:
    echoed = f"{request.method} {request.url.path} {request.read().decode()}"
    return httpx.Response(200, headers={"Date": "now"}, text=echoed)


def test_a_connection_is_kept_for_several_requests(capfd: pytest.CaptureFixture[str]) -> None:
    with open_door(echo) as server:
        answered = exchange(
            server,
            b"GET /a%20b?x=1 HTTP/1.1\r\nHost: h\r\n\r\n",
            b"POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
            b"POST /d HTTP/1.1\r\nHost: h\r\nContent-Length: none\r\n\r\n",
        )
    head = (
        b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: %d\r\n"
        b"content-type: text/plain; charset=utf-8\r\n\r\n"
    )
    bodies = (b"GET /a b ", b"POST /c abc", b"POST /d ")
    assert answered == b"".join(head % len(body) + body for body in bodies)
    assert capfd.readouterr() == ("", "")


def test_a_head_is_a_get_without_the_body() -> None:
    with open_door(echo) as server:
        answered = exchange(server, *[b"HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n"] * 2)
    head = (
        b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 7\r\n"
        b"content-type: text/plain; charset=utf-8\r\n\r\n"
    )
    assert answered == head * 2


def test_an_answer_without_a_length_gets_one_and_a_date() -> None:
    def unsized(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(b"abc"))

    with open_door(unsized) as server, httpx.Client(trust_env=False) as client:
        response = client.get(server.url)
    assert (list(response.headers), response.text) == (["date", "content-length"], "abc")


def test_an_answer_may_lie_about_its_length() -> None:
    def lying(_request: httpx.Request) -> httpx.Response:
        headers = {"Content-Length": "4"}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"abc"))

    with open_door(lying) as server:
        answered = exchange(server, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert answered.endswith(b"\r\ncontent-length: 4\r\n\r\nabc")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ConnectionResetError(), ""),
        (BrokenPipeError(), ""),
        (KeyError("oops"), "KeyError: 'oops'\n"),
    ],
)
def test_only_a_mistake_of_its_own_is_talked_about(
    capfd: pytest.CaptureFixture[str], error: Exception, message: str
) -> None:
    """A client may leave in the middle of an answer: kiecli does, when it is interrupted."""

    def broken(_request: httpx.Request) -> httpx.Response:
        raise error

    with open_door(broken) as server:
        assert exchange(server, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n") == b""
    stderr = capfd.readouterr().err
    assert (message in stderr, stderr == "") == (True, message == "")
