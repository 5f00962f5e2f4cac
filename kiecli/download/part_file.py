"""The `.part` file, into which a result is fetched before it is renamed to its final name.

However a process ends, the final name has either the complete file or what was there before. The
order of the steps ensures that: with any of them left out, kill -9 at random moments gave wrong
files.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from kiecli.files.media_types import HEAD_SIZE
from kiecli.system.disk_interface import Disk, OpenFile, reader
from kiecli.system.system_disk import SYSTEM_DISK

if TYPE_CHECKING:  # most files come whole, and need no resume info
    from kiecli.download.resume_info import ResumeInfo

_BLOCK = 1024 * 1024  # bytes that are compared at a time
_MAX_RESUME_INFO = 65536  # bytes read of one; ours have a few hundred


class PartialFile:
    """An open file to which the bytes of a result are appended.

    Attributes:
        file: The open file, for reading at any offset too.
        folder: The folder that it is in, whose disk has to have room for it.
        size: Bytes written so far.
        resume_info: The resume info of these bytes; None if they cannot be resumed.
        late_resume_info: Returns the resume info of bytes that came whole in one chunk, which
            have none beside them: it would be removed again at once.
    """

    def __init__(
        self, file: OpenFile, folder: str, size: int = 0, resume_info: "ResumeInfo | None" = None
    ) -> None:
        """Take over an open file."""
        self.file = file
        self.folder = folder
        self.size = size
        self.resume_info = resume_info
        self.late_resume_info: Callable[[], ResumeInfo | None] | None = None

    def reset(self, resume_info: "ResumeInfo | None") -> None:
        """Empty the file; the bytes that are appended from now on belong to this resume info.

        Raises:
            OSError: The disk refuses.
        """
        self.file.truncate()
        self.size = 0
        self.resume_info, self.late_resume_info = resume_info, None

    def append(self, *pieces: bytes | memoryview) -> None:
        """Append some bytes, in one step where the disk takes them all.

        Raises:
            OSError: The disk refuses; `size` counts what was written before that.
        """
        unwritten: Sequence[bytes | memoryview] = pieces
        while unwritten:
            written = self.file.write_at(unwritten, self.size)
            self.size += written
            unwritten = _without(unwritten, written)

    def head(self) -> bytes:
        """Return the first HEAD_SIZE bytes, enough to tell the format."""
        head = bytearray(HEAD_SIZE)
        return bytes(head[: self.file.read_into(memoryview(head), 0)])

    def reader(self) -> BinaryIO:
        """Return a stream that reads the file from its start; the caller closes the stream."""
        return reader(self.file)


def _without(pieces: Sequence[bytes | memoryview], count: int) -> Sequence[bytes | memoryview]:
    """Return what is left of some pieces without their first bytes."""
    # A disk that is nearly full writes a part, and fails only at the next write.
    for at, piece in enumerate(pieces):
        if count < len(piece):
            return [memoryview(piece)[count:], *pieces[at + 1 :]]
        count -= len(piece)
    return ()


class PartFile(PartialFile):
    """A locked `NAME.part` on the disk, with its resume info in `NAME.part.json`."""

    def __init__(self, path: str, wait: Callable[[], None], disk: Disk = SYSTEM_DISK) -> None:
        """Open or create the part, lock it, and read its resume info.

        Args:
            path: Its path, which ends in `.part`.
            wait: Called each time another process is found to hold the lock.
            disk: Where it is kept.

        Raises:
            OSError: The disk refuses, or something else has its path and must not be removed.
        """
        file = disk.open_locked(path, wait)
        size = file.size_at_start
        super().__init__(file, os.path.dirname(path) or ".", size)
        resume_info = _read_resume_info(disk, path) if size else None
        if resume_info is not None and resume_info.is_about(size, self.head()):
            self.resume_info = resume_info
        self._locked = file
        self._path = path
        self._disk = disk
        self._is_published = False

    def reset(self, resume_info: "ResumeInfo | None") -> None:
        """Empty the file and replace its resume info, in an order that a kill cannot harm."""
        if self.size or resume_info is None:
            self._remove_resume_info()
        # Synced first: with the new resume info beside them, old bytes would be taken for new.
        if self.size:
            super().reset(resume_info)
            self.file.sync()
        self.resume_info, self.late_resume_info = resume_info, None
        if resume_info is not None:
            self._write_resume_info(resume_info)

    def commit(self, path: str, *, replace: bool = True) -> None:
        """Rename the complete file to its final name, atomically.

        Args:
            path: The final name.
            replace: Whether a file that has the name may be replaced.

        Raises:
            PartReplaced: Another file has taken the part's path; nothing was renamed.
            FileExistsError: The final name is taken, and `replace` is false.
            OSError: The disk refuses; the part stays.
        """
        self._locked.publish(path, replace=replace)
        self._is_published = True
        # Only now, and only this: another process may create its own part from here on. A part
        # without resume info has no such file: `reset` has removed an earlier run's.
        if self.resume_info is not None:
            self._disk.remove(f"{self._path}.json")

    def make_resumable(self) -> None:
        """Leave a part that cannot be published so that a later run resumes it, if it can."""
        # A part that came in several chunks has its resume info beside it since the first.
        resume_info = self.late_resume_info and self.late_resume_info()
        with suppress(OSError):
            if resume_info and self._locked.is_at_path():
                self._write_resume_info(resume_info)
                self.resume_info = resume_info

    def has_same_bytes(self, path: str) -> bool:
        """Whether the file at a path has the very same bytes.

        Raises:
            OSError: It cannot be read.
        """
        # Opened by name: on Windows `publish` has closed the part, though it did not rename it.
        with open(self._path, "rb") as mine, open(path, "rb") as other:
            while (block := mine.read(_BLOCK)) == other.read(_BLOCK):
                if not block:
                    return True
        return False

    def discard(self) -> None:
        """Remove the part and its resume info."""
        try:
            self._remove_resume_info()
        finally:  # also where the resume info cannot be removed, since a folder has its name
            self._locked.remove()

    def discard_if_empty(self) -> None:
        """Remove the part if it is empty: the process ends while another thread waits for bytes.

        Bytes that still come are lost with the process; the part is not renamed any more.
        """
        with suppress(OSError):  # the other thread may just have closed it
            if not self.file.size() and self._locked.is_at_path():
                self.discard()

    def release(self) -> None:
        """Close and unlock the part; remove it first if it cannot be resumed."""
        with suppress(OSError):
            if not (self._is_published or self.is_resumable) and self._locked.is_at_path():
                self.discard()
        self.file.close()

    @property
    def is_resumable(self) -> bool:
        """Whether a later run can resume the part."""
        return self.resume_info is not None and self.size >= max(1, self.resume_info.head_size)

    def _write_resume_info(self, resume_info: "ResumeInfo") -> None:
        path = f"{self._path}.json"
        self._disk.replace_private(path, resume_info.dump(), temporary=f"{path}.new")

    def _remove_resume_info(self) -> None:
        for name in (f"{self._path}.json", f"{self._path}.json.new"):
            self._disk.remove(name)


def remove_stale_part(path: str, disk: Disk = SYSTEM_DISK) -> None:
    """Remove the part that a killed run left beside a complete file, unless it is in use.

    A `.part` file without resume info beside it may be another program's, and stays.
    """
    if _read_resume_info(disk, path) is not None:
        remove_part(path, disk)


def remove_part(path: str, disk: Disk) -> None:
    """Remove a part and its resume info, unless they are in use."""
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


def _read_resume_info(disk: Disk, path: str) -> "ResumeInfo | None":
    data = disk.read_private(f"{path}.json", _MAX_RESUME_INFO)
    if data is None:
        return None
    from kiecli.download.resume_info import ResumeInfo

    return ResumeInfo.parse(data)
