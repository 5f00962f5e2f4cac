"""Where the main thread waits, and the threads that do what it must not wait for.

Every request runs on a daemon thread: a name look-up cannot be interrupted and a body may drip
for hours, but the main thread must draw, and be gone within half a second of a signal.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from queue import Empty, SimpleQueue
from threading import Condition, Thread
from typing import NoReturn, Protocol

from kiecli.clock import Clock

Job = Callable[[], object]
"""What a worker carries out; it returns an event for the main thread, or None."""


class EventQueue(Protocol):
    """Events from other threads, taken one at a time by the main thread."""

    def put(self, event: object) -> None:
        """Add an event; never blocks, from any thread."""
        ...

    def get(self, until: float) -> object | None:
        """Return the next event, or None when the clock's `now` reaches `until` first."""
        ...


class WorkerPool(Protocol):
    """Carries out jobs, and puts the event that each returns into an event queue."""

    def submit(self, job: Job) -> None:
        """Run a job on a worker, now or as soon as one is free."""
        ...

    def idle(self) -> AbstractContextManager[None]:
        """Let another job run while the caller's only waits, for the time of the block."""
        ...


class WorkerCrashed(Exception):
    """A bug in a job; its `__cause__` is the exception that was raised on the worker."""


class ThreadEventQueue:
    """The event queue of a real run."""

    def __init__(self, clock: Clock, max_wait: float = float("inf")) -> None:
        """Begin with no events.

        Args:
            clock: Measures waits.
            max_wait: Seconds after which a wait is taken up again, so that a signal is seen.
        """
        self._clock = clock
        self._max_wait = max_wait
        self._events: SimpleQueue[object] = SimpleQueue()

    def put(self, event: object) -> None:
        """Add an event; never blocks, from any thread."""
        self._events.put(event)

    def get(self, until: float) -> object | None:
        """Return the next event, or None when `until` comes first.

        Raises:
            WorkerCrashed: A worker met a bug.
        """
        # Not one long wait: where a signal does not interrupt it, as on Windows, it would be seen
        # only at its end.
        while True:
            left = until - self._clock.now()
            wait = min(max(0.0, left), self._max_wait)
            try:
                event = self._events.get(timeout=None if wait == float("inf") else wait)
            except Empty:
                if left <= self._max_wait:
                    return None
            else:
                break
        if isinstance(event, WorkerCrashed):
            raise event
        return event


_SPARE_FILES = 32  # standard streams, the archive, modules that are imported only now
_MIN_WORKERS = 2  # some must be tried, however low the limit is


def affordable_workers(max_workers: int, files_each: int, max_open_files: float) -> int:
    """Return how many jobs may run at once, so that some descriptors are left.

    A module that cannot be opened when it is imported would end the whole run as a bug.

    Args:
        max_workers: As many as are wanted.
        files_each: Files and sockets that a job has open at once.
        max_open_files: The limit of the process.
    """
    affordable = max(_MIN_WORKERS, (max_open_files - _SPARE_FILES) / files_each)
    return int(min(max_workers, affordable))


MAX_IDLE_JOBS = 32
"""Jobs that only wait, beside those that run: each of them keeps a thread of its own."""


def start_daemon(run: Callable[[], None]) -> None:
    """Run something on a thread of its own that ends with the process.

    Raises:
        RuntimeError: The system has no more threads.
    """
    # A daemon: at its end the process waits for nobody who hangs in a resolver.
    Thread(target=run, daemon=True).start()


def start_or_run(
    run: Callable[[], None], start: Callable[[Callable[[], None]], None] = start_daemon
) -> None:
    """Run something on a thread of its own, or here where the system has no more threads."""
    try:
        start(run)
    except RuntimeError:
        run()


class DaemonThreadPool:
    """Daemon threads, started as they are needed; no more than `max_workers` jobs run at once.

    Where the system has no more threads, the jobs wait for those that there are; without any, they
    are done where they are submitted.
    """

    def __init__(
        self,
        max_workers: int,
        event_queue: EventQueue,
        start: Callable[[Callable[[], None]], None] = start_daemon,
        max_idle: int = MAX_IDLE_JOBS,
    ) -> None:
        """Start none yet.

        Args:
            max_workers: How many jobs may run at once.
            event_queue: Takes the events that jobs return, and bugs in them.
            start: Starts a thread.
            max_idle: How many jobs may only wait beside those that run.
        """
        self._max_workers, self._max_idle = max_workers, max_idle
        self._event_queue = event_queue
        self._start = start
        self._changed = Condition()
        self._jobs: deque[Job] = deque()
        # Of each thread without a job, where it waits for one. Not one queue for all: there, each
        # job that a thread takes wakes another thread for nothing.
        self._free: list[SimpleQueue[Job]] = []
        self._threads = 0
        self._running = 0  # jobs, without those that only wait
        self._idle = 0  # jobs that only wait
        self._resuming = 0  # jobs that have waited, and go on as soon as fewer run

    def submit(self, job: Job) -> None:
        """Run a job on the next free thread."""
        with self._changed:
            self._jobs.append(job)
            self._dispatch()
            if self._threads:
                return
            self._jobs.clear()
            self._running += 1
        # Outside the lock: the job itself may take it, in `idle`.
        event = _event_of(job)
        with self._changed:
            self._running -= 1
        self._report(event)

    @contextmanager
    def idle(self) -> Iterator[None]:
        """Let another job run while the caller's only waits, for the time of the block.

        At its end the job goes on as soon as fewer than `max_workers` others run. Beyond `max_idle`
        no job is begun in the place of one that waits; but one that has waited may go on.
        """
        with self._changed:
            self._idle += 1
            self._end_one()
        try:
            yield
        finally:
            with self._changed:
                self._idle -= 1
                self._resuming += 1
                self._changed.wait_for(lambda: self._running < self._max_workers)
                self._resuming -= 1
                self._running += 1

    def _dispatch(self) -> None:
        """Begin as many jobs as may run, those first that have waited."""
        taken = self._resuming + max(0, self._idle - self._max_idle)
        while self._jobs and self._running + taken < self._max_workers:
            if self._free:
                # The last that became free: what it needs is still in the processor's caches.
                self._free.pop().put(self._jobs.popleft())
            else:
                try:
                    self._start(partial(self._work, self._jobs[0]))
                except RuntimeError:  # as many as the system allows: those that there are take it
                    return
                self._jobs.popleft()
                self._threads += 1
            self._running += 1

    def _end_one(self) -> None:
        """Let another job run in the place of one that has ended, or only waits."""
        self._running -= 1
        self._changed.notify()
        self._dispatch()

    def _work(self, job: Job) -> NoReturn:
        """Do one job after the other; threads never end."""
        next_job: SimpleQueue[Job] = SimpleQueue()
        while True:
            event = _event_of(job)
            with self._changed:
                self._free.append(next_job)
                self._end_one()
            # Last of all: the main thread wakes at once, and needs the lock of the interpreter that
            # this thread has until it waits for its next job.
            self._report(event)
            job = next_job.get()

    def _report(self, event: object) -> None:
        if event is not None:
            self._event_queue.put(event)


def _event_of(job: Job) -> object:
    """Do a job; return its event, or the bug that it met."""
    try:
        return job()
    except BaseException as error:  # noqa: BLE001  a bug must reach the main thread
        crash = WorkerCrashed()
        crash.__cause__ = error
        return crash
