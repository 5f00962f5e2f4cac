"""How often Kie may be asked: one budget for all endpoints, tasks and threads of a process.

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

# A burst needs quiet before it, and is over at once: spread out, its tail would meet the steady
# requests that follow it within one of the server's seconds.
_QUIET = 2.0
_BURST = 0.1

# Of our own where Kie asks for none: it was never seen to. Short enough for a limit by the second,
# doubled for as long as it lasts.
_FIRST_PAUSE = 5.0
_MAX_OWN_PAUSE = 30.0

# A second more than a request may take: whatever became of it, the next may go ahead.
_PROBE_TIMEOUT = 21.0

# Seconds between two tries of a thread that waits for its turn: the end of a pause may come early.
_TRY_INTERVAL = 0.25

_NEVER = float("-inf")


class RateLimiter:
    """Lets requests start; safe to share between threads."""

    def __init__(self, clock: Clock) -> None:
        """Start with the whole budget.

        Args:
            clock: Measures it; threads that wait sleep on it.
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
        """Return the moment, which is now, if a request may start; it then has to, at once.

        Each request that starts is to be followed by `completed`.
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
        """Return the seconds until a request may start, as far as is known now."""
        with self._lock:
            now = self._clock.now()
            return self._next_start(now) - now

    def pause_left(self) -> float:
        """Return the seconds until a pause is over that a 429 brought; 0 without one."""
        with self._lock:
            return max(0.0, self._paused_until - self._clock.now())

    def completed(self, started: float, error: KieError | None) -> None:
        """Learn how a request has ended.

        Args:
            started: When it started.
            error: What it came to, None for a good answer.
        """
        with self._lock:
            is_later = started > self._paused_at
            match error:
                case RateLimited():
                    self._on_rate_limited(error.retry_after, is_later=is_later)
                case ConnectionFailed() if is_later:
                    self._probe_until = _NEVER  # no answer tells nothing: another goes ahead
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
        is_burst = now - self._last >= _QUIET or now < self._burst_until
        paced = self._last if is_burst else self._last + 1 / MAX_REQUESTS_PER_SECOND
        is_full = len(self._started) == MAX_REQUESTS_PER_SECOND
        fits_second = self._started[0] + 1.0 if is_full else _NEVER
        return max(now, paced, fits_second, self._paused_until, self._probe_until)
