"""What is known of one task that is polled, and what an answer means for it."""

from typing import NamedTuple

from kiecli import durations
from kiecli.api.models import Task
from kiecli.errors import (
    ConnectionFailed,
    DeadlineExceeded,
    KieError,
    KieUnavailable,
    TaskFailed,
    TaskNotFound,
)
from kiecli.polling.policy import (
    CONFIRM_DELAY,
    FRESH_SUCCESS,
    LISTING_GRACE,
    MIN_INTERVAL,
    poll_interval,
)
from kiecli.polling.snapshot import Retry
from kiecli.polling.time_box import Listing, RetryState, TimeBox
from kiecli.polling.waiting import Waiting

_NEVER = float("inf")


class Settle(NamedTuple):
    """The task is settled: by its last good answer, or by an error."""

    error: KieError | None = None


class PollAgain(NamedTuple):
    """The task is polled again."""

    due: float
    is_news: bool = True
    """Whether it changes what is shown of the task."""
    retry: Retry | None = None


class TrackedTask:
    """One task that is polled.

    Attributes:
        task_id: Its id.
        polls: How many polls of it have started.
        due: When the next is due.
        answer: The last good answer, or None.
        grace: How long it may still be not visible, since a poll did not find it, or None.
        trouble: Its failed polls since the last good answer, or None.
        listing: Its success that lists nothing yet, or None.
    """

    def __init__(self, task_id: str, due: float, waiting: Waiting) -> None:
        """Track a task whose first poll is due at a moment."""
        self.task_id = task_id
        self.polls = 0
        self.due = due
        self.answer: Task | None = None
        self.grace: TimeBox | None = None
        self.trouble: RetryState | None = None
        self.listing: Listing | None = None
        self._waiting = waiting
        self._first_poll: float | None = None
        self._is_failure_unconfirmed = False
        self._not_found: KieError | None = None
        self._error: KieError | None = None

    def elapsed(self, now: float) -> float:
        """Return the seconds since the first poll."""
        return 0.0 if self._first_poll is None else now - self._first_poll

    def on_start(self, now: float) -> None:
        """Count a poll that starts now; the time in our own queue before it counts for no box."""
        if self._first_poll is None:
            self._first_poll = now
        self.polls += 1
        # A pause that Kie imposed is trouble; only what comes on top is our own queue.
        queued = now - max(self.due, self._waiting.paused_until)
        for box in (self.grace, self.trouble, self.listing):
            if box is not None and queued > 0:
                box.leave_out(queued)

    def on_answer(
        self, answer: Task | KieError, started: float, now: float, wall: float | None
    ) -> Settle | PollAgain:
        """Return what the answer means that came now for a poll that started then.

        Args:
            answer: The task, or why there is none.
            started: When the poll started.
            now: The present moment.
            wall: The same in seconds since 1970, or None.
        """
        listing = self.listing
        if isinstance(answer, KieError):
            if listing is None:
                return self._on_error(answer, started, now)
            return self._poll_listing(listing, started, now)  # the success that is known stands
        if not self._is_unlisted(answer, wall):
            return self._on_good_answer(answer, started, now)
        self.listing = listing or Listing(now, LISTING_GRACE, answer)
        return self._poll_listing(self.listing, started, now)

    def hard_end(self) -> float:
        """Return when the task ends whatever its polls do; infinity while they go well."""
        if self.listing is not None:
            return self.listing.ends_at
        trouble = self.trouble
        if trouble is None or trouble.is_disproved_by(self._waiting.last_answer):
            return _NEVER
        return trouble.hard_end

    def to_error_at_hard_end(self, now: float, *, cut_short: int = 0) -> KieError | None:
        """Return the error of a task at its hard end; a success that lists nothing has none.

        Args:
            now: The present moment.
            cut_short: How many polls are in flight.
        """
        if self.trouble is None or self.listing is not None:
            return None
        self.trouble.attempts += cut_short
        return self.trouble.to_error(now)

    def to_deadline_error(self, now: float) -> KieError:
        """Return what the end of waiting means: 124, or 5 or 6 if Kie never gave a good answer."""
        timeout = self._waiting.policy.timeout
        waited = durations.show(timeout or 0)
        if self.answer is not None:
            state = (self.answer.state or "running").lower()
            return DeadlineExceeded(
                f"still {state} after {waited}" if timeout else f"still {state}"
            )
        if self.trouble is not None and self.trouble.reason is self._error:
            return self.trouble.to_error(now)
        reason = self._error or self._not_found
        if reason is not None:
            return reason
        if self._first_poll is None:
            return DeadlineExceeded(f"not checked within {waited}")
        return ConnectionFailed(f"no answer within {waited}")

    def _on_good_answer(self, answer: Task, started: float, now: float) -> Settle | PollAgain:
        waiting = self._waiting
        is_news = self.trouble is not None or self.grace is not None
        is_news |= self.answer is None or self.answer.state != answer.state
        self.answer = answer
        self.grace = self.trouble = self.listing = None
        self._is_failure_unconfirmed = False
        if answer.finished or not waiting.policy.until_finished:
            return Settle()
        if started >= waiting.deadline or waiting.policy.single_attempt:
            return Settle(self.to_deadline_error(now))
        pause = waiting.interval(self.elapsed(now), waiting.policy.interval, waiting.random)
        return PollAgain(min(max(now, started + pause), waiting.deadline), is_news)

    def _on_error(self, error: KieError, started: float, now: float) -> Settle | PollAgain:
        is_single = self._waiting.policy.single_attempt
        match error:
            case TaskFailed() if not (self._is_failure_unconfirmed or is_single):
                return self._confirm(error, now)
            case TaskNotFound():
                return self._on_not_found(error, started, now)
            case _ if error.temporary:
                return self._on_trouble(error, started, now)
            case _:
                return Settle(error)

    def _is_unlisted(self, answer: Task, wall: float | None) -> bool:
        """Return True for a success so fresh that its results may be listed later."""
        policy = self._waiting.policy
        if policy.single_attempt or not (policy.until_finished and answer.is_empty):
            return False
        was_running = self.listing is not None or self.answer is not None
        ended_at = answer.completed_at
        is_young = wall is not None and ended_at is not None and wall - ended_at < FRESH_SUCCESS
        return was_running or is_young

    def _poll_listing(self, listing: Listing, started: float, now: float) -> Settle | PollAgain:
        due = max(now, started + MIN_INTERVAL)
        if due >= listing.ends_at or started >= self._waiting.deadline:
            return Settle()
        reason = KieUnavailable("the task succeeded, but Kie lists no results yet")
        return self._retry(listing, reason, due)

    def _confirm(self, failure: TaskFailed, now: float) -> PollAgain:
        """Ask once more: a failure without a record may be a slip."""
        self._is_failure_unconfirmed = True
        self._error = KieUnavailable(f"{failure.message}, not confirmed by a second answer")
        return self._retry(TimeBox(now, CONFIRM_DELAY), failure, now + CONFIRM_DELAY)

    def _on_not_found(self, error: TaskNotFound, started: float, now: float) -> Settle | PollAgain:
        policy = self._waiting.policy
        self._not_found = error
        grace = self.grace = self.grace or TimeBox(started, policy.not_found_grace)
        if policy.single_attempt or now >= grace.ends_at:
            return Settle(error)
        if started >= self._waiting.deadline:
            return Settle(self.to_deadline_error(now))
        pause = poll_interval(grace.elapsed(now), policy.interval, self._waiting.random)
        return self._retry(grace, error, min(now + pause, grace.ends_at))

    def _on_trouble(self, error: KieError, started: float, now: float) -> Settle | PollAgain:
        self._error = error
        trouble = self.trouble
        if trouble is None or trouble.is_disproved_by(self._waiting.last_answer):
            trouble = self.trouble = self._waiting.new_trouble(error, started)
        trouble.add(error)
        due = max(trouble.next_poll(now, self._waiting.random), self._waiting.paused_until)
        if trouble.is_full(now) or self._is_last(trouble, due):
            return Settle(trouble.to_error(now))
        if started >= self._waiting.deadline:
            return Settle(self.to_deadline_error(now))
        return self._retry(trouble, error, due)

    def _is_last(self, trouble: RetryState, due: float) -> bool:
        """Return True if no other poll comes before the box ends.

        A command that does not wait does not wait for a pause, either, that Kie asks for and that
        outlasts the box.
        """
        policy = self._waiting.policy
        is_asked = trouble.reason.retry_after is not None and not policy.until_finished
        end = trouble.ends_at if is_asked else trouble.hard_end
        return policy.single_attempt or due > end

    def _retry(self, box: TimeBox, reason: KieError, due: float) -> PollAgain:
        """Poll again at `due`, and tell why, since when and for how long yet."""
        deadline = self._waiting.deadline
        retry = Retry(reason, box.elapsed(due), min(box.limit_at(due), box.elapsed(deadline)))
        # A last poll falls on the deadline, but not into a pause that Kie asked for.
        is_asked = reason.retry_after is not None
        return PollAgain(due if is_asked else min(due, deadline), retry=retry)
