"""What is known of each task under watch, and when to look at which next.

The core of all waiting. It knows neither screen nor network nor thread and asks no clock: it is
told the moments and the answers, and returns snapshots of what they change.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import Generic, NamedTuple, Protocol, TypeVar

from kiecli import durations
from kiecli.errors import (
    DeadlineExceeded,
    KieError,
    KieUnavailable,
    NoConnection,
    TaskFailed,
    TaskNotFound,
)
from kiecli.rhythm import (
    LOOK_LIMIT,
    OVERTIME,
    SECOND_LOOK,
    Policy,
    Random,
    Rhythm,
    pause_between,
)
from kiecli.trouble import Trouble

_NEVER = float("inf")


class Pollable(Protocol):
    """What a good answer can be asked."""

    @property
    def state(self) -> str | None:
        """The state in Kie's word."""
        ...

    @property
    def finished(self) -> bool:
        """Whether the task has come to its end."""
        ...


A = TypeVar("A", bound=Pollable)


class Retry(NamedTuple):
    """Why and for how long a task is being looked at again."""

    reason: KieError
    lasted: float
    """Seconds so far."""
    limit: float
    """Seconds until it is given up."""


class Snapshot(NamedTuple, Generic[A]):
    """What is known of one task at one moment."""

    task_id: str
    answer: A | None
    """The last good answer."""
    elapsed: float
    """Seconds since the first look at it in this run."""
    settled: bool
    """Whether nothing more will come."""
    error: KieError | None = None
    """What settled it, unless an answer did."""
    retry: Retry | None = None
    """The trouble it is in, where it is not settled."""


class _Watched(Generic[A]):
    """What is known of one task."""

    __slots__ = ("answer", "doubted", "first", "invisible", "look", "reason", "task_id", "trouble")

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        self.look = 0
        self.first: float | None = None
        self.answer: A | None = None
        self.doubted = False
        self.trouble: Trouble | None = None
        # The last of each kind of bad answer: they decide what a deadline means.
        self.invisible: KieError | None = None
        self.reason: KieError | None = None


