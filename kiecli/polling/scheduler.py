"""What is known of each task under watch, and when to look at which next.

The core of all waiting. It knows neither screen nor network nor thread and asks no clock: it is
told the moments and the answers, and returns snapshots of what they change.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import Generic, NamedTuple

from kiecli.errors import ConnectionFailed, KieError, KieUnavailable, TaskFailed, TaskNotFound
from kiecli.polling.policy import (
    CONFIRM_DELAY,
    DEADLINE_GRACE,
    REQUEST_TIMEOUT,
    IntervalFunction,
    PollPolicy,
    Random,
    poll_interval,
)
from kiecli.polling.tracking import T, TrackedTask

_NEVER = float("inf")


class Retry(NamedTuple):
    """Why and for how long a task is being looked at again."""

    reason: KieError
    lasts: float
    """Seconds that it takes at least: until the next look."""
    limit: float
    """Seconds until it is given up."""


class Snapshot(NamedTuple, Generic[T]):
    """What is known of one task at one moment."""

    task_id: str
    answer: T | None
    """The last good answer."""
    elapsed: float
    """Seconds since the first look at it in this run."""
    settled: bool
    """Whether nothing more will come."""
    error: KieError | None = None
    """What settled it, unless an answer did."""
    retry: Retry | None = None
    """The trouble it is in, where it is not settled."""


class PollScheduler(Generic[T]):
    """Decides when to look at which task, and what an answer means for it."""

    def __init__(
        self,
        task_ids: Iterable[str],
        policy: PollPolicy,
        now: float,
        random: Random,
        interval_function: IntervalFunction = poll_interval,
    ) -> None:
        """Put every task on the list for a first look at once.

        Args:
            task_ids: The tasks, each named once.
            policy: What the command wants of its looks.
            now: The present moment; the deadline counts from here.
            random: Scatters the looks.
            interval_function: Says how long it is from one good answer to the next look.
        """
        self._policy = policy
        self._random = random
        self._rhythm = interval_function
        self._open: dict[str, TrackedTask[T]] = {i: TrackedTask(i) for i in task_ids}
        self._queue = [(now, place, i, 0) for place, i in enumerate(self._open)]
        self._place = len(self._queue)
        self._flying: dict[str, float] = {}
        self._last_good = -_NEVER
        self._paused_until = -_NEVER
        self.deadline = now + policy.timeout if policy.timeout else _NEVER

    @property
    def done(self) -> bool:
        """Whether every task is settled."""
        return not self._open

    @property
    def in_flight(self) -> int:
        """How many looks have begun and not ended."""
        return len(self._flying)

    def next_due(self) -> float:
        """Return when the next look is due; infinity when none is."""
        while self._queue:
            due, _, task_id, look = self._queue[0]
            watched = self._open.get(task_id)
            if watched is not None and watched.look == look:
                return due
            heappop(self._queue)
        return _NEVER

    def next_limit(self) -> float:
        """Return when a look will have taken too long, or all time will be up."""
        oldest = next(iter(self._flying.values()), _NEVER)
        return min(oldest + REQUEST_TIMEOUT, self._end())

    def start(self, now: float) -> tuple[str, int]:
        """Begin the look that is due next (see `next_due`).

        Returns:
            The task's id and the look's number, to be given back with the answer.
        """
        due, _, task_id, _ = heappop(self._queue)
        watched = self._open[task_id]
        if watched.first is None:
            watched.first = now
        if watched.trouble is not None:
            # A pause that Kie imposed is its trouble; only what comes on top is our own queue.
            watched.trouble.queued += max(0.0, now - max(due, self._paused_until))
        watched.look += 1
        self._flying[task_id] = now
        return task_id, watched.look

    def answered(
        self, task_id: str, look: int, answer: T | KieError, now: float
    ) -> Iterator[Snapshot[T]]:
        """Take the answer of a look; one that comes after its look was given up changes nothing."""
        watched = self._open.get(task_id)
        if watched is None or watched.look != look or task_id not in self._flying:
            return
        started = self._flying.pop(task_id)
        if not isinstance(answer, KieError):
            yield from self._good(watched, answer, started, now)
        elif answer.fatal:
            for each in list(self._open.values()):
                yield self._settle(each, now, answer)
        else:
            yield from self._bad(watched, answer, started, now)

    def pause(self, until: float) -> None:
        """Take note that no look can start before a moment, because Kie was asked too often."""
        self._paused_until = max(self._paused_until, until)

    def passed(self, now: float) -> Iterator[Snapshot[T]]:
        """Take note of the time: of looks that took too long, and of the end of all waiting."""
        for task_id, started in list(self._flying.items()):
            if now < started + REQUEST_TIMEOUT:
                break  # they stand in the order in which they began
            silent = ConnectionFailed(f"no answer within {REQUEST_TIMEOUT:.0f} s")
            yield from self.answered(task_id, self._open[task_id].look, silent, now)
        if now >= self._end():
            for watched in list(self._open.values()):
                yield self._give_up(watched, now)

    def _end(self) -> float:
        last = self.deadline + DEADLINE_GRACE
        due_by_then = self.next_due() <= self.deadline and self._paused_until < last
        return last if self._flying or due_by_then else self.deadline

    def _good(
        self, watched: TrackedTask[T], answer: T, started: float, now: float
    ) -> Iterator[Snapshot[T]]:
        before, was_in_trouble = watched.answer, watched.trouble is not None
        watched.answer, watched.trouble, watched.doubted = answer, None, False
        self._last_good = now
        if answer.finished or not self._policy.until_finished:
            yield self._settle(watched, now)
        elif started >= self.deadline or self._policy.single_attempt:
            yield self._give_up(watched, now)
        else:
            pause = self._rhythm(watched.elapsed(now), self._policy.interval, self._random)
            self._schedule(watched, max(now, started + pause))
            if before is None or before.state != answer.state or was_in_trouble:
                yield self._snapshot(watched, now)

    def _bad(
        self, watched: TrackedTask[T], error: KieError, started: float, now: float
    ) -> Iterator[Snapshot[T]]:
        if isinstance(error, TaskFailed) and not (watched.doubted or self._policy.single_attempt):
            # A failure without a record may be a slip; said twice it is none.
            watched.doubted = True
            watched.reason = KieUnavailable(f"{error.message}; a second check has not confirmed it")
            self._schedule(watched, now + CONFIRM_DELAY)
        elif error.temporary or isinstance(error, TaskNotFound):
            yield self._troubled(watched, error, started, now)
        else:
            yield self._settle(watched, now, error)

    def _troubled(
        self, watched: TrackedTask[T], error: KieError, started: float, now: float
    ) -> Snapshot[T]:
        trouble = watched.note(error, started, self._policy, self._last_good)
        if trouble.over(now):
            return self._settle(watched, now, trouble.given_up(now))
        if started >= self.deadline:
            return self._give_up(watched, now)
        due = trouble.next_look(now, self._random)
        self._schedule(watched, due, told_to_wait=error.retry_after is not None)
        limit = min(trouble.limit, trouble.lasted(self.deadline))
        retry = Retry(error, trouble.lasted(max(due, self._paused_until)), limit)
        return self._snapshot(watched, now, retry=retry)

    def _schedule(self, watched: TrackedTask[T], due: float, *, told_to_wait: bool = False) -> None:
        if due > self.deadline and not told_to_wait:
            due = self.deadline  # a last look
        self._place += 1
        heappush(self._queue, (due, self._place, watched.task_id, watched.look))

    def _give_up(self, watched: TrackedTask[T], now: float) -> Snapshot[T]:
        return self._settle(watched, now, watched.unfinished(self._policy.timeout or 0))

    def _settle(
        self, watched: TrackedTask[T], now: float, error: KieError | None = None
    ) -> Snapshot[T]:
        del self._open[watched.task_id]
        self._flying.pop(watched.task_id, None)
        return self._snapshot(watched, now, error=error, settled=True)

    def _snapshot(
        self,
        watched: TrackedTask[T],
        now: float,
        *,
        error: KieError | None = None,
        retry: Retry | None = None,
        settled: bool = False,
    ) -> Snapshot[T]:
        elapsed = watched.elapsed(now)
        return Snapshot(watched.task_id, watched.answer, elapsed, settled, error, retry)
