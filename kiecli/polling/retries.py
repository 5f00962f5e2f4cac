"""How long a task is retried after failed polls, and when it is given up."""

from kiecli import durations
from kiecli.api.models import Task
from kiecli.api.rate_limiter import MAX_RETRY_AFTER
from kiecli.errors import ConnectionFailed, KieError, KieUnavailable
from kiecli.polling.policy import HARD_LIMIT, MIN_ATTEMPTS, Random, backoff


class RetryWindow:
    """A limited time for retries, counted from the start of a poll.

    Attributes:
        limit: Seconds from its start to its end.
    """

    __slots__ = ("_since", "limit")

    def __init__(self, since: float, limit: float) -> None:
        """Open it.

        Args:
            since: When the poll started.
            limit: Seconds.
        """
        self._since = since
        self.limit = limit

    @property
    def ends_at(self) -> float:
        """When the window ends, unless `leave_out` moves it."""
        return self._since + self.limit

    def limit_at(self, moment: float) -> float:  # noqa: ARG002  RetryState's can be longer
        """Return the seconds from the window's start to its end, for a poll due at `moment`."""
        return self.limit

    def elapsed(self, now: float) -> float:
        """Return the seconds since the window's start that count."""
        return now - self._since

    def leave_out(self, seconds: float) -> None:
        """Do not count so many seconds: move start and end of the window."""
        self._since += seconds


class EmptySuccess(RetryWindow):
    """A fresh success without results, and how long it is polled for them.

    Attributes:
        task: The success.
    """

    __slots__ = ("task",)

    def __init__(self, since: float, limit: float, task: Task) -> None:
        """Open it at the first such answer."""
        super().__init__(since, limit)
        self.task = task


class RetryState(RetryWindow):
    """The failed polls of a task since its last good answer, and when to give up.

    The task is given up after at least `limit` seconds and MIN_ATTEMPTS failed polls. Polls that
    each hang for 20 s would stretch four of them over a minute and a half, so at the hard end,
    after HARD_LIMIT times the seconds, the number of polls no longer matters.

    Attributes:
        attempts: How many polls failed.
        reason: The last error.
        is_connection: Whether all of them failed without an answer (DNS, connect, timeout).
    """

    __slots__ = ("_began", "attempts", "is_connection", "reason")

    def __init__(self, since: float, limit: float, reason: KieError) -> None:
        """Open it for a poll that started at `since` and failed; `add` counts it."""
        super().__init__(since, limit)
        self._began = since  # stays where it is when time is left out: messages show all of it
        self.attempts = 0
        self.reason = reason
        self.is_connection = True

    def add(self, error: KieError) -> None:
        """Count a failed poll."""
        self.attempts += 1
        self.reason = error
        self.is_connection = self.is_connection and isinstance(error, ConnectionFailed)

    def is_disproved_by(self, last_answer: float) -> bool:
        """Return True for lost connections if an answer came since, for any task."""
        return self.is_connection and self._began < last_answer

    def limit_at(self, moment: float) -> float:
        """Return the seconds from the window's start to its end, for a poll due at `moment`."""
        return self.limit if moment <= self.ends_at else HARD_LIMIT * self.limit

    @property
    def hard_end(self) -> float:
        """When the task is given up however few polls failed, unless `leave_out` moves it."""
        return self._since + HARD_LIMIT * self.limit

    def is_full(self, now: float) -> bool:
        """Return True if polls have failed long enough, and often enough, to give up."""
        return self.attempts >= MIN_ATTEMPTS and now >= self.ends_at

    def next_poll(self, now: float, random: Random) -> float:
        """Return when to poll again; the last poll falls on the end of the window."""
        pause = backoff(self.attempts, random)
        # A poll after the window would come too late to show that Kie is back.
        if now < self.ends_at:
            pause = min(pause, self.ends_at - now)
        return now + max(pause, min(self.reason.retry_after or 0.0, MAX_RETRY_AFTER))

    def to_error(self, now: float) -> KieError:
        """Return the last error, with what was tried, and for how long Kie asks to wait."""
        details = []
        if self.attempts > 1:
            took = durations.show(round(max(1.0, now - self._began)))
            details.append(f"tried {self.attempts} times in {took}")
        if self.reason.retry_after:
            details.append(f"Kie asks to wait {durations.show_pause(self.reason.retry_after)}")
        if not details:
            return self.reason
        error = KieUnavailable("; ".join([self.reason.message, *details]), hint=self.reason.hint)
        error.reason = self.reason.message  # by which many tasks are reported in one line
        return error
