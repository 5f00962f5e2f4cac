"""Where the main thread waits, with real threads."""

from collections.abc import Callable
from math import inf
from threading import Barrier, Event, get_ident

import pytest

from kiecli.clock import SystemClock
from kiecli.workers import (
    MAX_IDLE_JOBS,
    DaemonThreadPool,
    ThreadEventQueue,
    WorkerCrashed,
    affordable_workers,
    start_daemon,
    start_or_run,
)
from tests.support.fakes import FakeClock

_SOON = 10.0  # seconds that a test waits at most for what comes at once


def test_events_come_in_the_order_in_which_they_were_put() -> None:
    event_queue = ThreadEventQueue(FakeClock())
    event_queue.put("first")
    event_queue.put("second")
    assert [event_queue.get(inf), event_queue.get(0), event_queue.get(0)] == [
        "first",
        "second",
        None,
    ]


def test_what_has_arrived_is_taken_even_when_the_moment_is_past() -> None:
    event_queue = ThreadEventQueue(FakeClock(now=100))
    event_queue.put("there")
    assert [event_queue.get(50), event_queue.get(50)] == ["there", None]


def test_nothing_by_the_moment_is_none() -> None:
    clock = SystemClock()
    assert ThreadEventQueue(clock).get(clock.now() + 0.001) is None


def test_a_wait_in_pieces_ends_when_the_moment_comes_or_an_event() -> None:
    clock = SystemClock()
    event_queue = ThreadEventQueue(clock, max_wait=0.001)
    until = clock.now() + 0.01
    assert (event_queue.get(until), clock.now() >= until) == (None, True)

    def put_late() -> None:
        clock.sleep(0.01)
        event_queue.put("late")

    DaemonThreadPool(1, event_queue).submit(put_late)
    assert event_queue.get(inf) == "late"


def test_a_bug_on_a_worker_is_raised_where_events_are_taken() -> None:
    event_queue = ThreadEventQueue(SystemClock())
    bug = ZeroDivisionError()

    def job() -> None:
        raise bug

    DaemonThreadPool(1, event_queue).submit(job)
    with pytest.raises(WorkerCrashed) as crash:
        event_queue.get(inf)
    assert crash.value.__cause__ is bug


def test_a_worker_goes_on_after_a_bug() -> None:
    event_queue = ThreadEventQueue(SystemClock())
    workers = DaemonThreadPool(1, event_queue)
    workers.submit(lambda: 1 / 0)
    workers.submit(lambda: None)  # no event
    workers.submit(lambda: "done")
    with pytest.raises(WorkerCrashed):
        event_queue.get(inf)
    assert event_queue.get(inf) == "done"


def test_so_many_jobs_run_at_once_and_never_more() -> None:
    event_queue = ThreadEventQueue(SystemClock())
    workers = DaemonThreadPool(3, event_queue)
    together, go_on = Barrier(4), Event()

    def job() -> None:
        together.wait(_SOON)
        go_on.wait(_SOON)
        event_queue.put(get_ident())

    for _ in range(3):
        workers.submit(job)
    workers.submit(lambda: event_queue.put("fourth"))
    together.wait(_SOON)  # all three run
    assert event_queue.get(0) is None  # and the fourth waits
    go_on.set()
    events = [event_queue.get(inf) for _ in range(4)]
    assert len(set(events) - {"fourth"}) == 3
    assert "fourth" in events


def test_a_free_thread_is_used_before_another_is_started() -> None:
    event_queue = ThreadEventQueue(SystemClock())
    workers = DaemonThreadPool(50, event_queue)
    threads = set()
    for _ in range(20):
        workers.submit(get_ident)
        threads.add(event_queue.get(inf))  # it comes when the thread is free again
    assert len(threads) == 1


@pytest.mark.parametrize(("threads", "elsewhere"), [(0, 0), (1, 3)])
def test_without_more_threads_jobs_are_done_by_what_there_is(threads: int, elsewhere: int) -> None:
    started: list[Callable[[], None]] = []

    def start(run: Callable[[], None]) -> None:
        if len(started) == threads:
            raise RuntimeError("can't start new thread")
        started.append(run)
        start_daemon(run)

    event_queue = ThreadEventQueue(SystemClock())
    pool = DaemonThreadPool(3, event_queue, start)
    for _ in range(3):
        pool.submit(lambda: event_queue.put(get_ident()))
    idents = [event_queue.get(inf) for _ in range(3)]
    assert sum(ident != get_ident() for ident in idents) == elsewhere


