"""What a watcher is told while files are on their way, and one that does not care."""

from typing import Protocol

from kiecli.download.plan import Target


class Progress(Protocol):
    """Watches files being saved; called from their worker threads, about ten times a second.

    `have` and `total` are bytes of the whole file, whatever run or try they came with, so a
    resumed file does not start at nothing; `total` is None where the host does not tell.
    """

    def started(self, target: Target, have: int, total: int | None) -> None:
        """Bytes are about to come: at the start, and again after each retry."""
        ...

    def advanced(self, target: Target, have: int, total: int | None) -> None:
        """That much is there now; less than before when it had to start again."""
        ...

    def retrying(self, target: Target, reason: str) -> None:
        """Something keeps it, and it goes on: a retry is coming, or the host is slow."""
        ...


class NoProgress:
    """Nobody watches."""

    def started(self, target: Target, have: int, total: int | None) -> None:
        """Ignore it."""

    def advanced(self, target: Target, have: int, total: int | None) -> None:
        """Ignore it."""

    def retrying(self, target: Target, reason: str) -> None:
        """Ignore it."""
