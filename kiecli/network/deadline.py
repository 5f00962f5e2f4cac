"""Deadlines that hold wherever an answer hangs.

httpx bounds each single read, so that a head at one byte a second never ends. Its engine hands the
numbers of `extensions["timeout"]` untouched to each connect, handshake, read and write: a float
that knows its deadline lets every one of these wait for no longer than what is left.
"""

from typing import Self

from kiecli.clock import Clock

CONNECT_TIMEOUT = 10.0
"""Seconds to reach a server, over all its addresses, TLS included."""

READ_TIMEOUT = 20.0
"""Seconds for an answer of the API as a whole; for a file's bytes, seconds without one of them."""


class Deadline:
    """A moment by which something must have come.

    Attributes:
        seconds: How long that was from the start, or from the last restart.
        goal: What must have come by then, for messages.
        heard: Whether any byte at all came since then.
    """

    def __init__(self, clock: Clock, seconds: float, goal: str = "whole answer") -> None:
        """Start now."""
        self._clock = clock
        self.seconds = seconds
        self.goal = goal
        self.restart()

    def restart(self) -> None:
        """Give it all its seconds again, from now on."""
        self.heard = False
        self._ends_at = self._clock.now() + self.seconds

    def remaining(self) -> float:
        """Return the seconds that are left; none or fewer when it is over."""
        return self._ends_at - self._clock.now()

    @property
    def expired(self) -> bool:
        """Whether it is over."""
        return self.remaining() <= 0

    def within(self, seconds: float) -> "Deadline":
        """Return one that starts now, takes so many seconds, and ends no later than this one."""
        return Deadline(self._clock, min(seconds, self.remaining()), self.goal)

    def timeouts(self) -> dict[str, float]:
        """Return what makes a request obey it, for the request's `extensions["timeout"]`."""
        whole = DeadlineTimeout(self)
        connect = DeadlineTimeout(self.within(CONNECT_TIMEOUT))
        return {"connect": connect, "read": whole, "write": whole, "pool": whole}


class DeadlineTimeout(float):
    """The seconds of a deadline, as a number that leads back to it."""

    deadline: Deadline

    def __new__(cls, deadline: Deadline) -> Self:
        """Return the number for a deadline."""
        timeout = super().__new__(cls, deadline.seconds)
        timeout.deadline = deadline
        return timeout


def seconds_left(timeout: float | None) -> float | None:
    """Return the seconds that one step may take; None is no limit.

    To be asked before each step, also where nothing needs to be waited for: who is flooded with
    bytes never waits.

    Raises:
        TimeoutError: None are left.
    """
    left = timeout.deadline.remaining() if isinstance(timeout, DeadlineTimeout) else timeout
    if left is not None and left <= 0:
        raise TimeoutError("the deadline is over")
    return left


def deadline_of(timeout: float | None, clock: Clock) -> Deadline:
    """Return the deadline of a connect: the one its timeout knows, or one that starts now.

    Args:
        timeout: Seconds, or a deadline's number; None is the usual time to connect.
        clock: Measures them.
    """
    if isinstance(timeout, DeadlineTimeout):
        return timeout.deadline
    return Deadline(clock, CONNECT_TIMEOUT if timeout is None else timeout)