@pytest.mark.parametrize("has_threads", [True, False])
def test_what_finds_no_thread_runs_where_it_is(has_threads: bool) -> None:
    def start(run: Callable[[], None]) -> None:
        if not has_threads:
            raise RuntimeError("can't start new thread")
        start_daemon(run)

    event_queue = ThreadEventQueue(SystemClock())
    start_or_run(lambda: event_queue.put(get_ident()), start)
    assert (event_queue.get(inf) == get_ident()) is not has_threads


def test_a_job_that_only_waits_lets_another_run_and_goes_on_after_it() -> None:
    event_queue = ThreadEventQueue(SystemClock())
    workers = DaemonThreadPool(1, event_queue)
    host_is_back, go_on = Event(), Event()

    def wait_for_host() -> None:
        with workers.idle():
            host_is_back.wait(_SOON)
        event_queue.put("waited")

    def other() -> None:
        event_queue.put("began")
        go_on.wait(_SOON)
        event_queue.put("ended")

    workers.submit(wait_for_host)
    workers.submit(other)
    assert event_queue.get(inf) == "began"
    host_is_back.set()
    assert event_queue.get(SystemClock().now() + 0.05) is None  # never two at once
    go_on.set()
    assert [event_queue.get(inf), event_queue.get(inf)] == ["ended", "waited"]


def test_a_job_that_has_waited_goes_on_before_another_begins() -> None:
    event_queue = ThreadEventQueue(SystemClock())
    workers = DaemonThreadPool(1, event_queue)
    host_is_back, go_on = Event(), Event()

    def wait_for_host() -> str:
        with workers.idle():
            host_is_back.wait(_SOON)
        return "waited"

    workers.submit(wait_for_host)
    workers.submit(lambda: go_on.wait(_SOON) and None)
    workers.submit(lambda: "began")
    host_is_back.set()
    assert event_queue.get(SystemClock().now() + 0.05) is None
    go_on.set()
    assert [event_queue.get(inf), event_queue.get(inf)] == ["waited", "began"]


def test_only_so_many_jobs_wait_beside_those_that_run() -> None:
    event_queue = ThreadEventQueue(SystemClock())
    workers = DaemonThreadPool(1, event_queue)
    go_on = Event()

    def wait_for_host() -> None:
        with workers.idle():
            event_queue.put("waits")
            go_on.wait(_SOON)
        event_queue.put("waited")

    for _ in range(MAX_IDLE_JOBS + 2):
        workers.submit(wait_for_host)
    reported = [event_queue.get(inf) for _ in range(MAX_IDLE_JOBS + 1)]
    assert (set(reported), event_queue.get(SystemClock().now() + 0.05)) == ({"waits"}, None)
    go_on.set()
    rest = [event_queue.get(inf) for _ in range(MAX_IDLE_JOBS + 3)]
    assert (rest.count("waits"), rest.count("waited")) == (1, MAX_IDLE_JOBS + 2)


def test_more_jobs_than_may_wait_let_those_go_on_that_have_waited() -> None:
    event_queue = ThreadEventQueue(SystemClock())
    workers = DaemonThreadPool(1, event_queue, max_idle=1)
    second_waits, first_is_done = Event(), Event()

    def first() -> str:
        with workers.idle():
            second_waits.wait(_SOON)
        first_is_done.set()
        return "first"

    def second() -> str:
        with workers.idle():
            second_waits.set()
            first_is_done.wait(_SOON)
        return "second" if first_is_done.is_set() else "the first did not go on"

    for job in (first, second, lambda: "third"):
        workers.submit(job)
    assert {event_queue.get(inf) for _ in range(3)} == {"first", "second", "third"}


@pytest.mark.parametrize(
    ("open_files", "workers"), [(inf, 64), (1024, 64), (256, 44), (64, 6), (42, 2), (14, 2), (0, 2)]
)
def test_so_few_jobs_run_at_once_that_some_descriptors_are_left(
    open_files: float, workers: int
) -> None:
    assert affordable_workers(64, 5, open_files) == workers
    assert affordable_workers(1, 5, open_files) == 1
