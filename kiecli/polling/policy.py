"""How often to poll, and for how long: intervals, pauses and limits, in seconds.

polling/scheduler.py applies them to a run, polling/tracking.py to a task, and polling/retries.py to
its failed polls.
"""

from collections.abc import Callable
from typing import NamedTuple

from kiecli.network.deadline import READ_TIMEOUT

Random = Callable[[float, float], float]
"""Returns a number between two, as `random.uniform` does."""

IntervalFunction = Callable[[float, float | None, Random], float]
"""Returns the seconds from one poll to the next, as `poll_interval` does."""

MIN_INTERVAL = 2.0
"""Kie's advice is to start at 2 to 3 s (https://docs.kie.ai/market/common/get-task-detail.md)."""

MAX_INTERVAL = 15.0
"""A result is noticed 7.5 s late on average at most; longer pauses would be noticed."""

REQUEST_TIMEOUT = READ_TIMEOUT
"""Seconds that a request may take as a whole."""

# A request that ends by itself has a reason to report ("timed out while connecting"); with equal
# limits that message and the poller's bare "no answer within 20 s" would race.
POLL_TIMEOUT = REQUEST_TIMEOUT + 1.0
"""Seconds after which a poll counts as failed though its request has not ended."""

DEADLINE_GRACE = 10.0
"""Seconds beyond the deadline for answers of polls due by then; real ones took 1.1 s at most."""

CONFIRM_DELAY = 5.0
"""Seconds until a task is polled again whose failure came as an error code, without a record."""

MIN_ATTEMPTS = 4
"""Failed polls before a task is given up: fewer may all fall into one short outage."""

HARD_LIMIT = 2
"""After this multiple of its retry timeout a task is given up, however few polls failed.

Four polls that each take 20 s to fail would turn the 15 s of `status` into a minute and a half.
"""

EMPTY_SUCCESS_GRACE = 15.0
"""Seconds for which a fresh success without results is polled again: Kie may list them later."""

FRESH_SUCCESS = 60.0
"""Seconds after its completion within which an empty success may still get its results."""

# Full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/) up to
# this pause: an outage that has lasted a minute lasts another half.
_MAX_PAUSE = 30.0
_MAX_DOUBLINGS = 10  # 2**10 s is over _MAX_PAUSE; 2.0**1024 would raise OverflowError


class PollPolicy(NamedTuple):
    """What a command wants of its polls."""

    until_finished: bool
    """Whether to poll until the task has ended; else one good answer is enough."""
    timeout: float | None = None
    """Seconds to wait for the end; 0 is one poll without a retry; None is no deadline."""
    interval: float | None = None
    """A fixed time between polls, or None for `poll_interval`'s own."""
    not_found_grace: float = 0.0
    """Seconds for which a task may be not visible yet."""
    retry_timeout: float = 15.0
    """Seconds of failed polls before a task is given up; few, as `status` has somebody waiting."""

    @property
    def single_attempt(self) -> bool:
        """Whether each task gets exactly one poll."""
        return self.timeout == 0


QUERY_POLICY = PollPolicy(until_finished=False)
"""The policy of `status` and of a `download` that does not wait."""

WAIT_POLICY = PollPolicy(until_finished=True, not_found_grace=60.0, retry_timeout=120.0)
"""The policy of `wait` and of `download --wait`, without the timeout and interval of the line.

Clients met new tasks that were not visible for some seconds, and allow for 60 to 90; two minutes
of retries outlast a restart on either side.
"""


def poll_interval(elapsed: float, interval: float | None, random: Random) -> float:
    """Return the seconds from one poll to the next, for a task first polled `elapsed` ago.

    A twentieth of the time waited keeps the lag to notice a result at a twentieth of the whole,
    and fifteen minutes at a hundred polls; a tenth of jitter keeps many tasks from moving as one.
    """
    if interval is not None:
        return interval
    return min(max(elapsed / 20 * random(0.9, 1.1), MIN_INTERVAL), MAX_INTERVAL)


def backoff(attempts: int, random: Random) -> float:
    """Return the pause after so many failed polls in a row: doubling from 1 s, full jitter."""
    return random(0.0, min(2.0 ** min(attempts - 1, _MAX_DOUBLINGS), _MAX_PAUSE))
