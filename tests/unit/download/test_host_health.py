"""A host that cannot be connected to is one trouble of all its files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

import pytest

from kiecli.download.failures import HostUnreachable
from kiecli.download.host_health import HostHealth
from tests.support.fakes import FakeClock

HOST = "files.test"


class BusyClock(FakeClock):
    """A clock on which other files get on while one of them sleeps.

    Attributes:
        meanwhile: What they do, during one sleep after the other.
    """

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: list[Callable[[], object]] = []

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.meanwhile:
            self.meanwhile.pop(0)()


class Bench:
    """Files of one host, on a clock that moves when one of them sleeps.

    Attributes:
        before_slot: What other files do until one that has waited gets a thread slot again.
    """

    def __init__(self) -> None:
        self.clock = BusyClock()
        self.idle = 0
        self.before_slot: list[Callable[[], object]] = []
        self.health = HostHealth(self.clock, lambda _low, high: high, self._idle, {}, Lock())

    @contextmanager
    def _idle(self) -> Iterator[None]:
        self.idle += 1
        yield
        if self.before_slot:
            self.before_slot.pop(0)()

    def fail(self, started: float | None = None) -> HostUnreachable:
        """Have an attempt to connect fail."""
        started = self.clock.now() if started is None else started
        return self.health.on_unreachable(HOST, "could not reach it", started)


def parts(failure: HostUnreachable) -> tuple[str, bool, str]:
    return failure.reason, failure.is_new, failure.summary


def test_a_host_in_good_health_is_not_waited_for() -> None:
    bench = Bench()
    bench.health.on_connected(HOST)
    assert (bench.health.wait(HOST), bench.clock.sleeps, bench.idle) == (False, [], 0)


def test_its_files_wait_for_growing_pauses_until_it_can_be_connected_to() -> None:
    bench = Bench()
    assert parts(bench.fail()) == ("could not reach it", True, "")
    for _ in range(3):
        assert bench.health.wait(HOST)
        assert parts(bench.fail()) == ("could not reach it", False, "")
    assert bench.health.wait(HOST)
    bench.health.on_connected(HOST)
    assert not bench.health.wait(HOST)
    assert (bench.clock.sleeps, bench.idle) == ([1, 2, 4, 8], 4)


def test_other_hosts_are_not_concerned() -> None:
    bench = Bench()
    bench.fail()
    assert not bench.health.wait("other.test")


def test_after_each_pause_one_file_tries_and_the_others_wait_for_it() -> None:
    bench = Bench()
    bench.fail()
    assert bench.health.wait(HOST)  # this one tries
    bench.clock.meanwhile = [lambda: None, lambda: bench.health.on_connected(HOST)]
    assert bench.health.wait(HOST)
    assert bench.clock.sleeps == [1, 0.2, 0.2]


def test_a_file_without_a_thread_slot_keeps_no_other_from_trying() -> None:
    """Else all would wait for ever, where those that have the slots wait for this one."""
    bench = Bench()
    bench.fail()
    health = bench.health

    def other() -> None:
        assert not health.wait(HOST, patient=False)  # this one tries
        bench.fail()

    bench.before_slot = [other]
    assert health.wait(HOST)
    assert (bench.clock.sleeps, bench.idle) == ([1, 2], 2)


def test_files_that_fail_side_by_side_are_one_failure() -> None:
    bench = Bench()
    failures = [parts(bench.fail(started=0.0)) for _ in range(9)]
    assert [is_new for _, is_new, _ in failures] == [True, *[False] * 8]
    bench.health.wait(HOST)
    assert bench.clock.sleeps == [1]


def exhausted() -> Bench:
    """Return a host whose files have just been given up."""
    bench = Bench()
    while not bench.fail().summary:
        bench.health.wait(HOST)
    return bench


def test_after_two_minutes_all_are_given_up() -> None:
    bench = exhausted()
    assert (bench.clock.now(), bench.clock.sleeps) == (120, [1, 2, 4, 8, 16, 30, 30, 29])
    with pytest.raises(HostUnreachable) as raised:
        bench.health.wait(HOST)
    summary = "gave up after 2m and 9 attempts"
    assert parts(raised.value) == ("could not reach it", False, summary)
    assert bench.clock.now() == 120


def test_a_file_that_comes_later_tries_once_more_in_a_while() -> None:
    bench = exhausted()
    bench.clock.advance(30)
    assert not bench.health.wait(HOST)
    assert bench.fail().summary
    bench.clock.advance(30)
    bench.health.wait(HOST)
    bench.health.on_connected(HOST)
    assert not bench.health.wait(HOST)
