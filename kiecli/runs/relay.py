"""From the threads that save files to the one that draws."""

from collections.abc import Callable

from kiecli.download import SavedFile, Target
from kiecli.runs.run import News


class Relay:
    """A `download.Progress` that has everything shown by the main thread."""

    def __init__(self, put: Callable[[object], None]) -> None:
        """Take what brings events to the main thread."""
        self._put = put

    def started(self, target: Target, have: int, total: int | None) -> None:
        """Bytes are about to come."""
        self._put(News(lambda screen: screen.started(target, have, total)))

    def moved(self, target: Target, have: int, total: int | None) -> None:
        """More bytes are there."""
        self._put(News(lambda screen: screen.moved(target, have, total)))

    def trouble(self, target: Target, reason: str) -> None:
        """Something keeps the file."""
        self._put(News(lambda screen: screen.trouble(target, reason)))

    def ended(self, target: Target, saved: SavedFile) -> None:
        """The file is saved, kept or failed."""
        self._put(News(lambda screen: screen.ended(target, saved)))
