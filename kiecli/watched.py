"""What is known of one task under watch, and what that means when waiting ends."""

from typing import Generic, Protocol, TypeVar

from kiecli import durations
from kiecli.errors import DeadlineExceeded, KieError, NoConnection, TaskNotFound
from kiecli.rhythm import Policy
from kiecli.trouble import Trouble


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


class Watched(Generic[A]):
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
        self.answer: A | None = None
        self.doubted = False
        self.trouble: Trouble | None = None
        self.invisible: KieError | None = None
        self.reason: KieError | None = None

    def elapsed(self, now: float) -> float:
        """Return the seconds since the first look."""
        return 0.0 if self.first is None else now - self.first

    def note(self, error: KieError, started: float, policy: Policy, last_good: float) -> Trouble:
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
            trouble = self.trouble = Trouble(policy, started, error)
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
            return DeadlineExceeded(f"still {state} after {waited}")
        if self.reason is not None:
            return self.reason
        if self.invisible is not None:
            return self.invisible
        if self.first is None:
            return DeadlineExceeded(f"not looked at within {waited}")
        return NoConnection(f"no answer within {waited}")
