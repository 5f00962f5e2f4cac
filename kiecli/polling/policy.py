"""When to look again: the rhythm of good answers, the pauses of bad ones, the limits of both.

Pure functions and values; seconds throughout.
"""

from collections.abc import Callable
from typing import NamedTuple

Random = Callable[[float, float], float]
"""Returns a number between two, as `random.uniform` does."""

IntervalFunction = Callable[[float, float | None, Random], float]
"""Returns the time from one look to the next, as `poll_interval` does."""

SHORTEST = 2.0
LONGEST = 15.0
REQUEST_TIMEOUT = 20.0
"""Seconds that one look may take, from its start to the last byte of its answer."""

DEADLINE_GRACE = 10.0
"""Seconds that looks due by the deadline may take beyond it."""

CONFIRM_DELAY = 5.0
"""Seconds until a failure that came without a record is looked at once more."""

MIN_ATTEMPTS = 4
"""So many failed looks it takes to give up, however long they took."""

_MAX_PAUSE = 30.0


class PollPolicy(NamedTuple):
    """What a command wants of its looks."""

    until_finished: bool
    """Whether to look until the task has come to its end; else one good answer is enough."""
    timeout: float | None = None
    """How long to wait for the end; 0 is one look, without grace and retries."""
    interval: float | None = None
    """A fixed time between looks, or None for the rhythm."""
    not_found_grace: float = 0.0
    """How long a task may be not visible yet."""
    retry_timeout: float = 15.0
    """How long temporary trouble may last."""

    @property
    def single_attempt(self) -> bool:
        """Whether each task gets exactly one look."""
        return self.timeout == 0


def query_policy() -> PollPolicy:
    """Return the policy of `status` and of a `download` that does not wait."""
    return PollPolicy(until_finished=False)


def wait_policy(timeout: float, interval: float | None) -> PollPolicy:
    """Return the policy of `wait` and of `download --wait`."""
    return PollPolicy(
        until_finished=True,
        timeout=timeout,
        interval=interval,
        not_found_grace=60.0,
        retry_timeout=120.0,
    )


def poll_interval(elapsed: float, interval: float | None, random: Random) -> float:
    """Return the time from one look to the next, for a task first looked at `elapsed` ago.

    A twentieth of the time waited keeps the lag to notice a result at a twentieth of the whole,
    and fifteen minutes at a hundred looks; a tenth of scatter keeps many tasks from moving as one.
    """
    if interval is not None:
        return interval
    return min(max(elapsed / 20 * random(0.9, 1.1), SHORTEST), LONGEST)


def backoff(failed_looks: int, random: Random) -> float:
    """Return the pause after so many failed looks in a row: doubling from 1 s, full jitter."""
    return random(0.0, min(2.0 ** min(failed_looks - 1, 10), _MAX_PAUSE))
