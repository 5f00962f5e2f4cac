"""Events of files on their way, for the reporters.

They come from the threads that save, about ten times a second for each file. Sizes are bytes of
the whole file, whatever run or try they came with, so a resumed file does not start at nothing; a
total is None where the host declares none.
"""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # commands that save nothing show none of them
    from kiecli.api.models import Task
    from kiecli.download.plan import SavedFile, Target


class TransferStarted(NamedTuple):
    """Bytes are about to come: at the start, and again after each retry."""

    target: "Target"
    size: int
    total: int | None


class TransferAdvanced(NamedTuple):
    """More bytes are there; fewer than before when the file had to start again."""

    target: "Target"
    size: int
    total: int | None


class TransferRetrying(NamedTuple):
    """Something delays the file, and it goes on: a retry is coming, or the host is slow."""

    target: "Target"
    reason: str


TransferEvent = TransferStarted | TransferAdvanced | TransferRetrying


class FileFinished(NamedTuple):
    """A file is saved, was there already, or cannot be saved."""

    target: "Target"
    file: "SavedFile"


class TaskSaved(NamedTuple):
    """All files of a task have ended."""

    task: "Task"
