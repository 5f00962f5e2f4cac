"""When to give a file up, and when to say that it is slow; pure, fed with times and sizes."""

from collections.abc import Callable


class TransientError(Exception):
    """It passes: a later try may bring the file, or more of it.

    Attributes:
        reason: What happened, to be put after a colon.
        after: Seconds that the host asked us to stay away, or None.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class FileMissing(Exception):
    """The file is not there: not yet, no more, or not under this link."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PermanentError(Exception):
    """No later try can bring the file."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_MAX_TRIES = 5
_MAX_STANDSTILL = 120.0  # seconds
_MAX_PAUSE = 30.0  # seconds


class RetryPolicy:
    """Ends after five tries in a row, or two minutes, without one new byte.

    A byte is new when there is more of the file than ever before: a host that always breaks off
    at the same place is given up, one that always comes a little further is not.
    """

    def __init__(self, now: float, have: int, random: Callable[[float, float], float]) -> None:
        """Begin with what is there already."""
        self._most = have
        self._since = now
        self._tries = 0
        self._random = random

    def on_progress(self, now: float, have: int) -> None:
        """Take note of how much of the file is there."""
        if have > self._most:
            self._most = have
            self._since = now
            self._tries = 0

    def on_failure(self) -> None:
        """Count a try that came to nothing."""
        self._tries += 1

    def pause(self) -> float:
        """Return the seconds to wait before the next try: growing, and never quite the same."""
        return self._random(0.5, 1.0) * min(2.0 ** max(0, self._tries - 1), _MAX_PAUSE)

    @property
    def summary(self) -> str:
        """Why the file was given up, for the message."""
        spent = f"{_MAX_TRIES} tries" if self._tries >= _MAX_TRIES else "2 minutes"
        return f"gave up after {spent} without progress"

    def is_over(self, now: float) -> bool:
        """Tell whether to give up instead of going on at that time."""
        return self._tries >= _MAX_TRIES or now - self._since >= _MAX_STANDSTILL


class SlowTransferMonitor:
    """Notices when bytes only drip, and says so once a minute at most."""

    _WINDOW = 10.0  # seconds
    _SILENCE = 60.0
    _SLOW = 1024  # bytes a second

    def __init__(self, now: float, have: int) -> None:
        """Begin to measure."""
        self._since = now
        self._had = have
        self._quiet_until = now

    def drip(self, now: float, have: int) -> float | None:
        """Return the bytes a second when that is worth a word, else None."""
        if now - self._since < self._WINDOW:
            return None
        rate = max(0, have - self._had) / (now - self._since)
        self._since, self._had = now, have
        if rate >= self._SLOW or now < self._quiet_until:
            return None
        self._quiet_until = now + self._SILENCE
        return rate
