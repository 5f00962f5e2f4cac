"""Time, events and threads that do what a test says: ten minutes of waiting take no time."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from heapq import heappop, heappush
from itertools import count
from math import inf

from kiecli.workers import Job, WorkerCrashed

START = 1_790_000_000.0
"""Seconds since 1970 at which a FakeClock's wall stands when it reads 0: 2026-09-21T14:13:20Z."""


class FakeClock:
    """A clock that moves only when somebody waits on it.

    Attributes:
        sleeps: Every sleep that was asked for, in seconds and in order.
        wall_offset: What the wall shows beyond `now`; set it back and only the wall jumps.
    """

    def __init__(self, now: float = 0.0, *, wall: float = START) -> None:
        self._now = now
        self.wall_offset = wall - now
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self._now

    def wall(self) -> float:
        return self._now + self.wall_offset

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Let time pass without a sleep."""
        assert 0 <= seconds < inf, f"a clock cannot move by {seconds}"
        self._now += seconds

    def advance_to(self, moment: float) -> None:
        """Let time pass until a moment; one that is past already changes nothing."""
        assert moment < inf, "nothing would ever end this wait"
        # Set, not added: the moment itself must be reached, whatever floats make of a difference.
        self._now = max(self._now, moment)


class FakeEventQueue:
    """An event queue whose events have their moments; waiting for one moves the clock to it.

    Attributes:
        delay: Seconds by which what is put now arrives later; InlineWorkers set it.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._events: list[tuple[float, int, object]] = []
        self._places = count()
        self.delay = 0.0

    def put(self, event: object) -> None:
        self.put_at(self._clock.now() + self.delay, event)

    def put_at(self, moment: float, event: object) -> None:
        """Have an event arrive at a moment; at infinity it never does."""
        if moment < inf:
            heappush(self._events, (moment, next(self._places), event))

    def get(self, until: float) -> object | None:
        """Return the earliest event due by `until`, or None; one that is an exception is raised.

        Raises:
            AssertionError: Nothing is to come and there is no end to the wait.
        """
        # As in the real queue, what has arrived already is taken even when `until` is past.
        if self._events and self._events[0][0] <= max(until, self._clock.now()):
            moment, _, event = heappop(self._events)
            self._clock.advance_to(moment)
            if isinstance(event, BaseException):
                raise event
            return event
        self._clock.advance_to(until)
        return None


class InlineWorkerPool:
    """Workers that do a job at once, whose answers arrive after a latency.

    Attributes:
        latency: Seconds from a job to its event, or a function that tells them job by job;
            infinite for an answer that never comes.
        started: The moments at which jobs began.
    """

    def __init__(
        self,
        clock: FakeClock,
        event_queue: FakeEventQueue,
        latency: float | Callable[[], float] = 0.0,
    ) -> None:
        self._clock = clock
        self._event_queue = event_queue
        self.latency = latency
        self.started: list[float] = []

    def submit(self, job: Job) -> None:
        self.started.append(self._clock.now())
        self._event_queue.delay = self.latency() if callable(self.latency) else self.latency
        event: object
        try:
            event = job()
        except Exception as bug:  # noqa: BLE001  as the real workers: the main thread shall have it
            event = WorkerCrashed()
            event.__cause__ = bug
        if event is not None:
            self._event_queue.put(event)
        self._event_queue.delay = 0.0

    def idle(self) -> AbstractContextManager[None]:
        return nullcontext()
