"""Time as a parameter: everything that waits or tells the time takes a `Clock`."""

import time
from typing import Protocol


class Clock(Protocol):
    """What can be asked of time."""

    def now(self) -> float:
        """Return monotonic seconds: only differences mean something, and it never runs back."""
        ...

    def wall(self) -> float:
        """Return seconds since 1970 (UTC), for ages and expiry; it may be set back at any time."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for that many seconds; none or fewer return at once."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def wall(self) -> float:
        """Return seconds since 1970 (UTC)."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for that many seconds."""
        time.sleep(max(0.0, seconds))


def iso_timestamp(seconds: float | None) -> str | None:
    """Return UTC ISO 8601 with Z for seconds since 1970; None for None."""
    return None if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
