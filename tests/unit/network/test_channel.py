"""Sockets that never block."""

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from kiecli.clock import SystemClock
from kiecli.network.channel import READABLE, WRITABLE, Channel, attempt, wait
from kiecli.network.deadline import Deadline, DeadlineTimeout


@pytest.fixture
def pair() -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield Channel(ours), theirs


def test_what_is_there_is_received(pair: tuple[Channel, socket.socket]) -> None:
    channel, theirs = pair
    theirs.sendall(b"abc")
    assert [channel.receive(2, 1.0), channel.receive(2, 1.0)] == [b"ab", b"c"]
    theirs.close()
    assert channel.receive(2, 1.0) == b""


def test_what_is_not_there_is_waited_for(pair: tuple[Channel, socket.socket]) -> None:
    channel, theirs = pair
    threading.Timer(0.02, theirs.sendall, [b"late"]).start()
    assert channel.receive(10, 20.0) == b"late"


@pytest.mark.parametrize("has_deadline", [True, False])
def test_nothing_is_waited_for_for_longer(
    pair: tuple[Channel, socket.socket], has_deadline: bool
) -> None:
    timeout = DeadlineTimeout(Deadline(SystemClock(), 0.01)) if has_deadline else 0.01
    with pytest.raises(TimeoutError):
        pair[0].receive(10, timeout)


def test_a_deadline_that_is_over_leaves_even_what_is_there(
    pair: tuple[Channel, socket.socket],
) -> None:
    pair[1].sendall(b"more and more")
    with pytest.raises(TimeoutError):
        pair[0].receive(1, DeadlineTimeout(Deadline(SystemClock(), 0.0)))


def test_much_is_sent_as_it_finds_room(pair: tuple[Channel, socket.socket]) -> None:
    channel, theirs = pair
    data = bytes(range(256)) * 20_000
    received = bytearray()

    def receive() -> None:
        while len(received) < len(data):
            received.extend(theirs.recv(65536))

    thread = threading.Thread(target=receive, daemon=True)
    thread.start()
    channel.send(data, 20.0)
    thread.join(20)
    assert received == data


def test_without_room_sending_ends_in_time(pair: tuple[Channel, socket.socket]) -> None:
    with pytest.raises(TimeoutError):
        pair[0].send(bytes(10_000_000), 0.01)


def test_a_channel_is_readable_when_something_or_the_end_is_there(
    pair: tuple[Channel, socket.socket],
) -> None:
    channel, theirs = pair
    readable = [channel.is_readable]
    theirs.close()
    readable.append(channel.is_readable)
    channel.close()
    readable.append(channel.is_readable)
    assert readable == [False, True, True]


def test_waiting_tells_whether_anything_happened(pair: tuple[Channel, socket.socket]) -> None:
    source = pair[0].socket
    assert source is not None
    assert [wait(source, WRITABLE, 1.0), wait(source, READABLE, 0.01)] == [True, False]


@pytest.mark.parametrize("wants", [ssl.SSLWantWriteError(), ssl.SSLWantReadError()])
def test_tls_waits_for_what_it_wants_whatever_the_step_is(
    pair: tuple[Channel, socket.socket], wants: ssl.SSLError
) -> None:
    channel, theirs = pair
    theirs.sendall(b"x")  # both directions are ready
    assert channel.socket is not None
    answers: list[int | ssl.SSLError] = [wants, 5]

    def step() -> int:
        answer = answers.pop(0)
        if isinstance(answer, ssl.SSLError):
            raise answer
        return answer

    assert attempt(channel.socket, step, READABLE, 1.0) == 5
