"""When to poll which task, and what ends them all: the deadline, an outage, a refused key.

The core of all waiting. It knows neither screen nor network nor thread and reads no clock: it is
given moments and answers, and returns snapshots of what they change. What an answer means for its
own task is decided in polling/tracking.py.
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
from kiecli.polling.retries import RetryState
from kiecli.polling.snapshot import Snapshot
from kiecli.polling.tracking import SharedState, TrackedTask

_NEVER = float("inf")


class Poll(NamedTuple):
    """One poll that has started."""

    task_id: str
    number: int
    """Which of its task's polls it is, from 1."""
    started: float


class PollScheduler:
    """Decides when to poll which task, and when to give up on all of them.

    Attributes:
        open: The tasks that are not settled, by their ids.
        in_flight: The polls that have started and not ended, in that order, by their tasks.
    """

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
        self.open: dict[str, TrackedTask] = {}
        self.in_flight: dict[str, Poll] = {}
        self._shared = SharedState(policy, now, random, interval_function)
        # (due, order, task, its polls so far): stale once its task was polled or is settled. The
        # order makes of tasks that are due together a queue in which each has its turn.
        self._queue: list[tuple[float, int, str, int]] = []
        self._order = 0
        self._outage: RetryState | None = None
        self._closed_by: KieError | None = None  # why no more polls are made
        for task_id in task_ids:
            self.open[task_id] = task = TrackedTask(task_id, now, self._shared)
            self._schedule(task)

    def next_due(self) -> float:
        """Return when the next poll is due; infinity when none is."""
        # An entry in the middle of a heap cannot be removed: stale ones go when they come up.
        while self._queue:
            due, _, task_id, polls = self._queue[0]
            task = self.open.get(task_id)
            if task is not None and task.polls == polls:
                return due
            heappop(self._queue)
        return _NEVER

    def next_limit(self) -> float:
        """Return when `expire` has to be called at the latest."""
        limits = [self._closing_time()]
        # Only of what is in flight: any other task meets its end in the answer to its next poll.
        for poll in self.in_flight.values():
            limits += [poll.started + POLL_TIMEOUT, self.open[poll.task_id].hard_end()]
        if self._outage is not None:
            limits.append(self._outage.hard_end)
        return min(limits)

    def start(self, now: float) -> Poll:
        """Start the poll that is due next (see `next_due`)."""
        _, _, task_id, _ = heappop(self._queue)
        task = self.open[task_id]
        task.on_start(now)
        poll = self.in_flight[task_id] = Poll(task_id, task.polls, now)
        return poll

    def on_answer(
        self, poll: Poll, answer: Task | KieError, now: float, wall: float | None = None
    ) -> Iterator[Snapshot]:
        """Handle the answer of a poll; an answer that comes after the poll timed out is ignored.

        Args:
            poll: The poll.
            answer: The task, or why there is none.
            now: The present moment.
            wall: The same in seconds since 1970, for the age of a success.
        """
        task = self.open.get(poll.task_id)
        if task is None or self.in_flight.get(poll.task_id) != poll:
            return
        del self.in_flight[poll.task_id]
        # A key that is refused is refused for every task.
        if isinstance(answer, KieError) and answer.fatal:
            yield from self._settle_all(now, answer)
            return
        self._track_outage(answer, poll, now)
        if self._outage is not None and self._outage.is_full(now):
            yield from self._settle_all(now, self._outage.to_error(now))
            return
        snapshot = task.on_answer(answer, poll.started, now, wall)
        if snapshot is not None and snapshot.settled:
            del self.open[task.task_id]
        else:
            self._schedule(task)
        if snapshot is not None:
            yield snapshot

    def pause(self, until: float, now: float, reason: RateLimited | None = None) -> None:
        """Start no poll before `until`, because Kie answered 429.

        Where Kie itself asks for a pause that outlasts the retries of a command that does not
        wait, that command makes no more polls; those in flight may still bring answers.
        """
        policy = self._shared.policy
        # A second 429 may ask for less: the first still stands.
        self._shared.paused_until = max(self._shared.paused_until, until)
        outlasts = not policy.until_finished and until >= now + policy.retry_timeout
        if outlasts and reason is not None and reason.retry_after:
            self._closed_by = RetryState(now, policy.retry_timeout, reason).to_error(now)

    def slept(self, seconds: float, now: float) -> None:
        """Handle the machine's having slept for `seconds` that the monotonic clock does not count.

        The deadline does count them. Where it is past, each task is polled once more; polls that
        were in flight are dropped, since their connections are gone.
        """
        deadline = self._shared.deadline = max(self._shared.deadline - seconds, now)
        self.in_flight.clear()
        self._queue.clear()  # all anew, in the order in which the tasks were given
        for task in self.open.values():
            task.due = min(task.due, deadline)
            self._schedule(task)

    def expire(self, now: float) -> Iterator[Snapshot]:
        """Settle what has timed out by now: polls, retry windows, an outage, the deadline."""
        # In the order of their starts: after the first that is in time, all are.
        for poll in list(self.in_flight.values()):
            if now < poll.started + POLL_TIMEOUT:
                break
            silence = ConnectionFailed(f"no answer within {REQUEST_TIMEOUT:.0f} s")
            yield from self.on_answer(poll, silence, now)
        for task in [self.open[task_id] for task_id in self.in_flight]:
            if now >= task.hard_end():
                yield self._close(task, task.settle_at_hard_end(now, cut_short=1))
        if now < self._shared.paused_until:
            yield from self._expire_in_pause(now)
        if self._outage is not None and now >= self._outage.hard_end:
            self._outage.attempts += len(self.in_flight)
            yield from self._settle_all(now, self._outage.to_error(now))
        if now >= self._closing_time():
            for task in list(self.open.values()):
                yield self._close(task, task.settle_at_deadline(now))

    def _expire_in_pause(self, now: float) -> Iterator[Snapshot]:
        """Settle the tasks whose time ends before the pause after a 429 does."""
        for task in [each for each in self.open.values() if each.task_id not in self.in_flight]:
            if self._closed_by is not None:
                yield self._close(task, task.settle(now, self._closed_by))
            elif task.hard_end() <= self._shared.paused_until:
                yield self._close(task, task.settle_at_hard_end(now))

    def _closing_time(self) -> float:
        """Return when all waiting ends: the deadline, plus a grace for polls due by then."""
        deadline = self._shared.deadline
        end = deadline + DEADLINE_GRACE
        # A task that has ended by the deadline is a success, though its answer is still to come.
        is_one_due = self.next_due() <= deadline and self._shared.paused_until < end
        return end if self.in_flight or is_one_due else deadline

    def _track_outage(self, answer: Task | KieError, poll: Poll, now: float) -> None:
        """Keep one retry state for all tasks together, which any answer of Kie clears."""
        # In an outage, 300 tasks at 8 polls a second would need 150 s for four failed polls each.
        if not (isinstance(answer, KieError) and answer.temporary):
            self._outage = None
            self._shared.last_answer = now
        else:
            self._outage = self._outage or self._shared.new_retry_state(answer, poll.started)
            self._outage.add(answer)

    def _schedule(self, task: TrackedTask) -> None:
        self._order += 1
        heappush(self._queue, (task.due, self._order, task.task_id, task.polls))

    def _settle_all(self, now: float, error: KieError) -> Iterator[Snapshot]:
        for task in list(self.open.values()):
            yield self._close(task, task.settle(now, error))

    def _close(self, task: TrackedTask, last: Snapshot) -> Snapshot:
        """Return the last snapshot of a task, which is not polled any more."""
        del self.open[task.task_id]
        self.in_flight.pop(task.task_id, None)
        return last
