"""When to retry a file, give it up, or report it as slow. Pure: times and sizes are passed in."""

from collections.abc import Callable

from kiecli.durations import show
from kiecli.network.deadline import READ_TIMEOUT

# It takes both, as README says: a file host's restart takes longer than five quick attempts, and
# five attempts that each hang for their 20 s take longer than a restart.
MAX_STANDSTILL = 120.0
"""Seconds without progress after which a file is given up, after enough attempts."""

MIN_ATTEMPTS = 5
"""Failed attempts in a row that it takes to give a file up, however long they take."""

# Long enough to spare a host in trouble, short enough for some attempts within the two minutes.
_MAX_PAUSE = 30.0  # seconds


class RetryPolicy:
    """Gives up after two minutes and at least five attempts without one new byte.

    A byte is new when there is more of the file than ever before: a host that always breaks off
    at the same place is given up, one that always comes a little further is not.
    """

    def __init__(self, now: float, size: int, random: Callable[[float, float], float]) -> None:
        """Start the two minutes, with what there is of the file.

        Args:
            now: Monotonic seconds, as in all other methods.
            size: Bytes that are there.
            random: Draws a number between two.
        """
        self._max_size = size
        self._since = now
        self._failures = 0
        self._random = random

    def on_progress(self, now: float, size: int) -> None:
        """Count from now on again, if more of the file is there than ever before."""
        if size > self._max_size:
            self._max_size = size
            self._since = now
            self._failures = 0

    def on_failure(self) -> None:
        """Count an attempt that failed."""
        self._failures += 1

    def remaining(self, now: float) -> float:
        """Return the seconds that are left of the two minutes."""
        return max(0.0, self._since + MAX_STANDSTILL - now)

    def is_over(self, now: float) -> bool:
        """Return True when it is time to give up."""
        return self._failures >= MIN_ATTEMPTS and self.remaining(now) == 0

    def pause(self, now: float) -> float:
        """Return the seconds until the next attempt: growing, and never quite the same.

        Where the two minutes end sooner, the last attempt comes right then.
        """
        pause = self._random(0.5, 1.0) * min(2.0 ** max(0, self._failures - 1), _MAX_PAUSE)
        return min(pause, self.remaining(now) or pause)

    def summary(self, now: float) -> str:
        """Return `gave up after 2m and 5 attempts`, for the message."""
        return f"gave up after {show(round(now - self._since))} and {self._failures} attempts"


class SlowTransferMonitor:
    """Reports a body that arrives too slowly, at most once a minute."""

    # A stall of a few seconds is nothing unusual; one that lasts is worth a line.
    _WINDOW = 10.0  # seconds
    _SILENCE = 60.0  # seconds between two lines
    _SLOW = 1024  # bytes a second: an image takes half an hour at that
    # A body is silent for READ_TIMEOUT at most: over a longer window the machine slept, or its
    # disk was slow.
    _MAX_WINDOW = _WINDOW + READ_TIMEOUT + 5.0  # seconds

    def __init__(self, now: float, size: int) -> None:
        """Begin to measure one body; a pause before is not slowness.

        Args:
            now: Monotonic seconds.
            size: Bytes that are there.
        """
        self._since = now
        self._size = size
        self._quiet_until = now

    def slow_rate(self, now: float, size: int) -> float | None:
        """Return the bytes per second if they are so few that it should be reported, else None."""
        if now - self._since < self._WINDOW:
            return None
        window = now - self._since
        rate = max(0, size - self._size) / window
        self._since, self._size = now, size
        if rate >= self._SLOW or now < self._quiet_until or window > self._MAX_WINDOW:
            return None
        self._quiet_until = now + self._SILENCE
        return rate
