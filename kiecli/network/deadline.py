"""A deadline for a whole request, and the socket waits that respect it.

httpx's timeouts bound each single read: a head at one byte a second would never end. httpcore
passes the numbers of `extensions["timeout"]` untouched to each connect, handshake, read and write,
so a float subclass can carry the deadline there, and each of them waits only for what is left.
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
"""Seconds to connect to a server, over all its addresses, TLS handshake included."""

READ_TIMEOUT = 20.0
"""Seconds for a whole response of the API; for a file, seconds without any byte of it."""

READABLE = 1
WRITABLE = 2


class Deadline(float):
    """A time limit in seconds that counts from its start.

    Its value as a float never changes; `remaining` is what is left of it.

    Attributes:
        goal: What must have arrived by then, for messages.
        heard: Whether any byte has arrived since it started.
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
        """Count all its seconds from now on, again."""
        self.heard = False
        self._ends_at = self._clock.now() + self

    def remaining(self) -> float:
        """Return the seconds that are left; 0 or negative when it has expired."""
        return self._ends_at - self._clock.now()

    @property
    def expired(self) -> bool:
        """Whether no time is left."""
        return self.remaining() <= 0

    def within(self, seconds: float) -> "Deadline":
        """Return a deadline of `seconds` from now that ends no later than this one."""
        return Deadline(self._clock, min(seconds, self.remaining()), self.goal)

    def timeouts(self) -> dict[str, float]:
        """Return the value for a request's `extensions["timeout"]` that applies this deadline."""
        return {"connect": self.within(CONNECT_TIMEOUT), "read": self, "write": self, "pool": self}


def attempt(source: "HasFileno", step: Callable[[], T], event: int, timeout: float | None) -> T:
    """Call `step` on a non-blocking socket until it succeeds, waiting when the socket is not ready.

    It is called before any wait: a socket with a timeout of its own takes two system calls for
    each read, the first a poll.

    Args:
        source: The socket.
        step: Raises BlockingIOError, SSLWantReadError or SSLWantWriteError if it would block.
        event: What to wait for after BlockingIOError: READABLE or WRITABLE.
        timeout: Seconds for each wait, or a deadline; None is no limit.

    Raises:
        TimeoutError: It took longer.
        OSError: The connection broke.
    """
    # Checked before the step, not only before a wait: a flood of bytes never leads to a wait.
    deadline = timeout if isinstance(timeout, Deadline) else None
    left = timeout if deadline is None else deadline.remaining()
    if left is not None and left <= 0:
        raise TimeoutError("the deadline is over")
    while True:
        try:
            return step()
        # TLS may have to write in order to read, and the other way round (key updates).
        except ssl.SSLWantReadError:
            awaited = READABLE
        except ssl.SSLWantWriteError:
            awaited = WRITABLE
        except BlockingIOError:
            awaited = event
        if left is not None and left <= 0:
            raise TimeoutError("nothing within the time limit")
        # The step comes once more after any wait: while a machine sleeps or a process is stopped,
        # the deadline passes, but what it waited for may have come.
        if not wait(source, awaited, left):
            left = 0.0
        elif deadline is not None:
            left = deadline.remaining()


def wait(source: "HasFileno", event: int, seconds: float | None) -> bool:
    """Return True if the socket becomes ready, or is closed by its peer, within `seconds`.

    Args:
        source: The socket.
        event: READABLE or WRITABLE.
        seconds: None is no limit.
    """
    # Windows has only `select`, which elsewhere is limited to descriptors below 1024. For a single
    # socket `poll` is one system call, epoll four; `selectors` adds twenty Python calls.
    if sys.platform == "win32":
        readers, writers = [source] * (event == READABLE), [source] * (event == WRITABLE)
        is_ready = any(select.select(readers, writers, writers, seconds))
    else:
        poll = select.poll()
        poll.register(source, select.POLLIN if event == READABLE else select.POLLOUT)
        is_ready = bool(poll.poll(None if seconds is None else ceil(max(0.0, seconds) * 1000)))
    return is_ready
