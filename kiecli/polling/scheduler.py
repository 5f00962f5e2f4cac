"""When to poll which task.

The core of all waiting. It knows neither screen nor network nor thread and reads no clock: it is
given moments and answers, and returns snapshots of what they change. What an answer means for its
task is decided in polling/tracking.py; here is what concerns them all.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from kiecli.api.models import Task
from kiecli.errors import ConnectionFailed, KieError, RateLimited
from kiecli.polling.policy import (
    DEADLINE_GRACE,
    POLL_TIMEOUT,
    REQUEST_TIMEOUT,
    IntervalFunction,
    PollPolicy,
    Random,
    poll_interval,
)
from kiecli.polling.snapshot import Retry, Snapshot
from kiecli.polling.time_box import RetryState
from kiecli.polling.tracking import Settle, TrackedTask
from kiecli.polling.waiting import Waiting

_NEVER = float("inf")


class Poll(NamedTuple):
    """One poll that has started."""

    task_id: str
    number: int
    """Which of its task's polls it is, from 1."""
    started: float


class PollScheduler:
    """Decides when to poll which task, and when to give up on all of them."""

    def __init__(
        self,
        task_ids: Iterable[str],
        policy: PollPolicy,
        now: float,
        random: Random,
        interval_function: IntervalFunction = poll_interval,
    ) -> None:
        """Make a first poll of every task due at once.

        Args:
            task_ids: The tasks, each named once.
            policy: What the command wants of its polls.
            now: The present moment; the deadline counts from here.
            random: Draws the jitter of intervals and pauses.
            interval_function: Returns the seconds from one good answer to the next poll.
        """
        self._waiting = Waiting(policy, now, random, interval_function)
        self._open: dict[str, TrackedTask] = {}
        # (due, order, task, its polls so far): stale once its task was polled or is settled.
        self._queue: list[tuple[float, int, str, int]] = []
        self._order = 0
        self._in_flight: dict[str, Poll] = {}  # in the order in which they started
        self._outage: RetryState | None = None
        for task_id in task_ids:
            self._open[task_id] = task = TrackedTask(task_id, now, self._waiting)
            self._schedule(task, now)

    @property
    def done(self) -> bool:
        """Whether every task is settled."""
        return not self._open

    @property
    def in_flight(self) -> int:
        """How many polls have started and not ended."""
        return len(self._in_flight)

    def next_due(self) -> float:
        """Return when the next poll is due; infinity when none is."""
        while self._queue:
            due, _, task_id, polls = self._queue[0]
            task = self._open.get(task_id)
            if task is not None and task.polls == polls:
                return due
            heappop(self._queue)
        return _NEVER

    def next_limit(self) -> float:
        """Return when `expire` has to be called at the latest."""
        limits = [self._closing_time()]
        for poll in self._in_flight.values():
            limits += [poll.started + POLL_TIMEOUT, self._open[poll.task_id].hard_end()]
        if self._outage is not None:
            limits.append(self._outage.hard_end)
        return min(limits)

    def start(self, now: float) -> Poll:
        """Start the poll that is due next (see `next_due`)."""
        _, _, task_id, _ = heappop(self._queue)
        task = self._open[task_id]
        task.on_start(now)
        poll = self._in_flight[task_id] = Poll(task_id, task.polls, now)
        return poll

    def answered(
        self, poll: Poll, answer: Task | KieError, now: float, wall: float | None = None
    ) -> Iterator[Snapshot]:
        """Take the answer of a poll; one that comes after its poll was given up changes nothing.

        Args:
            poll: The poll.
            answer: The task, or why there is none.
            now: The present moment.
            wall: The same in seconds since 1970, for the age of a success.
        """
        task = self._open.get(poll.task_id)
        if task is None or self._in_flight.get(poll.task_id) != poll:
            return
        del self._in_flight[poll.task_id]
        if isinstance(answer, KieError) and answer.fatal:
            yield from self._settle_all(now, answer)
            return
        self._track_outage(answer, poll, now)
        if self._outage is not None and self._outage.is_full(now):
            yield from self._settle_all(now, self._outage.to_error(now))
            return
        decision = task.on_answer(answer, poll.started, now, wall)
        if isinstance(decision, Settle):
            yield self._settle(task, now, decision.error)
            return
        self._schedule(task, decision.due)
        if decision.is_news:
            yield self._snapshot(task, now, retry=decision.retry)

    def pause(self, until: float, now: float, reason: RateLimited | None = None) -> None:
        """Learn that no poll can start before a moment, because Kie answered 429.

        Where Kie itself asks for a pause that outlasts the box of a command that does not wait,
        that command makes no more polls; those in flight may still bring answers.
        """
        waiting, policy = self._waiting, self._waiting.policy
        waiting.paused_until = max(waiting.paused_until, until)
        outlasts = not policy.until_finished and until >= now + policy.retry_timeout
        if outlasts and reason is not None and reason.retry_after:
            waiting.closed_by = RetryState(now, policy.retry_timeout, reason).to_error(now)

    def slept(self, seconds: float, now: float) -> None:
        """Learn that the machine slept for seconds that moments here do not count.

        The deadline does count them. Where it is past, each task is polled once more; what was in
        flight has no connection any more.
        """
        deadline = self._waiting.deadline = max(self._waiting.deadline - seconds, now)
        self._in_flight.clear()
        self._queue.clear()
        for task in self._open.values():
            self._schedule(task, min(task.due, deadline))

    def expire(self, now: float) -> Iterator[Snapshot]:
        """Take note of the time: of polls, trouble or waiting that have lasted too long."""
        for poll in list(self._in_flight.values()):
            if now < poll.started + POLL_TIMEOUT:
                break
            silence = ConnectionFailed(f"no answer within {REQUEST_TIMEOUT:.0f} s")
            yield from self.answered(poll, silence, now)
        for task in [self._open[task_id] for task_id in self._in_flight]:
            if now >= task.hard_end():
                yield self._settle(task, now, task.to_error_at_hard_end(now, cut_short=1))
        if now < self._waiting.paused_until:
            yield from self._expire_in_pause(now)
        if self._outage is not None and now >= self._outage.hard_end:
            self._outage.attempts += self.in_flight
            yield from self._settle_all(now, self._outage.to_error(now))
        if now >= self._closing_time():
            for task in list(self._open.values()):
                yield self._settle(task, now, task.to_deadline_error(now))

    def _expire_in_pause(self, now: float) -> Iterator[Snapshot]:
        """Settle the tasks that come to their end before the pause does."""
        waiting = self._waiting
        for task in [each for each in self._open.values() if each.task_id not in self._in_flight]:
            if waiting.closed_by is not None:
                yield self._settle(task, now, waiting.closed_by)
            elif task.hard_end() <= waiting.paused_until:
                yield self._settle(task, now, task.to_error_at_hard_end(now))

    def _closing_time(self) -> float:
        """Return when all waiting ends: at the deadline, later while a poll due by then is out."""
        deadline = self._waiting.deadline
        end = deadline + DEADLINE_GRACE
        is_one_due = self.next_due() <= deadline and self._waiting.paused_until < end
        return end if self._in_flight or is_one_due else deadline

    def _track_outage(self, answer: Task | KieError, poll: Poll, now: float) -> None:
        """Note whether Kie answers anybody: where it does not, all tasks end together."""
        if not (isinstance(answer, KieError) and answer.temporary):
            self._outage = None
            self._waiting.last_answer = now
        else:
            self._outage = self._outage or self._waiting.new_trouble(answer, poll.started)
            self._outage.add(answer)

    def _schedule(self, task: TrackedTask, due: float) -> None:
        task.due = due
        self._order += 1
        heappush(self._queue, (due, self._order, task.task_id, task.polls))

    def _settle_all(self, now: float, error: KieError) -> Iterator[Snapshot]:
        for task in list(self._open.values()):
            yield self._settle(task, now, error)

    def _settle(self, task: TrackedTask, now: float, error: KieError | None) -> Snapshot:
        if task.listing is not None:  # a success, whatever came later
            task.answer, error = task.listing.task, None
        del self._open[task.task_id]
        self._in_flight.pop(task.task_id, None)
        return self._snapshot(task, now, error=error, settled=True)

    def _snapshot(
        self,
        task: TrackedTask,
        now: float,
        *,
        error: KieError | None = None,
        retry: Retry | None = None,
        settled: bool = False,
    ) -> Snapshot:
        return Snapshot(task.task_id, task.answer, task.elapsed(now), settled, error, retry)
