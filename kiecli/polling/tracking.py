"""One polled task: what its answers and errors mean, when it is polled next, when it is settled."""

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
    EMPTY_SUCCESS_GRACE,
    FRESH_SUCCESS,
    MIN_INTERVAL,
    IntervalFunction,
    PollPolicy,
    Random,
    poll_interval,
)
from kiecli.polling.retries import EmptySuccess, RetryState, RetryWindow
from kiecli.polling.snapshot import ResultsNotListed, Retry, Snapshot

_NEVER = float("inf")


class SharedState:
    """What all tracked tasks of a run share: policy, deadline, pause after a 429, last answer.

    Attributes:
        policy: What the command wants of its polls.
        random: Draws the jitter of intervals and pauses.
        interval: Returns the seconds from one good answer to the next poll.
        deadline: When the last poll is due.
        paused_until: No poll can start before, because Kie answered 429.
        last_answer: When Kie last gave an answer that was no temporary error, for any task.
    """

    def __init__(
        self, policy: PollPolicy, now: float, random: Random, interval: IntervalFunction
    ) -> None:
        """Start waiting now."""
        self.policy = policy
        self.random = random
        self.interval = interval
        self.deadline = now + policy.timeout if policy.timeout else _NEVER
        self.paused_until = -_NEVER
        self.last_answer = -_NEVER

    def new_retry_state(self, error: KieError, started: float) -> RetryState:
        """Return the retry state of a task whose poll, begun at `started`, is the first to fail."""
        # While other tasks get answers Kie is up: the time before the last of them is no outage.
        return RetryState(max(started, self.last_answer), self.policy.retry_timeout, error)


