"""From the threads that save files to the one that draws."""

from collections.abc import Callable

from kiecli.commands.batch import News
from kiecli.download.plan import Target


class Relay:
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
            self._put(News(lambda screen: screen.started(target, have, total)))

    def moved(self, target: Target, have: int, total: int | None) -> None:
        """More bytes are there."""
        if self._growth:
            self._put(News(lambda screen: screen.moved(target, have, total)))

    def trouble(self, target: Target, reason: str) -> None:
        """Something keeps the file."""
        self._put(News(lambda screen: screen.trouble(target, reason)))
