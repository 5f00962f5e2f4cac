"""Whether a disk has room for a file, before its first byte is written."""

import os
from collections.abc import Callable
from threading import Lock
from typing import Protocol

from kiecli import sizes
from kiecli.errors import SaveError


class Usage(Protocol):
    """The room of a disk, in bytes: what `shutil.disk_usage` returns."""

    @property
    def total(self) -> int:
        """All of it."""
        ...

    @property
    def free(self) -> int:
        """What this user may still fill."""
        ...


class Growing(Protocol):
    """A file on its way."""

    @property
    def size(self) -> int:
        """Bytes that are there."""
        ...


def disk_usage(folder: str) -> Usage:
    """Return the room of the disk that a folder is on."""
    import shutil

    return shutil.disk_usage(folder)


class DiskSpace:
    """The room that the files of a run still need; safe to use from many threads."""

    def __init__(self, usage: Callable[[str], Usage] = disk_usage) -> None:
        """Begin with no file.

        Args:
            usage: Returns the room of the disk that a folder is on.
        """
        self._usage = usage
        self._lock = Lock()
        self._files: dict[Growing, tuple[int, int]] = {}  # device and length of each

    def reserve(self, file: Growing, length: int, *, path: str, folder: str) -> None:
        """Note how long a file will be, before its first byte is written.

        Args:
            file: It; the bytes that are there already need no more room.
            length: All of its bytes.
            path: Its name, for the message.
            folder: Where it grows.

        Raises:
            SaveError: It does not fit beside what the other files of the run still need.
        """
        try:
            device, usage = os.stat(folder).st_dev, self._usage(folder)
        except OSError:
            return  # writing will show it
        with self._lock:
            self._files.pop(file, None)
            others = sum(
                max(0, total - other.size)
                for other, (on, total) in self._files.items()
                if on == device
            )
            needed = length - file.size
            # A disk that reports a total of nothing, as some network folders do, is not full.
            if usage.total and needed > usage.free - others:
                raise _no_room(path, needed, usage.free, others)
            self._files[file] = device, length

    def release(self, file: Growing) -> None:
        """Forget a file: it is complete, or given up."""
        with self._lock:
            self._files.pop(file, None)


def _no_room(path: str, needed: int, free: int, others: int) -> SaveError:
    taken = f", {sizes.show(others)} of it for other files of this run" if others else ""
    return SaveError(
        f"could not save {path}: it needs {sizes.show(needed)}, and the disk has"
        f" {sizes.show(free)} free{taken}",
        hint="free some space, then run the line again",
    )
