"""Hosts that cannot be connected to: their files wait and are given up together."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from typing import NamedTuple

from kiecli.clock import Clock
from kiecli.download.failures import HostUnreachable

# Seconds between two checks of a waiting thread whether the host is reachable again: a Clock can
# only sleep.
_POLL_INTERVAL = 0.2

Idle = Callable[[], AbstractContextManager[None]]
"""Lets another job have the caller's thread slot while the caller only waits."""


class _Outage:
    """A host that could not be connected to when it was last tried."""

    def __init__(self, now: float, random: Callable[[float, float], float]) -> None:
        from kiecli.download.retry import RetryPolicy  # rarely needed

        self.policy = RetryPolicy(now, 0, random)
        self.reason = ""
        self.failed_at = now
        self.retry_at = now
        self.is_being_tried = False

    def on_failure(self, now: float, reason: str) -> None:
        self.policy.on_failure()
        self.reason = reason
        self.failed_at = now
        self.retry_at = now + self.policy.pause(now)
        self.is_being_tried = False

    def failure(self, now: float, *, is_new: bool = False) -> HostUnreachable:
        summary = self.policy.summary(now) if self.policy.is_over(now) else ""
        return HostUnreachable(self.reason, is_new=is_new, summary=summary)


class HostHealth(NamedTuple):
    """Makes the files of an unreachable host wait for it together; safe to share between threads.

    After each pause one of them tries to connect. With it all others go on, or are given up.
    While there are no outages, nothing needs to be asked or reported.
    """

    clock: Clock
    """Measures and waits."""
    random: Callable[[float, float], float]
    """Draws the pauses."""
    idle: Idle
    """Entered while a file waits."""
    outages: dict[str, _Outage]
    """Hosts that could not be connected to when they were last tried."""
    lock: Lock

    def wait(self, host: str, *, patient: bool = True) -> bool:
        """Wait until the host may be connected to, and return whether that took time.

        The caller has to report how it went, by `on_connected`, `on_unreachable` or
        `on_not_tried`.

        Args:
            host: Its name, and its port where it has one.
            patient: Whether to wait at all.

        Raises:
            HostUnreachable: Its files are given up, or there is something to wait for.
        """
        has_waited = False
        while self._seconds_to_wait(host, patient=patient, will_try=True) > 0:
            has_waited = True
            with self.idle():
                while (seconds := self._seconds_to_wait(host, patient=patient)) > 0:
                    self.clock.sleep(seconds)
            # Only here is it this file that tries, with a thread slot: one that was chosen and then
            # waits for a slot would wait for ever where all slots are held by files that wait for
            # the outcome.
        return has_waited

    def _seconds_to_wait(self, host: str, *, patient: bool, will_try: bool = False) -> float:
        """Return how long to sleep before asking again; 0 when the caller may connect.

        With `will_try` it then has to, and all others wait for how that goes.
        """
        now = self.clock.now()
        with self.lock:
            outage = self.outages.get(host)
            if outage is None:
                return 0.0
            # One file connects at a time, so that a host that comes back is not flooded.
            is_early = outage.retry_at > now
            if is_early or outage.is_being_tried:
                if not patient or (is_early and outage.policy.is_over(now)):
                    raise outage.failure(now)
                return max(outage.retry_at - now, _POLL_INTERVAL)
            outage.is_being_tried = will_try
            return 0.0

    def on_connected(self, host: str) -> None:
        """End the outage of a host, so that all its files go on."""
        with self.lock:
            self.outages.pop(host, None)

    def on_not_tried(self, host: str) -> None:
        """Let another file try the host: this one could not, and knows nothing new about it."""
        with self.lock:
            outage = self.outages.get(host)
            if outage is not None:
                outage.is_being_tried = False

    def on_unreachable(self, host: str, reason: str, started: float) -> HostUnreachable:
        """Record a failed attempt to connect; return the failure to raise.

        Args:
            host: Its name, and its port where it has one.
            reason: What went wrong, for the message.
            started: When the attempt began: attempts made at the same time count as one.
        """
        now = self.clock.now()
        with self.lock:
            outage = self.outages.get(host)
            is_new = outage is None
            if outage is None:
                outage = self.outages[host] = _Outage(started, self.random)
            # An attempt begun before the last failure tells nothing new about the host.
            if is_new or started > outage.failed_at:
                outage.on_failure(now, reason)
            return outage.failure(now, is_new=is_new)
