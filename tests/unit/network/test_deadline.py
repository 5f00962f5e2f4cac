"""Deadlines, and the sockets that wait no longer than they say."""

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from kiecli.clock import SystemClock
from kiecli.network.deadline import CONNECT_TIMEOUT, READABLE, WRITABLE, Deadline, attempt, wait
from tests.support.fakes import FakeClock


def test_time_runs_out_and_starts_anew() -> None:
    clock = FakeClock()
    deadline = Deadline(clock, 20.0)
    deadline.heard = True
    clock.advance(19.0)
    assert (deadline.remaining(), deadline.expired) == (1.0, False)
    clock.advance(1.0)
    assert (deadline.remaining(), deadline.expired, deadline.heard) == (0.0, True, True)
    deadline.restart()
    assert (deadline.remaining(), deadline.expired, deadline.heard) == (20.0, False, False)


@pytest.mark.parametrize(("passed", "left"), [(0.0, 10.0), (15.0, 5.0), (25.0, -5.0)])
def test_a_step_ends_no_later_than_the_whole(passed: float, left: float) -> None:
    clock = FakeClock()
    deadline = Deadline(clock, 20.0)
    clock.advance(passed)
    assert deadline.within(10.0).remaining() == left


def test_a_request_obeys_it_in_each_step_and_connects_sooner() -> None:
    clock = FakeClock()
    timeouts = Deadline(clock, 20.0).timeouts()
    clock.advance(4.0)
    assert timeouts == {"connect": CONNECT_TIMEOUT, "read": 20.0, "write": 20.0, "pool": 20.0}
    left = {
        name: timeout.remaining()
        for name, timeout in timeouts.items()
        if isinstance(timeout, Deadline)
    }
    assert left == {"connect": 6.0, "read": 16.0, "write": 16.0, "pool": 16.0}


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def receive(source: socket.socket, timeout: float | None) -> bytes:
    return attempt(source, lambda: source.recv(10), READABLE, timeout)


@pytest.mark.parametrize("timeout", [None, 20.0])
def test_what_is_not_there_is_waited_for(
    pair: tuple[socket.socket, socket.socket], timeout: float | None
) -> None:
    ours, theirs = pair
    threading.Timer(0.02, theirs.sendall, [b"late"]).start()
    assert receive(ours, timeout) == b"late"


@pytest.mark.parametrize("has_deadline", [True, False])
def test_nothing_is_waited_for_for_longer(
    pair: tuple[socket.socket, socket.socket], has_deadline: bool
) -> None:
    timeout = Deadline(SystemClock(), 0.01) if has_deadline else 0.01
    with pytest.raises(TimeoutError):
        receive(pair[0], timeout)


def test_a_deadline_that_is_over_leaves_even_what_is_there(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    theirs.sendall(b"more and more")
    with pytest.raises(TimeoutError):
        receive(ours, Deadline(SystemClock(), 0.0))
    assert receive(ours, None) == b"more and m"


@pytest.mark.parametrize("comes", [True, False])
def test_what_came_while_the_machine_slept_is_received_past_the_deadline(
    pair: tuple[socket.socket, socket.socket], comes: bool
) -> None:
    (ours, theirs), clock = pair, FakeClock()
    steps = list[float]()

    def sleep_through_the_wait() -> bytes:
        steps.append(clock.now())
        try:
            return ours.recv(10)
        except BlockingIOError:
            clock.advance(3600.0)
            theirs.sendall(b"x" * comes)
            raise

    deadline = Deadline(clock, 0.01)
    if comes:
        assert attempt(ours, sleep_through_the_wait, READABLE, deadline) == b"x"
    else:
        with pytest.raises(TimeoutError):
            attempt(ours, sleep_through_the_wait, READABLE, deadline)
    assert steps == [0.0, 3600.0]


def test_a_step_comes_only_once_more_past_the_deadline(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    (ours, theirs), clock = pair, FakeClock()
    theirs.sendall(b"half a record")
    steps = list[float]()

    def step() -> bytes:
        steps.append(clock.now())
        clock.advance(3600.0)
        raise ssl.SSLWantReadError

    with pytest.raises(TimeoutError):
        attempt(ours, step, READABLE, Deadline(clock, 20.0))
    assert steps == [0.0, 3600.0]


def test_waiting_tells_whether_anything_happened(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    assert [wait(ours, WRITABLE, 1.0), wait(ours, READABLE, 0.01)] == [True, False]


@pytest.mark.parametrize("wants", [ssl.SSLWantWriteError(), ssl.SSLWantReadError()])
def test_tls_waits_for_what_it_wants_whatever_the_step_is(
    pair: tuple[socket.socket, socket.socket], wants: ssl.SSLError
) -> None:
    ours, theirs = pair
    theirs.sendall(b"x")  # both directions are ready
    answers: list[int | ssl.SSLError] = [wants, 5]

    def step() -> int:
        answer = answers.pop(0)
        if isinstance(answer, ssl.SSLError):
            raise answer
        return answer

    assert attempt(ours, step, READABLE, 1.0) == 5
