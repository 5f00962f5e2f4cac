"""Where the main thread waits, and the threads that do what it must not wait for.

Every request runs on a daemon thread: a name look-up cannot be interrupted and a body may drip
for hours, but the main thread must draw, and be gone within half a second of a signal.
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Protocol

from kiecli.clock import Clock

Job = Callable[[], None]


class EventQueue(Protocol):
    """Events from other threads, taken one at a time by the main thread."""

    def put(self, event: object) -> None:
        """Add an event; never blocks, from any thread."""
        ...

    def get(self, until: float) -> object | None:
        """Return the next event, or None when the clock's `now` reaches `until` first."""
        ...


class WorkerPool(Protocol):
    """Whoever carries out jobs."""

    def submit(self, job: Job) -> None:
        """Have a job done, now or as soon as somebody is free."""
        ...


class WorkerCrashed(Exception):
    """A bug that came up on a worker; its cause is what happened there."""


class ThreadEventQueue:
    """The inbox of a real run."""

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
            Crash: A worker met a bug.
        """
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


def start_daemon(run: Job) -> None:
    """Run something on a thread of its own that ends with the process.

    Raises:
        RuntimeError: The system has no more threads.
    """
    Thread(target=run, daemon=True).start()


def start_or_run(run: Job, start: Callable[[Job], None] = start_daemon) -> None:
    """Run something on a thread of its own, or here where the system has no more threads."""
    try:
        start(run)
    except RuntimeError:
        run()


class DaemonThreadPool:
    """Daemon threads, started as they are needed.

    Where the system has no more threads, the jobs wait for those that there are; without any, they
    are done where they are submitted.
    """

    def __init__(
        self,
        max_workers: int,
        event_queue: EventQueue,
        start: Callable[[Job], None] = start_daemon,
    ) -> None:
        """Start none yet.

        Args:
            max_workers: How many threads there may be.
            event_queue: Where a bug in a job is reported.
            start: Starts a thread.
        """
        self._max_workers = max_workers
        self._event_queue = event_queue
        self._start = start
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._lock = Lock()
        self._free = 0
        self._threads = 0

    def submit(self, job: Job) -> None:
        """Have a job done on the next free thread."""
        with self._lock:
            self._free -= 1
            if self._free < 0 and self._threads < self._max_workers:
                self._add_thread()
            has_threads = self._threads > 0
        if has_threads:
            self._jobs.put(job)
        else:
            self._do(job)

    def _add_thread(self) -> None:
        try:
            self._start(self._work)
        except RuntimeError:
            return
        self._threads += 1
        self._free += 1

    def _work(self) -> None:
        while True:
            self._do(self._jobs.get())

    def _do(self, job: Job) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001  a bug must reach the main thread
            crash = WorkerCrashed()
            crash.__cause__ = error
            self._event_queue.put(crash)
        with self._lock:
            self._free += 1
