"""The clock as a parameter: everything that waits or tells the time takes a `Clock`."""

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """A clock to read and to sleep by."""

    def now(self) -> float:
        """Return monotonic seconds: only differences mean something, and it never runs back."""
        ...

    def wall(self) -> float:
        """Return seconds since 1970 (UTC), for ages and expiry; it may be set back at any time."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for that many seconds; zero or less returns at once."""
        ...


class SystemClock:
    """The machine's own clock."""

    # The system's own functions: twenty times a poll, and no frame of ours around each.
    now = staticmethod(time.monotonic)
    wall = staticmethod(time.time)

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for that many seconds."""
        time.sleep(max(0.0, seconds))


def utc(seconds: float) -> "datetime":
    """Return seconds since 1970 as a datetime in UTC, the nearest that there is (years 1 to 9999).

    The standard library's own functions refuse times before 1970 and after 3000 on Windows.
    """
    from datetime import UTC, datetime, timedelta

    # Compared first: timedelta and datetime raise OverflowError, and the number may be a server's.
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    if seconds <= (first - epoch).total_seconds():
        return first
    if seconds >= (last - epoch).total_seconds():
        return last
    return epoch + timedelta(seconds=seconds)


def iso_timestamp(seconds: float | None) -> str | None:
    """Return UTC ISO 8601 with Z for seconds since 1970; None for None."""
    if seconds is None:
        return None
    return utc(seconds).replace(tzinfo=None, microsecond=0).isoformat() + "Z"


def local_time(seconds: float, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Return date and time of day where the user is, or in UTC where the system cannot tell.

    Args:
        seconds: Since 1970.
        form: As `time.strftime` takes it.
    """
    # localtime has its limits: the C library's on POSIX, the years 1970 to 3000 on Windows.
    try:
        return time.strftime(form, time.localtime(seconds))
    except (OSError, OverflowError, ValueError):
        return f"{utc(seconds).strftime(form)} UTC"
