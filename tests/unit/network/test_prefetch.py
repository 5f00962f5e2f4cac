"""Whether there is something to read, and what was received to find that out."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Thread

import pytest

from kiecli.clock import SystemClock
from kiecli.network.deadline import Deadline
from kiecli.network.transport import Prefetch, is_readable
from tests.support.server import Certificate

Pair = tuple[ssl.SSLSocket, ssl.SSLSocket, socket.socket]
"""The client's end of a connection, the server's, and the socket beneath the server's TLS."""


@pytest.fixture
def pair() -> Iterator[Pair]:
    certificate = Certificate.stored()
    context = ssl.create_default_context(cafile=certificate.file)
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        plain = stack.enter_context(socket.create_connection(listener.getsockname()))
        accepted = stack.enter_context(listener.accept()[0])
        below = stack.enter_context(accepted.dup())
        theirs = certificate.context().wrap_socket(
            accepted, server_side=True, do_handshake_on_connect=False
        )
        shaking = Thread(target=theirs.do_handshake)
        shaking.start()
        ours = stack.enter_context(context.wrap_socket(plain, server_hostname="127.0.0.1"))
        shaking.join()
        stack.enter_context(theirs)
        theirs.send(b"first")  # with what TLS sends after its handshake
        assert ours.recv(5) == b"first"
        ours.setblocking(False)
        yield ours, theirs, below


def soon() -> Deadline:
    return Deadline(SystemClock(), 0.05)


def test_what_is_received_ahead_is_given_once(pair: Pair) -> None:
    ours, theirs, _ = pair
    prefetch = Prefetch()
    theirs.send(b"more")
    found = [prefetch.receive(ours, soon()), prefetch.take(), prefetch.take()]
    assert found == [True, b"more", b""]


def test_the_begin_of_a_record_is_nothing_to_read(pair: Pair) -> None:
    ours, _, below = pair
    prefetch = Prefetch()
    below.sendall(b"\x17\x03\x03\x00\x20half of it")  # application data, 32 bytes (RFC 8446, 5.1)
    found = is_readable(ours), prefetch.receive(ours, soon()), prefetch.take()
    assert found == (True, False, b"")


def test_an_error_that_is_met_ahead_is_raised_by_the_read(pair: Pair) -> None:
    ours, _, below = pair
    prefetch = Prefetch()
    below.sendall(b"this is not TLS")
    assert prefetch.receive(ours, soon()) is True
    with pytest.raises(ssl.SSLError):
        prefetch.take()
    assert prefetch.take() == b""


def test_an_end_is_something_to_read(pair: Pair) -> None:
    ours, theirs, below = pair
    theirs.close()
    below.close()
    assert Prefetch().receive(ours, soon()) is True


def test_without_tls_what_is_there_is_received_ahead_too() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        prefetch = Prefetch()
        found = [prefetch.receive(ours, soon())]
        theirs.send(b"here")
        found += [prefetch.receive(ours, soon())]
        assert (found, prefetch.take(), prefetch.take()) == ([False, True], b"here", b"")