class Watch(Generic[A]):
    """Decides when to look at which task, and what an answer means for it."""

    def __init__(
        self,
        task_ids: Iterable[str],
        policy: Policy,
        now: float,
        random: Random,
        rhythm: Rhythm = pause_between,
    ) -> None:
        """Put every task on the list for a first look at once.

        Args:
            task_ids: The tasks, each named once.
            policy: What the command wants of its looks.
            now: The present moment; the deadline counts from here.
            random: Scatters the looks.
            rhythm: Says how long it is from one good answer to the next look.
        """
        self._policy = policy
        self._random = random
        self._rhythm = rhythm
        self._open: dict[str, _Watched[A]] = {i: _Watched(i) for i in task_ids}
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
    def open_ids(self) -> list[str]:
        """The tasks that are not settled, in the order given."""
        return list(self._open)

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
        return min(oldest + LOOK_LIMIT, self._end())

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
        self, task_id: str, look: int, answer: A | KieError, now: float
    ) -> Iterator[Snapshot[A]]:
        """Take the answer of a look; one that comes after its look was given up changes nothing."""
        watched = self._open.get(task_id)
        if watched is None or watched.look != look or task_id not in self._flying:
            return
        started = self._flying.pop(task_id)
        if not isinstance(answer, KieError):
            yield from self._good(watched, answer, started, now)
        elif answer.ends_run:
            for each in list(self._open.values()):
                yield self._settle(each, now, answer)
        else:
            yield from self._bad(watched, answer, started, now)

    def pause(self, until: float) -> None:
        """Take note that no look can start before a moment, because Kie was asked too often."""
        self._paused_until = max(self._paused_until, until)

    def passed(self, now: float) -> Iterator[Snapshot[A]]:
        """Take note of the time: of looks that took too long, and of the end of all waiting."""
        for task_id, started in list(self._flying.items()):
            if now < started + LOOK_LIMIT:
                break  # they stand in the order in which they began
            silent = NoConnection(f"no answer within {LOOK_LIMIT:.0f} s")
            yield from self.answered(task_id, self._open[task_id].look, silent, now)
        if now >= self._end():
            for watched in list(self._open.values()):
                yield self._settle(watched, now, self._unfinished(watched))

    def _end(self) -> float:
        last = self.deadline + OVERTIME
        due_by_then = self.next_due() <= self.deadline and self._paused_until < last
        return last if self._flying or due_by_then else self.deadline

    def _good(
        self, watched: _Watched[A], answer: A, started: float, now: float
    ) -> Iterator[Snapshot[A]]:
        before, was_in_trouble = watched.answer, watched.trouble is not None
        watched.answer, watched.trouble, watched.doubted = answer, None, False
        self._last_good = now
        if answer.finished or not self._policy.finish:
            yield self._settle(watched, now)
        elif started >= self.deadline or self._policy.single:
            yield self._settle(watched, now, self._unfinished(watched))
        else:
            pause = self._rhythm(self._elapsed(watched, now), self._policy.interval, self._random)
            self._schedule(watched, max(now, started + pause))
            if before is None or before.state != answer.state or was_in_trouble:
                yield self._snapshot(watched, now)

    def _bad(
        self, watched: _Watched[A], error: KieError, started: float, now: float
    ) -> Iterator[Snapshot[A]]:
        if isinstance(error, TaskFailed) and not (watched.doubted or self._policy.single):
            # A failure without a record may be a slip; said twice it is none.
            watched.doubted = True
            watched.reason = KieUnavailable(f"{error.message}, and has not said it twice")
            self._schedule(watched, now + SECOND_LOOK)
        elif error.temporary or isinstance(error, TaskNotFound):
            yield self._troubled(watched, error, started, now)
        else:
            yield self._settle(watched, now, error)

    def _troubled(
        self, watched: _Watched[A], error: KieError, started: float, now: float
    ) -> Snapshot[A]:
        trouble = self._note(watched, error, started)
        if trouble.over(now):
            return self._settle(watched, now, _given_up(trouble, now))
        if started >= self.deadline:
            return self._settle(watched, now, self._unfinished(watched))
        self._schedule(watched, trouble.next_look(now, self._random), obeys=error)
        retry = Retry(error, trouble.lasted(now), trouble.limit)
        return self._snapshot(watched, now, retry=retry)

    def _note(self, watched: _Watched[A], error: KieError, started: float) -> Trouble:
        trouble = watched.trouble
        if trouble is None or (trouble.only_connection and trouble.since < self._last_good):
            # A good answer for any task proves the connection: its trouble begins anew.
            trouble = watched.trouble = Trouble(self._policy, started, error)
        trouble.add(error, started)
        if isinstance(error, TaskNotFound):
            watched.invisible = error
        else:
            watched.reason = error
        return trouble

    def _schedule(self, watched: _Watched[A], due: float, obeys: KieError | None = None) -> None:
        if due > self.deadline and getattr(obeys, "retry_after", None) is None:
            due = self.deadline  # a last look
        self._place += 1
        heappush(self._queue, (due, self._place, watched.task_id, watched.look))

    def _settle(
        self, watched: _Watched[A], now: float, error: KieError | None = None
    ) -> Snapshot[A]:
        del self._open[watched.task_id]
        self._flying.pop(watched.task_id, None)
        return self._snapshot(watched, now, error=error, settled=True)

    def _snapshot(
        self,
        watched: _Watched[A],
        now: float,
        *,
        error: KieError | None = None,
        retry: Retry | None = None,
        settled: bool = False,
    ) -> Snapshot[A]:
        elapsed = self._elapsed(watched, now)
        return Snapshot(watched.task_id, watched.answer, elapsed, settled, error, retry)

    def _elapsed(self, watched: _Watched[A], now: float) -> float:
        return 0.0 if watched.first is None else now - watched.first

    def _unfinished(self, watched: _Watched[A]) -> KieError:
        """Return what the end of waiting means: 124, or 5 or 6 if Kie never said anything good."""
        waited = durations.show(self._policy.timeout or 0)
        if watched.answer is not None:
            state = (watched.answer.state or "running").lower()
            return DeadlineExceeded(f"still {state} after {waited}")
        if watched.reason is not None:
            return watched.reason
        if watched.invisible is not None:
            return watched.invisible
        if watched.first is None:
            return DeadlineExceeded(f"not looked at within {waited}")
        return NoConnection(f"no answer within {waited}")


def _given_up(trouble: Trouble, now: float) -> KieError:
    reason = trouble.reason
    if trouble.looks == 1 or isinstance(reason, TaskNotFound):
        return reason
    tried = f"tried {trouble.looks} times in {durations.show(max(1.0, trouble.lasted(now)))}"
    return KieUnavailable(f"{reason.message}; {tried}", hint=reason.hint)
