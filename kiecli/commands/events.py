"""From the threads that save files to the one that draws."""

from collections.abc import Callable

from kiecli.commands.batch import ScreenUpdate
from kiecli.download.plan import Target


class QueuedProgress:
    """A `download.Progress` that has everything shown by the main thread."""

    def __init__(self, put: Callable[[object], None], *, growth: bool) -> None:
        """Take the way to the main thread.

        Args:
            put: Brings it an event; each one wakes it, at the cost of the threads that save.
            growth: Whether it wants to know how the files grow.
        """
        self._put = put
        self._growth = growth

    def started(self, target: Target, have: int, total: int | None) -> None:
        """Bytes are about to come."""
        if self._growth:
            self._put(ScreenUpdate(lambda reporter: reporter.started(target, have, total)))

    def advanced(self, target: Target, have: int, total: int | None) -> None:
        """More bytes are there."""
        if self._growth:
            self._put(ScreenUpdate(lambda reporter: reporter.advanced(target, have, total)))

    def retrying(self, target: Target, reason: str) -> None:
        """Something keeps the file."""
        self._put(ScreenUpdate(lambda reporter: reporter.retrying(target, reason)))
