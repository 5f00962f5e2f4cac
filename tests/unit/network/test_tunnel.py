"""TLS inside TLS: where it would have to wait it says so, and goes on where it stopped."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar, cast

import pytest

from kiecli.network.tunnel import TunnelSocket
from tests.support.server import Certificate

T = TypeVar("T")


class Server:
    """A server behind a proxy, and in one the connection to that proxy: all of it in memory.

    Attributes:
        deciphered: How many bytes the outer TLS has deciphered already.
        left: How many bytes can be sent before there has to be a wait.
        room: How many can be sent after it.
        is_closed: Whether the connection has ended.
    """

    def __init__(self) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = Certificate.stored().context()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.left = self.room = 1_000_000
        self.deciphered = 0
        self.is_closed = False

    def send(self, data: bytes) -> int:
        if not self.left:
            self.left = self.room  # after the wait there is room again
            raise ssl.SSLWantWriteError
        count = min(self.left, len(data))
        self.left -= count
        return self._incoming.write(data[:count])

    def recv(self, max_bytes: int) -> bytes:
        if not self._outgoing.pending and not self.is_closed:
            raise ssl.SSLWantReadError
        return self._outgoing.read(max_bytes)

    def pending(self) -> int:
        return self.deciphered

    @property
    def has_answered(self) -> bool:
        """Whether a wait until something can be received would come to an end."""
        return self._outgoing.pending > 0

    def fileno(self) -> int:
        return 7

    def close(self) -> None:
        self.is_closed = True

    def received(self) -> bytes:
        """Return what came through both layers."""
        found = b""
        with suppress(ssl.SSLWantReadError):
            while piece := self.tls.read(65536):
                found += piece
        return found


def tunnel(server: Server) -> TunnelSocket:
    context = ssl.create_default_context(cafile=Certificate.stored().file)
    return TunnelSocket(cast(ssl.SSLSocket, server), context, "localhost")


def finished(step: Callable[[], T], server: Server) -> T:
    """Take a step each time it is ready, as `attempt` does, while the server does its part."""
    while True:
        try:
            return step()
        except ssl.SSLWantWriteError:
            continue
        except ssl.SSLWantReadError:
            with suppress(ssl.SSLWantReadError):
                server.tls.do_handshake()
            assert server.has_answered, "it would wait for ever"


@pytest.fixture
def pair() -> tuple[TunnelSocket, Server]:
    """A tunnel and its server, after the handshake."""
    server = Server()
    ours = tunnel(server)
    finished(ours.do_handshake, server)
    server.tls.do_handshake()
    return ours, server


def test_bytes_go_through_both_ways(pair: tuple[TunnelSocket, Server]) -> None:
    ours, server = pair
    assert ours.send(b"question") == 8
    assert server.received() == b"question"
    server.tls.write(b"answer")
    server.deciphered = 10
    assert [ours.recv(2), ours.pending(), ours.recv(10)] == [b"an", 14, b"swer"]


def test_what_finds_no_room_goes_out_with_the_next_steps_and_only_once(
    pair: tuple[TunnelSocket, Server],
) -> None:
    ours, server = pair
    server.left = server.room = 1000
    data = bytes(range(256)) * 40
    assert ours.send(data) == len(data)
    assert server.received() == b""  # a record is deciphered as a whole
    with pytest.raises(ssl.SSLWantWriteError):
        ours.send(b"not before the rest is out")
    waits = 0
    while server.received() != data:
        with pytest.raises((ssl.SSLWantReadError, ssl.SSLWantWriteError)):
            ours.recv(10)
        waits += 1
    assert waits > 5


def test_a_handshake_goes_on_where_there_was_no_room() -> None:
    server = Server()
    server.left = server.room = 50
    ours = tunnel(server)
    finished(ours.do_handshake, server)
    assert finished(lambda: ours.send(b"question"), server) == 8


def test_nothing_there_is_a_reason_to_wait(pair: tuple[TunnelSocket, Server]) -> None:
    ours, _ = pair
    with pytest.raises(ssl.SSLWantReadError):
        ours.recv(10)


def test_the_end_of_the_connection_is_the_end(pair: tuple[TunnelSocket, Server]) -> None:
    ours, server = pair
    ours.close()
    assert (server.is_closed, ours.recv(10), ours.fileno()) == (True, b"", 7)


def test_an_end_in_the_handshake_is_an_error() -> None:
    server = Server()
    server.close()
    with pytest.raises(ssl.SSLEOFError):
        tunnel(server).do_handshake()


def test_a_certificate_for_another_name_is_refused() -> None:
    server = Server()
    context = ssl.create_default_context(cafile=Certificate.stored().file)
    ours = TunnelSocket(cast(ssl.SSLSocket, server), context, "other.test")
    with pytest.raises(ssl.SSLCertVerificationError):
        finished(ours.do_handshake, server)
