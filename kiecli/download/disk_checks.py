"""Checks before anything is written: is the folder writable, is there room on the disk?"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from math import inf
from threading import Lock
from typing import Protocol

from kiecli.download.disk_errors import FREE_SPACE, FREE_TEMPORARY_SPACE, disk_error
from kiecli.errors import FolderNotWritable, SaveError, UsageError

_PROBE_PREFIX, _PROBE_SUFFIX = ".kiecli-", ".tmp"
# Seconds that the answer of a disk holds: a run may wait for hours while others fill the disk.
_ROOM_HOLDS = 1.0


def ensure_writable(directory: str) -> None:
    """Check that files can be written into a folder, without creating it yet.

    A missing folder is made when there is something to save; until then the nearest one that
    exists is tried.

    Raises:
        UsageError: A file is in the place of the folder.
        FolderNotWritable: Nothing can be written there.
    """
    folder = directory
    while folder and not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    folder = folder or "."
    if not os.path.isdir(folder):
        raise UsageError(
            f"--dir {directory} is not a folder", hint="choose another folder, or remove that file"
        )
    # A real file is created: mode bits miss read-only disks and network folders that refuse.
    try:
        _make_probe(folder)
    except OSError as error:
        refused = disk_error(f"into {directory or '.'}", error)
        raise FolderNotWritable(refused.message, hint=refused.hint) from error
    _remove_old_probes(folder)


def check_can_append(path: str) -> None:
    """Check that a file can be appended to or created, and leave it as it is.

    Raises:
        OSError: It cannot.
    """
    if not os.path.exists(path):
        # A dangling link: the file is made where it leads to.
        _make_probe(os.path.dirname(os.path.realpath(path)))
        return
    flags = os.O_RDWR | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
    os.close(os.open(path, flags))


def _make_probe(folder: str) -> None:
    import tempfile

    # Without a name where the system can do that, else removed at once: nothing is left of it.
    tempfile.TemporaryFile(prefix=_PROBE_PREFIX, suffix=_PROBE_SUFFIX, dir=folder).close()


def _remove_old_probes(folder: str) -> None:
    """Remove the empty files left by runs that were killed between creating and removing one."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            is_probe = entry.name.startswith(_PROBE_PREFIX) and entry.name.endswith(_PROBE_SUFFIX)
            # A file that is not empty, or has only part of the name, is the user's.
            if is_probe and _is_empty_file(entry):
                os.unlink(entry.path)


def _is_empty_file(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) and not entry.stat(follow_symlinks=False).st_size


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
    """A file that is being written."""

    @property
    def folder(self) -> str:
        """Where it grows."""
        ...

    @property
    def size(self) -> int:
        """Bytes that are there."""
        ...


def disk_usage(folder: str) -> Usage:
    """Return the room of the disk that a folder is on."""
    import shutil

    return shutil.disk_usage(folder)


class DiskSpace:
    """Keeps account of the disk space that the files of a run still need; thread-safe."""

    def __init__(
        self,
        usage: Callable[[str], Usage] = disk_usage,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with no space reserved.

        Args:
            usage: Returns the room of the disk that a folder is on.
            now: Returns monotonic seconds.
        """
        self._usage = usage
        self._now = now
        self._lock = Lock()
        self._files: dict[Growing, tuple[int, int]] = {}  # device and length of each
        # Of each folder, asked for once: it does not change during a run.
        self._devices: dict[str, int] = {}
        # Of each device, what was free when it was last asked, less what was reserved since; and
        # when that was.
        self._room: dict[int, tuple[float, float]] = {}

    def reserve(self, file: Growing, length: int, path: str) -> None:
        """Reserve the space for a file before its first byte is written.

        Args:
            file: The growing file; the bytes that it has already need no more room.
            length: Its complete length in bytes.
            path: Its final path, for the message.

        Raises:
            SaveError: It does not fit beside what the other files of the run still need.
        """
        folder, needed = file.folder, length - file.size
        with self._lock, suppress(OSError):  # no answer: writing will show whether there is room
            self._files.pop(file, None)
            device = self._devices.get(folder)
            if device is None:
                device = self._devices[folder] = os.stat(folder).st_dev
            room, answered_at = self._room.get(device, (0.0, -inf))
            # While much is left, one answer is for many files: on network disks it takes long.
            if needed > room / 2 or self._now() - answered_at > _ROOM_HOLDS:
                room, answered_at = self._free_for(device, folder, needed, path), self._now()
            self._room[device] = room - needed, answered_at
            self._files[file] = device, length

    def _free_for(self, device: int, folder: str, needed: int, path: str) -> float:
        """Return the room that is left beside what the other files of the run still need."""
        usage = self._usage(folder)
        others = sum(
            max(0, total - other.size) for other, (on, total) in self._files.items() if on == device
        )
        if not usage.total:  # as some network folders report, which are not full
            return inf
        if needed > max(0, usage.free - others):
            raise _no_room(path, folder, needed, usage.free, others)
        return usage.free - others

    def release(self, file: Growing) -> None:
        """Release the reservation of a file that is complete or given up."""
        with self._lock:
            self._files.pop(file, None)


def _no_room(path: str, folder: str, needed: int, free: int, others: int) -> SaveError:
    from kiecli import sizes

    taken = f", {sizes.show(others)} of it for other files of this run" if others else ""
    # What goes to stdout grows in the folder for temporary files.
    is_beside = folder == (os.path.dirname(path) or ".")
    disk = "the disk" if is_beside else f"the disk of {folder}"
    return SaveError(
        f"could not save {path}: it needs {sizes.show(needed)}, and {disk} has"
        f" {sizes.show(free)} free{taken}",
        hint=FREE_SPACE if is_beside else FREE_TEMPORARY_SPACE,
    )
