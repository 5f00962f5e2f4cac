"""Deadlines, and the numbers that lead back to them."""

import pytest

from kiecli.network.deadline import (
    CONNECT_TIMEOUT,
    Deadline,
    DeadlineTimeout,
    deadline_of,
    seconds_left,
)
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
    deadline = Deadline(clock, 20.0)
    timeouts = deadline.timeouts()
    clock.advance(4.0)
    assert timeouts == {"connect": CONNECT_TIMEOUT, "read": 20.0, "write": 20.0, "pool": 20.0}
    assert {name: seconds_left(timeout) for name, timeout in timeouts.items()} == {
        "connect": 6.0,
        "read": 16.0,
        "write": 16.0,
        "pool": 16.0,
    }
    assert deadline_of(timeouts["read"], clock) is deadline


@pytest.mark.parametrize(("seconds", "to_connect"), [(None, CONNECT_TIMEOUT), (0.5, 0.5)])
def test_a_plain_number_is_taken_as_it_is(seconds: float | None, to_connect: float) -> None:
    assert seconds_left(seconds) == seconds
    assert deadline_of(seconds, FakeClock()).remaining() == to_connect


def test_what_is_over_is_refused_before_anything_is_tried() -> None:
    clock = FakeClock()
    timeout = DeadlineTimeout(Deadline(clock, 20.0))
    clock.advance(20.0)
    with pytest.raises(TimeoutError):
        seconds_left(timeout)
