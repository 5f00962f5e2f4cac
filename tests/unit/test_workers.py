"""Where the main thread waits, with real threads."""

from math import inf
from threading import Barrier, Event, get_ident

import pytest

from kiecli.clock import SystemClock
from kiecli.workers import Crash, QueueInbox, ThreadWorkers
from tests.support.fakes import FakeClock

_SOON = 10.0  # seconds that a test waits at most for what comes at once


def test_events_come_in_the_order_in_which_they_were_put() -> None:
    inbox = QueueInbox(FakeClock())
    inbox.put("first")
    inbox.put("second")
    assert [inbox.get(inf), inbox.get(0), inbox.get(0)] == ["first", "second", None]


def test_what_has_arrived_is_taken_even_when_the_moment_is_past() -> None:
    inbox = QueueInbox(FakeClock(now=100))
    inbox.put("there")
    assert [inbox.get(50), inbox.get(50)] == ["there", None]


def test_nothing_by_the_moment_is_none() -> None:
    clock = SystemClock()
    assert QueueInbox(clock).get(clock.now() + 0.001) is None


def test_a_bug_on_a_worker_is_raised_where_events_are_taken() -> None:
    inbox = QueueInbox(SystemClock())
    bug = ZeroDivisionError()

    def job() -> None:
        raise bug

    ThreadWorkers(1, inbox).submit(job)
    with pytest.raises(Crash) as crash:
        inbox.get(inf)
    assert crash.value.__cause__ is bug


def test_a_worker_goes_on_after_a_bug() -> None:
    inbox = QueueInbox(SystemClock())
    workers = ThreadWorkers(1, inbox)
    workers.submit(lambda: 1 / 0)  # type: ignore[arg-type]
    workers.submit(lambda: inbox.put("done"))
    with pytest.raises(Crash):
        inbox.get(inf)
    assert inbox.get(inf) == "done"


def test_so_many_jobs_run_at_once_and_never_more() -> None:
    inbox = QueueInbox(SystemClock())
    workers = ThreadWorkers(3, inbox)
    together, go_on = Barrier(4), Event()

    def job() -> None:
        together.wait(_SOON)
        go_on.wait(_SOON)
        inbox.put(get_ident())

    for _ in range(3):
        workers.submit(job)
    workers.submit(lambda: inbox.put("fourth"))
    together.wait(_SOON)  # all three run
    assert inbox.get(0) is None  # and the fourth waits
    go_on.set()
    events = [inbox.get(inf) for _ in range(4)]
    assert len(set(events) - {"fourth"}) == 3
    assert "fourth" in events


def test_a_free_thread_is_used_before_another_is_started() -> None:
    clock = SystemClock()
    inbox = QueueInbox(clock)
    workers = ThreadWorkers(50, inbox)
    threads = set()
    for _ in range(20):
        workers.submit(lambda: inbox.put(get_ident()))
        threads.add(inbox.get(inf))
        while workers._free < 1:  # its thread has told, and is free a moment later
            clock.sleep(0.001)
    assert len(threads) == 1
