"""Deadlines that hold wherever an answer hangs, and the sockets that wait no longer than they say.

httpx bounds each single read, so that a head at one byte a second never ends. Its engine hands the
numbers of `extensions["timeout"]` untouched to each connect, handshake, read and write: a float
that counts from one moment lets every one of these wait for no longer than what is left.
"""

import select
import ssl
import sys
from collections.abc import Callable
from math import ceil
from typing import TYPE_CHECKING, Self, TypeVar

from kiecli.clock import Clock

if TYPE_CHECKING:
    from _typeshed import HasFileno

T = TypeVar("T")

CONNECT_TIMEOUT = 10.0
"""Seconds to reach a server, over all its addresses, TLS included."""

READ_TIMEOUT = 20.0
"""Seconds for an answer of the API as a whole; for a file's bytes, seconds without one of them."""

READABLE = 1
WRITABLE = 2


class Deadline(float):
    """The seconds within which something must have come, counted from one moment.

    As a number it stays what it was made with; `remaining` is what is left of it.

    Attributes:
        goal: What must have come by then, for messages.
        heard: Whether any byte at all came since it started.
    """

    goal: str
    heard: bool
    _clock: Clock
    _ends_at: float

    def __new__(cls, clock: Clock, seconds: float, goal: str = "whole answer") -> Self:
        """Start now."""
        deadline = super().__new__(cls, seconds)
        deadline._clock = clock
        deadline.goal = goal
        deadline.restart()
        return deadline

    def restart(self) -> None:
        """Give it all its seconds again, from now on."""
        self.heard = False
        self._ends_at = self._clock.now() + self

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
        return {"connect": self.within(CONNECT_TIMEOUT), "read": self, "write": self, "pool": self}


def attempt(source: "HasFileno", step: Callable[[], T], event: int, timeout: float | None) -> T:
    """Return what a step on a non-blocking socket gives, tried again each time it is ready.

    It is tried first, and waited for only when nothing is there: a socket with a timeout asks the
    system twice for each read, once whether it may.

    Args:
        source: The socket.
        step: Raises what sockets and TLS raise when they would have to wait.
        event: What a plain socket waits for in this step, READABLE or WRITABLE.
        timeout: Seconds for each wait, or a deadline; None is no limit.

    Raises:
        TimeoutError: It took longer.
        OSError: The connection broke.
    """
    while True:
        # Before the step, not only where there is something to wait for: who is flooded with bytes
        # never waits.
        left = timeout.remaining() if isinstance(timeout, Deadline) else timeout
        if left is not None and left <= 0:
            raise TimeoutError("the deadline is over")
        try:
            return step()
        # TLS has records of its own to send and to receive, whatever the step is.
        except ssl.SSLWantReadError:
            awaited = READABLE
        except ssl.SSLWantWriteError:
            awaited = WRITABLE
        except BlockingIOError:
            awaited = event
        if not wait(source, awaited, left):
            raise TimeoutError("nothing within the time limit")


def wait(source: "HasFileno", event: int, seconds: float | None) -> bool:
    """Return True if the socket becomes ready, or ends, within so many seconds.

    Args:
        source: The socket.
        event: READABLE or WRITABLE.
        seconds: None is no limit.
    """
    # Windows has select only, which knows few descriptors elsewhere. For one socket, poll needs one
    # call to the system where epoll needs four; `selectors` does it in twenty calls of its own.
    if sys.platform == "win32":
        readers, writers = [source] * (event == READABLE), [source] * (event == WRITABLE)
        is_ready = any(select.select(readers, writers, writers, seconds))
    else:
        poll = select.poll()
        poll.register(source, select.POLLIN if event == READABLE else select.POLLOUT)
        is_ready = bool(poll.poll(None if seconds is None else ceil(max(0.0, seconds) * 1000)))
    return is_ready
