"""Events that only a download has, sent from the threads that save to the main thread."""

from typing import NamedTuple

from kiecli.download.plan import SavedFile, Target


class FileFinished(NamedTuple):
    """A file is saved, was there already, or cannot be saved."""

    target: Target
    file: SavedFile


class WorkerFailed(NamedTuple):
    """A worker raised what the main thread has to raise again: stdout is closed, or a bug."""

    error: BaseException
