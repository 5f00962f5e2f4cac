"""How often Kie may be asked: one budget for all tasks, commands and threads of a process.

Kie allows recordInfo 10 times a second (https://docs.kie.ai, "Rate limits"). What starts 8 times
a second here arrives at most 10 times in any second there, with up to 250 ms of jitter on the way.
"""

from collections import deque
from threading import Lock

RATE = 8
"""Requests that may start in any sliding second."""

# A burst needs quiet before it, and is over at once: spread out, its tail would meet the steady
# requests that follow it within one of the server's seconds.
_QUIET = 2.0
_BURST = 0.1

_PAUSE = 5.0
_MAX_PAUSE = 30.0


class RateLimiter:
    """Hands out moments to start a request at; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._started: deque[float] = deque(maxlen=RATE)
        self._burst_until = float("-inf")
        self._paused_at = float("-inf")
        self._paused_until = float("-inf")
        self._pause = 0.0

    def acquire(self, now: float) -> float:
        """Take one start if one is free at `now`.

        Returns:
            Seconds to wait before asking again; 0 when the start is yours.
        """
        with self._lock:
            opens = self._opens_at(now)
            if opens <= now:
                self._started.append(now)
            return max(0.0, opens - now)

    def on_rate_limited(self, started: float, now: float, retry_after: float | None) -> float:
        """Pause everybody, because a request that began at `started` was answered with 429.

        Args:
            started: When that request began; one from before the pause does not lengthen it.
            now: The moment of its answer.
            retry_after: Seconds that the server asked for, or None.

        Returns:
            The moment at which the pause ends.
        """
        with self._lock:
            if started > self._paused_at:
                self._pause = min(self._pause * 2 or _PAUSE, _MAX_PAUSE)
                self._paused_at = now
                self._pause_until(now + self._pause if retry_after is None else now + retry_after)
            elif retry_after is not None:
                self._pause_until(now + retry_after)
            return self._paused_until

    def on_success(self, started: float) -> None:
        """Note an answer that was no 429: the next pause is a short one again.

        Args:
            started: When that request began; one from before the pause says nothing about it.
        """
        with self._lock:
            if started > self._paused_at:
                self._pause = 0.0

    def _pause_until(self, moment: float) -> None:
        self._paused_until = max(self._paused_until, moment)

    def _opens_at(self, now: float) -> float:
        last = self._started[-1] if self._started else float("-inf")
        if now - last >= _QUIET:
            self._burst_until = now + _BURST
        paced = last if now < self._burst_until else last + 1 / RATE
        full = self._started[0] + 1.0 if len(self._started) == RATE else paced
        return max(paced, full, self._paused_until)
