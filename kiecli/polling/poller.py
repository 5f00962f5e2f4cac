"""Carries out what a watch decides: starts its looks on one budget, brings it the answers."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Generic, NamedTuple

from kiecli.api.rate_limiter import RateLimiter
from kiecli.clock import Clock
from kiecli.errors import ConnectionFailed, KieError, RateLimited, without_frames
from kiecli.polling.scheduler import PollScheduler, Snapshot
from kiecli.polling.tracking import T
from kiecli.workers import EventQueue, WorkerPool

MAX_CONCURRENT_POLLS = 32
"""Looks under way at once: enough to use the budget up at four seconds an answer."""

# Where every thread hangs, as in a name look-up, looks wait for one after the budget let them
# start. Carried out together when the hang ends, they would break it.
MAX_QUEUE_DELAY = 1.0


class Answered(NamedTuple, Generic[T]):
    """The end of one look, as it arrives in the inbox."""

    task_id: str
    look: int
    started: float
    answer: T | KieError


class Poller(Generic[T]):
    """Drives a watch to its end."""

    def __init__(
        self,
        watch: PollScheduler[T],
        look: Callable[[str], T],
        *,
        rate_limiter: RateLimiter,
        workers: WorkerPool,
        event_queue: EventQueue,
        clock: Clock,
    ) -> None:
        """Take the parts.

        Args:
            watch: Decides.
            look: Asks about one task, on a worker; raises KieError.
            rate_limiter: Says when a look may start.
            workers: Carry out the looks.
            event_queue: Where answers arrive, and other people's events.
            clock: Tells the moments.
        """
        self._watch = watch
        self._look = look
        self._rate_limiter = rate_limiter
        self._workers = workers
        self._event_queue = event_queue
        self._clock = clock

    def events(self, tick_interval: float = float("inf")) -> Iterator[Snapshot[T] | object | None]:
        """Yield what happens until every task is settled.

        Args:
            tick_interval: Seconds after which a None comes at the latest: a moment to draw.

        Yields:
            Snapshots; events that others put into the inbox; None between them.
        """
        while not self._watch.done:
            wake = min(self._start_what_is_due(), self._watch.next_limit())
            event = self._event_queue.get(min(wake, self._clock.now() + tick_interval))
            now = self._clock.now()
            if isinstance(event, Answered):
                yield from self._take(event, now)
            elif event is not None:
                yield event
            yield from self._watch.passed(now)
            yield None

    def _start_what_is_due(self) -> float:
        """Start every look that is due and allowed; return when to try again."""
        while self._watch.in_flight < MAX_CONCURRENT_POLLS:
            now = self._clock.now()
            due = self._watch.next_due()
            if due > now:
                return due
            wait = self._rate_limiter.acquire(now)
            if wait > 0:
                return now + wait
            self._workers.submit(partial(self._ask, *self._watch.start(now), now))
        return float("inf")

    def _ask(self, task_id: str, look: int, started: float) -> None:
        self._event_queue.put(Answered(task_id, look, started, self._answer(task_id, started)))

    def _answer(self, task_id: str, started: float) -> T | KieError:
        if self._clock.now() - started > MAX_QUEUE_DELAY:
            return ConnectionFailed("no free connection")
        try:
            return self._look(task_id)
        except KieError as error:
            return without_frames(error)

    def _take(self, event: Answered[T], now: float) -> Iterator[Snapshot[T]]:
        answer = event.answer
        if isinstance(answer, RateLimited):
            self._watch.pause(
                self._rate_limiter.on_rate_limited(event.started, now, answer.retry_after)
            )
        elif not isinstance(answer, ConnectionFailed):
            self._rate_limiter.on_success(event.started)
        yield from self._watch.answered(event.task_id, event.look, answer, now)
