"""The rate limiter of all requests to Kie's API: one for all endpoints, tasks and threads.

Kie allows recordInfo 10 times a second (https://docs.kie.ai, "Rate limits"). What starts 8 times
a second here arrives at most 10 times in any second there, with up to 250 ms of jitter on the way.
Where a request is answered with 429 all the same, no other starts until a pause is over; then one
goes ahead of the others, to see whether the limit still holds.
"""

from collections import deque
from threading import Lock

from kiecli.clock import Clock
from kiecli.errors import ConnectionFailed, KieError, RateLimited

MAX_REQUESTS_PER_SECOND = 8
"""Requests that may start in any sliding second."""

MAX_RETRY_AFTER = 60.0
"""Seconds that Kie's Retry-After is obeyed at most: no request is ever further away than that."""

# A burst of 8 needs _QUIET seconds without requests before it, and lasts _BURST seconds: spread
# out, its tail and the steady requests after it could exceed 10 in one of the server's seconds.
_QUIET = 2.0
_BURST = 0.1

# Seconds to pause after a 429 without Retry-After (Kie was never seen to send one). Short enough
# for a limit per second; doubled with each further 429.
_FIRST_PAUSE = 5.0
_MAX_OWN_PAUSE = 30.0

# One second more than a request may take: whatever became of the probe, the next may start.
_PROBE_TIMEOUT = 21.0

# Seconds between two tries of a waiting thread: a pause may end earlier than was expected.
_TRY_INTERVAL = 0.25

_NEVER = float("-inf")


class RateLimiter:
    """Decides when a request may start, and pauses all after a 429; thread-safe."""

    def __init__(self, clock: Clock) -> None:
        """Start without any requests made.

        Args:
            clock: Tells when requests start; threads that wait sleep on it.
        """
        self._clock = clock
        self._lock = Lock()
        self._started: deque[float] = deque(maxlen=MAX_REQUESTS_PER_SECOND)
        self._last = _NEVER
        self._burst_until = _NEVER
        self._pause = 0.0
        self._paused_at = _NEVER
        self._paused_until = _NEVER
        self._is_limited = False
        self._probe_until = _NEVER

    def try_acquire(self) -> float | None:
        """Return the present moment if a request may start now, else None.

        The request has to start at once, and to be followed by `completed`.
        """
        with self._lock:
            now = self._clock.now()
            if self._next_start(now) > now:
                return None
            if now - self._last >= _QUIET:
                self._burst_until = now + _BURST
            if self._is_limited:
                self._probe_until = now + _PROBE_TIMEOUT
            self._started.append(now)
            self._last = now
            return now

    def acquire(self) -> float:
        """Wait until a request may start; return that moment."""
        while (started := self.try_acquire()) is None:
            self._clock.sleep(min(self.delay(), _TRY_INTERVAL))
        return started

    def delay(self) -> float:
        """Return the seconds until a request may start; a request that ends may change that."""
        with self._lock:
            now = self._clock.now()
            return self._next_start(now) - now

    def pause_left(self) -> float:
        """Return the seconds left of the pause after a 429; 0 without one."""
        with self._lock:
            return max(0.0, self._paused_until - self._clock.now())

    def completed(self, started: float, error: KieError | None) -> None:
        """Record how a request has ended.

        Args:
            started: When it started.
            error: None for a good response.
        """
        with self._lock:
            is_later = started > self._paused_at
            match error:
                case RateLimited():
                    self._on_rate_limited(error.retry_after, is_later=is_later)
                case ConnectionFailed() if is_later:
                    self._probe_until = _NEVER  # proves nothing: the next request is the probe
                case _ if is_later:
                    self._pause, self._is_limited, self._probe_until = 0.0, False, _NEVER

    def _on_rate_limited(self, retry_after: float | None, *, is_later: bool) -> None:
        now = self._clock.now()
        self._is_limited = True
        if is_later:  # requests that were under way together pause once
            self._pause = min(self._pause * 2 or _FIRST_PAUSE, _MAX_OWN_PAUSE)
            self._paused_at, self._probe_until = now, _NEVER
        pause = self._pause if retry_after is None else min(retry_after, MAX_RETRY_AFTER)
        if is_later or retry_after is not None:
            self._paused_until = max(self._paused_until, now + pause)

    def _next_start(self, now: float) -> float:
        is_burst = now < self._burst_until
        paced = self._last if is_burst else self._last + 1 / MAX_REQUESTS_PER_SECOND
        is_full = len(self._started) == MAX_REQUESTS_PER_SECOND
        fits_second = self._started[0] + 1.0 if is_full else _NEVER
        return max(now, paced, fits_second, self._paused_until, self._probe_until)
