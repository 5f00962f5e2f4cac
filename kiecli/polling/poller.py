"""Carries out what the scheduler decides: starts its polls on workers, reports their answers."""

from collections.abc import Callable, Iterator
from functools import partial
from math import inf, nextafter
from typing import NamedTuple

from kiecli.api.models import Task
from kiecli.api.rate_limiter import MAX_REQUESTS_PER_SECOND, RateLimiter
from kiecli.clock import Clock
from kiecli.errors import KieError, RateLimited, without_frames
from kiecli.polling.policy import POLL_TIMEOUT
from kiecli.polling.scheduler import Poll, PollScheduler
from kiecli.polling.snapshot import Snapshot
from kiecli.workers import WorkerPool

MAX_CONCURRENT_POLLS = int(MAX_REQUESTS_PER_SECOND * POLL_TIMEOUT)
"""As many as can start before the first of them has timed out.

Fewer, and answers that hang would keep tasks waiting that Kie does answer for. They are threads,
each started when it is first needed: at a usual latency there are three.
"""

_UNKNOWN = -inf

MAX_STALL = 5.0
"""Seconds that the main thread may be late; if it is later, the machine has slept.

A disk or a terminal that blocks it for some seconds is no reason to give up the polls in flight.
"""


class PollCompleted(NamedTuple):
    """The event that a poll has ended, with its answer."""

    poll: Poll
    answer: Task | KieError


class Poller:
    """Polls tasks until each is settled.

    The caller waits for events: it calls `start_due`, waits no longer than until the moment that
    this returns, gives each PollCompleted to `receive`, and calls `expire`.
    """

    def __init__(
        self,
        scheduler: PollScheduler,
        poll: Callable[[str, float], Task],
        *,
        rate_limiter: RateLimiter,
        workers: WorkerPool,
        clock: Clock,
    ) -> None:
        """Store the parts; no poll is started yet.

        Args:
            scheduler: Decides when to poll which task; made at this very moment.
            poll: Asks about a task, on a worker, at the moment at which the rate limiter has let
                it start; raises KieError.
            rate_limiter: Lets polls start; `poll` reports to it how they ended.
            workers: Carry out the polls; PollCompleted arrives in their event queue.
            clock: Measures all times.
        """
        self._scheduler = scheduler
        self._poll = poll
        self._rate_limiter = rate_limiter
        self._workers = workers
        self._clock = clock
        self._expected = clock.now()
        self._slept = 0.0
        # Before this moment nothing expires; an answer can change which moment that is.
        self._limit = _UNKNOWN

    @property
    def done(self) -> bool:
        """Whether every task is settled."""
        return not self._scheduler.open

    def start_due(self) -> float:
        """Start every poll that is due and allowed; return when to call `expire` at the latest."""
        next_start = self._start_all(self._now())
        self._limit = self._scheduler.next_limit()
        moment = min(next_start, self._limit)
        wake = self._slept + moment
        # Rounding can make of the sum a moment at which `_now` has not come to this one.
        while wake - self._slept < moment:
            wake = nextafter(wake, inf)
        # Not in the past: then even a prompt wake-up would look late, as after a sleep.
        self._expected = max(wake, self._clock.now())
        return wake

    def receive(self, event: PollCompleted) -> Iterator[Snapshot]:
        """Yield what an answer changes."""
        now = self._now()
        # The pause itself is the rate limiter's: a 429 of any endpoint pauses all requests.
        if isinstance(event.answer, RateLimited):
            until = now + self._rate_limiter.pause_left()
            self._scheduler.pause(until, now, event.answer)
        self._limit = _UNKNOWN
        yield from self._scheduler.on_answer(event.poll, event.answer, now, self._clock.wall())

    def expire(self) -> Iterator[Snapshot]:
        """Yield what the passing of time changes."""
        if (now := self._now()) >= self._limit:
            yield from self._scheduler.expire(now)

    def _start_all(self, now: float) -> float:
        while len(self._scheduler.in_flight) < MAX_CONCURRENT_POLLS:
            due = self._scheduler.next_due()
            if due > now:
                return due
            started = self._rate_limiter.try_acquire()
            if started is None:
                return now + self._rate_limiter.delay()
            self._workers.submit(partial(self._run, self._scheduler.start(now), started))
        return inf

    def _run(self, poll: Poll, started: float) -> PollCompleted:
        answer: Task | KieError
        try:
            answer = self._poll(poll.task_id, started)
        except KieError as error:
            # Kept for as long as its task is retried, its frames would keep the whole answer.
            answer = without_frames(error)
        return PollCompleted(poll, answer)

    def _now(self) -> float:
        """Return monotonic seconds without those for which the machine slept.

        Some systems count them and some do not; a process that was stopped is no different.
        """
        now = self._clock.now()
        # Awake, the main thread never is much later than the moment that `start_due` returned.
        late = now - self._expected
        self._expected = max(self._expected, now)
        if late > MAX_STALL:
            self._slept += late
            self._limit = _UNKNOWN
            self._scheduler.slept(late, now - self._slept)
        return now - self._slept