class TrackedTask:
    """The state of one task between its polls.

    Attributes:
        task_id: Its id.
        polls: How many polls of it have started.
        due: When the next is due.
        answer: The last good answer, or None.
        not_found: How long Kie may go on not finding it, from the first time on, or None.
        retries: Its failed polls since the last good answer, or None.
        empty_success: Its fresh success without any results so far, or None.
    """

    def __init__(self, task_id: str, due: float, shared: SharedState) -> None:
        """Track a task whose first poll is due at a moment."""
        self.task_id = task_id
        self.polls = 0
        self.due = due
        self.answer: Task | None = None
        self.not_found: RetryWindow | None = None
        self.retries: RetryState | None = None
        self.empty_success: EmptySuccess | None = None
        self._shared = shared
        self._first_poll = _NEVER
        self._is_failure_unconfirmed = False
        # Kept when the windows are reset: the error at a later deadline gives the reason.
        self._not_found_error: KieError | None = None
        self._error: KieError | None = None

    def on_start(self, now: float) -> None:
        """Count a poll that starts now; the time it was queued here counts for no retry window."""
        self._first_poll = min(self._first_poll, now)
        self.polls += 1
        # A pause that Kie imposed does count; only what comes on top is our own queue.
        queued = now - max(self.due, self._shared.paused_until)
        for window in (self.not_found, self.retries, self.empty_success):
            if window is not None and queued > 0:
                window.leave_out(queued)

    def on_answer(
        self, answer: Task | KieError, started: float, now: float, wall: float | None
    ) -> Snapshot | None:
        """Handle the answer of a poll.

        The task is settled if the snapshot says so; else `due` is when to poll it again.

        Args:
            answer: The task, or why there is none.
            started: When the poll started.
            now: The present moment.
            wall: The same in seconds since 1970, or None.

        Returns:
            What it changes; None if it changes nothing that is shown.
        """
        empty_success = self.empty_success
        if isinstance(answer, KieError):
            if empty_success is None:
                return self._on_error(answer, started, now)
            # The success stands: this poll was only for what it lists.
            return self._poll_empty_success(empty_success, started, now)
        if answer.is_empty and self._is_fresh(answer, wall):
            self.empty_success = empty_success or EmptySuccess(now, EMPTY_SUCCESS_GRACE, answer)
            return self._poll_empty_success(self.empty_success, started, now)
        return self._on_good_answer(answer, started, now)

    def settle(self, now: float, error: KieError | None = None) -> Snapshot:
        """Return the last snapshot of the task: settled by its last answer, or by an error."""
        if self.empty_success is not None:  # a success, whatever came later
            self.answer, error = self.empty_success.task, None
        elapsed = max(0.0, now - self._first_poll)  # one that was never polled has none
        return Snapshot(self.task_id, self.answer, elapsed, settled=True, error=error)

    def hard_end(self) -> float:
        """Return when the task is settled however its next poll ends; infinity if none failed."""
        if self.empty_success is not None:
            return self.empty_success.ends_at
        retries = self.retries
        if retries is None or retries.is_disproved_by(self._shared.last_answer):
            return _NEVER
        return retries.hard_end

    def settle_at_hard_end(self, now: float, *, cut_short: int = 0) -> Snapshot:
        """Return the last snapshot of a task at its hard end.

        Args:
            now: The present moment.
            cut_short: How many polls are in flight.
        """
        if self.retries is None:  # the hard end is that of `empty_success`
            return self.settle(now)
        self.retries.attempts += cut_short
        return self.settle(now, self.retries.to_error(now))

    def settle_at_deadline(self, now: float) -> Snapshot:
        """Return the last snapshot: exit code 124, or 5 or 6 if Kie gave no good answer."""
        return self.settle(now, self._deadline_error(now))

    def _deadline_error(self, now: float) -> KieError:
        timeout = self._shared.policy.timeout
        waited = durations.show(timeout or 0)
        if self.answer is not None:
            state = self.answer.state_label if self.answer.state else "running"
            return DeadlineExceeded(
                f"still {state} after {waited}" if timeout else f"still {state}"
            )
        if self.retries is not None and self.retries.reason is self._error:
            return self.retries.to_error(now)
        reason = self._error or self._not_found_error
        if reason is not None:
            return reason
        if self.polls == 0:
            return DeadlineExceeded(f"not checked within {waited}")
        return ConnectionFailed(f"no answer within {waited}")

    def _on_good_answer(self, answer: Task, started: float, now: float) -> Snapshot | None:
        shared = self._shared
        is_news = self.retries is not None or self.not_found is not None
        is_news |= self.answer is None or self.answer.state != answer.state
        self.answer = answer
        self.not_found = self.retries = self.empty_success = None
        self._is_failure_unconfirmed = False
        if answer.finished or not shared.policy.until_finished:
            return self.settle(now)
        # The last poll starts at the deadline itself: what has ended by then is no timeout.
        if started >= shared.deadline or shared.policy.single_attempt:
            return self.settle_at_deadline(now)
        elapsed = now - self._first_poll
        # Counted from its start, not from its answer: a slow Kie makes nobody wait longer.
        pause = shared.interval(elapsed, shared.policy.interval, shared.random)
        self.due = min(max(now, started + pause), shared.deadline)
        return Snapshot(self.task_id, answer, elapsed, settled=False) if is_news else None

    def _on_error(self, error: KieError, started: float, now: float) -> Snapshot:
        is_single = self._shared.policy.single_attempt
        match error:
            case TaskFailed() if not (self._is_failure_unconfirmed or is_single):
                return self._confirm(error, now)
            case TaskNotFound():
                return self._on_not_found(error, started, now)
            case _ if error.temporary:
                return self._on_temporary_error(error, started, now)
            case _:
                return self.settle(now, error)

    def _is_fresh(self, success: Task, wall: float | None) -> bool:
        """Return True for an empty success so fresh that Kie may list its results later."""
        policy = self._shared.policy
        if policy.single_attempt or not policy.until_finished:
            return False
        # The clock here may be wrong; a task that was seen running has ended only now.
        was_running = self.empty_success is not None or self.answer is not None
        ended_at = success.completed_at
        is_young = wall is not None and ended_at is not None and wall - ended_at < FRESH_SUCCESS
        return was_running or is_young

    def _poll_empty_success(
        self, empty_success: EmptySuccess, started: float, now: float
    ) -> Snapshot:
        due = max(now, started + MIN_INTERVAL)
        if due >= empty_success.ends_at or started >= self._shared.deadline:
            return self.settle(now)
        reason = ResultsNotListed("the task succeeded, but Kie lists no results yet")
        return self._retry(empty_success, reason, due, now)

    def _confirm(self, error: TaskFailed, now: float) -> Snapshot:
        """Poll once more before a failure is believed that came as an error code only."""
        # The codes 501 and 408 are documented for callbacks; a recorded poll of a failed task was
        # answered by its record. See https://docs.kie.ai/market/common/get-task-detail.md.
        self._is_failure_unconfirmed = True
        self._error = KieUnavailable(f"{error.message}, not confirmed by a second answer")
        return self._retry(RetryWindow(now, CONFIRM_DELAY), error, now + CONFIRM_DELAY, now)

    def _on_not_found(self, error: TaskNotFound, started: float, now: float) -> Snapshot:
        policy = self._shared.policy
        self._not_found_error = error
        # Opened once: failed polls in between do not make the task any younger.
        window = self.not_found = self.not_found or RetryWindow(started, policy.not_found_grace)
        if policy.single_attempt or now >= window.ends_at:
            return self.settle(now, error)
        if started >= self._shared.deadline:
            return self.settle_at_deadline(now)
        pause = poll_interval(window.elapsed(now), policy.interval, self._shared.random)
        return self._retry(window, error, min(now + pause, window.ends_at), now)

    def _on_temporary_error(self, error: KieError, started: float, now: float) -> Snapshot:
        shared = self._shared
        self._error = error
        retries = self.retries
        # What looked like a lost connection was none if another task got through meanwhile.
        if retries is None or retries.is_disproved_by(shared.last_answer):
            retries = self.retries = shared.new_retry_state(error, started)
        retries.add(error)
        due = max(retries.next_poll(now, shared.random), shared.paused_until)
        if retries.is_full(now) or self._is_last(retries, due):
            return self.settle(now, retries.to_error(now))
        if started >= shared.deadline:
            return self.settle_at_deadline(now)
        return self._retry(retries, error, due, now)

    def _is_last(self, retries: RetryState, due: float) -> bool:
        """Return True if the next poll, at `due`, would come after the retry window's end."""
        policy = self._shared.policy
        # `status` gives up at once where Kie asks for a pause that outlasts its fifteen seconds.
        is_asked = retries.reason.retry_after is not None and not policy.until_finished
        end = retries.ends_at if is_asked else retries.hard_end
        return policy.single_attempt or due > end

    def _retry(self, window: RetryWindow, reason: KieError, due: float, now: float) -> Snapshot:
        """Schedule the next poll at `due`, and return the snapshot that says why."""
        deadline = self._shared.deadline
        # A last poll falls on the deadline, but not into a pause that Kie asked for.
        self.due = due if reason.retry_after is not None else min(due, deadline)
        limit = min(window.limit_at(due), window.elapsed(deadline))
        retry = Retry(reason, window.elapsed(due), limit)
        elapsed = now - self._first_poll
        return Snapshot(self.task_id, self.answer, elapsed, settled=False, retry=retry)
