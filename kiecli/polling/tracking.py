"""What is known of one task under watch, and what that means when waiting ends."""

from typing import Generic, Protocol, TypeVar

from kiecli import durations
from kiecli.errors import ConnectionFailed, DeadlineExceeded, KieError, KieUnavailable, TaskNotFound
from kiecli.polling.policy import MIN_ATTEMPTS, PollPolicy, Random, backoff, poll_interval


class RetryState:
    """A run of looks at one task without a good answer.

    The box starts at the first failed look, leaves out the time in our own queue, which is not
    the server's trouble, and takes at least four looks to fill. A task that is not visible has
    its own, shorter time, from the first look that did not see it.
    """

    __slots__ = ("_policy", "_unseen", "looks", "only_connection", "queued", "reason", "since")

    def __init__(self, policy: PollPolicy, since: float, reason: KieError) -> None:
        self._policy = policy
        self._unseen: float | None = None
        self.since = since
        self.queued = 0.0
        self.looks = 0
        self.reason = reason
        self.only_connection = True

    def add(self, error: KieError, started: float) -> None:
        """Note one more failed look, which began at `started`."""
        self.looks += 1
        self.reason = error
        self.only_connection = self.only_connection and isinstance(error, ConnectionFailed)
        if self._unseen is None and self._invisible:
            self._unseen = started - self.since - self.queued

    @property
    def limit(self) -> float:
        """Seconds for which this kind of trouble is borne."""
        return self._policy.not_found_grace if self._invisible else self._policy.retry_timeout

    def lasted(self, now: float) -> float:
        """Return the seconds of this kind of trouble so far."""
        before = self._unseen if self._invisible else None
        return now - self.since - self.queued - (before or 0.0)

    def over(self, now: float) -> bool:
        """Tell whether to give up."""
        if self._policy.single_attempt:
            return True
        if self._invisible:
            return self.lasted(now) >= self.limit
        if not self._policy.until_finished and self._asked > self.limit:
            return True  # told to stay away for longer than a question may take
        return self.looks >= MIN_ATTEMPTS and self.lasted(now) >= self.limit

    def next_look(self, now: float, random: Random) -> float:
        """Return when to look again; the last look falls on the end of the box."""
        if self._invisible:
            pause = poll_interval(self.lasted(now), self._policy.interval, random)
        else:
            pause = backoff(self.looks, random)
        left = self.limit - self.lasted(now)
        return now + max(min(pause, left) if left > 0 else pause, self._asked)

    def given_up(self, now: float) -> KieError:
        """Return the last reason, with what was tried where that was more than one look."""
        if self.looks == 1 or self._invisible:
            return self.reason
        took = durations.show(max(1.0, self.lasted(now)))
        tried = f"tried {self.looks} times in {took}"
        error = KieUnavailable(f"{self.reason.message}; {tried}", hint=self.reason.hint)
        error.reason = self.reason.message
        return error

    @property
    def _invisible(self) -> bool:
        return isinstance(self.reason, TaskNotFound)

    @property
    def _asked(self) -> float:
        return self.reason.retry_after or 0.0


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


T = TypeVar("T", bound=Pollable)


class TrackedTask(Generic[T]):
    """One task under watch.

    Attributes:
        task_id: Its id.
        look: The number of its last look; 0 before the first.
        first: When its first look began, or None.
        answer: The last good answer, or None.
        doubted: Whether Kie said once, without a record, that it failed.
        trouble: The looks without a good answer since the last one, or None.
        invisible: The last answer that did not know it, or None.
        reason: The last other bad answer, or None.
    """

    __slots__ = ("answer", "doubted", "first", "invisible", "look", "reason", "task_id", "trouble")

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        self.look = 0
        self.first: float | None = None
        self.answer: T | None = None
        self.doubted = False
        self.trouble: RetryState | None = None
        self.invisible: KieError | None = None
        self.reason: KieError | None = None

    def elapsed(self, now: float) -> float:
        """Return the seconds since the first look."""
        return 0.0 if self.first is None else now - self.first

    def note(
        self, error: KieError, started: float, policy: PollPolicy, last_good: float
    ) -> RetryState:
        """Note a failed look that began at `started`.

        Args:
            error: What came of it.
            started: When it began.
            policy: How long trouble is borne.
            last_good: When the last good answer for any task came: it proves the connection,
                whose trouble begins anew.

        Returns:
            The trouble that the task is in now.
        """
        trouble = self.trouble
        if trouble is None or (trouble.only_connection and trouble.since < last_good):
            trouble = self.trouble = RetryState(policy, started, error)
        trouble.add(error, started)
        if isinstance(error, TaskNotFound):
            self.invisible = error
        else:
            self.reason = error
        return trouble

    def unfinished(self, timeout: float) -> KieError:
        """Return what the end of waiting means: 124, or 5 or 6 if Kie never said anything good."""
        waited = durations.show(timeout)
        if self.answer is not None:
            state = (self.answer.state or "running").lower()
            after = f" after {waited}" if timeout else ""
            return DeadlineExceeded(f"still {state}{after}")
        if self.reason is not None:
            return self.reason
        if self.invisible is not None:
            return self.invisible
        if self.first is None:
            return DeadlineExceeded(f"not checked within {waited}")
        return ConnectionFailed(f"no answer within {waited}")
