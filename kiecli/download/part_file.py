"""The `.part` file: what is here already of a file that is not complete.

However a process ends, one of two things stands under the final name: the complete file, or what
was there before. The order of the steps is what makes it so; each of them left out gave wrong
files when processes were killed at random moments.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from kiecli.files.media_types import HEAD_SIZE
from kiecli.system.disk_interface import Disk, OpenFile, reader
from kiecli.system.system_disk import SYSTEM_DISK

if TYPE_CHECKING:  # most files come whole, and need no note
    from kiecli.download.resume_info import ResumeInfo

_BLOCK = 1024 * 1024  # bytes that are compared at a time
_MAX_NOTE = 65536  # bytes; ours have some hundred


class PartialFile:
    """An open file that grows at its end.

    Attributes:
        file: The open file, for reading at any offset too.
        folder: Where it grows.
        size: Bytes that are there.
        note: What a request for the rest needs, or None when the file must start again.
    """

    def __init__(
        self, file: OpenFile, folder: str, size: int = 0, note: "ResumeInfo | None" = None
    ) -> None:
        """Take over an open file."""
        self.file = file
        self.folder = folder
        self.size = size
        self.note = note

    def reset(self, note: "ResumeInfo | None") -> None:
        """Remove all bytes; those that come now belong to this note.

        Raises:
            OSError: The disk refuses.
        """
        self.file.truncate()
        self.size = 0
        self.note = note

    def append(self, data: bytes | memoryview) -> None:
        """Write at the end, all of it.

        Raises:
            OSError: The disk refuses; what was written before counts.
        """
        # A disk that is nearly full takes less than it was given, and says so only the next time.
        view = memoryview(data)
        while view:
            written = self.file.write_at(view, self.size)
            self.size += written
            view = view[written:]

    def head(self) -> bytes:
        """Return the first bytes, enough to tell what they are."""
        head = bytearray(HEAD_SIZE)
        return bytes(head[: self.file.read_into(memoryview(head), 0)])

    def reader(self) -> BinaryIO:
        """Return a stream that reads it from its start; the caller closes the stream."""
        return reader(self.file)


class PartFile(PartialFile):
    """The part of a file that will get its name when it is complete; locked until `release`."""

    def __init__(self, path: str, wait: Callable[[], None], disk: Disk = SYSTEM_DISK) -> None:
        """Open the part of that name, or make one, and lock it; then read its note.

        Args:
            path: Where it is.
            wait: Called each time another process is found to hold the lock.
            disk: Where it is kept.

        Raises:
            OSError: The disk refuses, or something is in its place that is not ours to remove.
        """
        file = disk.open_locked(path, wait)
        size = file.size_at_start
        super().__init__(file, os.path.dirname(path) or ".", size)
        note = _read_note(disk, path) if size else None
        if note is not None and note.is_about(size, self.head()):
            self.note = note
        self._locked = file
        self._path = path
        self._disk = disk
        self._is_published = False

    def reset(self, note: "ResumeInfo | None") -> None:
        """Remove all bytes, on the disk too, before the new note can vouch for any."""
        if self.size or note is None:
            self._remove_note()
        if self.size:  # the old bytes have to be gone before the new note is there
            super().reset(note)
            self.file.sync()
        self.note = note
        if note is not None:
            path = f"{self._path}.json"
            self._disk.replace_private(path, note.dump(), temporary=f"{path}.new")

    def commit(self, path: str, *, replace: bool = True) -> None:
        """Give the complete file its final name, in one step.

        Args:
            path: The final name.
            replace: Whether a file that has the name may be replaced.

        Raises:
            PartReplaced: Another file stands in the part's place; nothing was renamed.
            FileExistsError: Something has the final name, and must not be replaced.
            OSError: The disk refuses; the part stays.
        """
        self._locked.publish(path, replace=replace)
        self._is_published = True
        # Nothing else: from here on another process may have a part of its own there. Where bytes
        # came without a note, `reset` has removed what an earlier run left.
        if self.note is not None:
            self._disk.remove(f"{self._path}.json")

    def has_same_bytes(self, path: str) -> bool:
        """Whether the file at a path has the very same bytes.

        Raises:
            OSError: It cannot be read.
        """
        # By its name: Windows has to close a file before it can be renamed, though it was not.
        with open(self._path, "rb") as mine, open(path, "rb") as other:
            while (block := mine.read(_BLOCK)) == other.read(_BLOCK):
                if not block:
                    return True
        return False

    def discard(self) -> None:
        """Remove it, with its note."""
        try:
            self._remove_note()
        finally:  # a folder in the place of the note keeps no part here
            self._locked.remove()

    def discard_if_empty(self) -> None:
        """Remove it if no byte has come yet; the process ends while another thread waits for one.

        Bytes that come after all are lost with the process, and never get the final name.
        """
        with suppress(OSError):  # the other thread may just have closed it
            if not self.file.size() and self._locked.is_at_path():
                self.discard()

    def release(self) -> None:
        """Close and unlock it; what no later run could continue is removed."""
        with suppress(OSError):
            if not (self._is_published or self.is_resumable) and self._locked.is_at_path():
                self.discard()
        self.file.close()

    @property
    def is_resumable(self) -> bool:
        """Whether a later run can continue it."""
        return self.note is not None and self.size >= max(1, self.note.head_size)

    def _remove_note(self) -> None:
        for name in (f"{self._path}.json", f"{self._path}.json.new"):
            self._disk.remove(name)


def remove_stale_part(path: str, disk: Disk = SYSTEM_DISK) -> None:
    """Remove what a killed run left of a part whose file is complete, unless it is in use.

    A file of that name without a note of ours beside it may be anybody's, and stays.
    """
    if _read_note(disk, path) is not None:
        remove_part(path, disk)


def remove_part(path: str, disk: Disk) -> None:
    """Remove a part and its note, unless they are in use."""
    with suppress(OSError, _InUse):
        part = PartFile(path, _refuse_to_wait, disk)
        try:
            part.discard()
        finally:
            part.file.close()


class _InUse(Exception):
    """Another process holds the lock."""


def _refuse_to_wait() -> None:
    raise _InUse


def _read_note(disk: Disk, path: str) -> "ResumeInfo | None":
    data = disk.read_private(f"{path}.json", _MAX_NOTE)
    if data is None:
        return None
    from kiecli.download.resume_info import ResumeInfo

    return ResumeInfo.parse(data)
