"""What kiecli asks of a disk, with one form for POSIX systems and one for Windows.

`posix_disk` and `windows_disk` implement it, `system_disk` chooses. The same tests hold for both.
"""

import io
from collections.abc import Callable, Sequence
from typing import BinaryIO, Protocol


class PartReplaced(OSError):
    """Another file has taken the path of the one that was written and verified."""

    def __init__(self, path: str) -> None:
        super().__init__(0, "another file took its place while it was being written", path)


class ReadableFile(Protocol):
    """An open file to read from, without a position of its own: threads may share it."""

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Read from an offset into a buffer; return how many bytes there were, 0 at the end."""
        ...

    def duplicate(self) -> "ReadableFile":
        """Return the same file for another thread, which may go on when this one is closed.

        On Windows its reads fail from then on; nothing else happens.
        """
        ...

    def close(self) -> None:
        """Release it; to be called once."""
        ...


class OpenFile(ReadableFile, Protocol):
    """An open file to read and to write."""

    def size(self) -> int:
        """Return how many bytes there are."""
        ...

    def write_at(self, pieces: Sequence[bytes | memoryview], offset: int) -> int:
        """Write at an offset; return how many bytes were written, which may be fewer."""
        ...

    def truncate(self) -> None:
        """Remove all bytes."""
        ...

    def sync(self) -> None:
        """Wait until all bytes are on the disk, as far as the disk can do that."""
        ...


class LockedFile(OpenFile, Protocol):
    """An open file under a name, locked against every other kiecli until it is closed."""

    size_at_start: int
    """Bytes that were there when it was opened."""

    def is_at_path(self) -> bool:
        """Return whether the file under the name is still this one.

        Where a disk has no stable inodes, size and last bytes are compared instead.
        """
        ...

    def publish(self, target: str, *, replace: bool) -> None:
        """Give the file its final name in one step, with all of its bytes on the disk.

        Args:
            target: The final name.
            replace: Whether a file that has the name may be replaced.

        Raises:
            PartReplaced: Another file stands under the old name; nothing was renamed.
            FileExistsError: Something has the final name, and must not be replaced.
            OSError: The disk refuses; the file keeps the old name.
        """
        ...

    def remove(self) -> None:
        """Remove the file under the name; it must not be read or written any more."""
        ...


class Disk(Protocol):
    """Files of the operating system that kiecli runs on."""

    def open_locked(self, path: str, wait: Callable[[], None]) -> LockedFile:
        """Open a regular file of the user's own, created if it is missing, and lock it.

        Links are not followed: a link or another user's file is replaced by a new one.

        Args:
            path: Where it is.
            wait: Called each time that another process is found to hold the lock; it sleeps, or
                raises to give up.

        Raises:
            OSError: The disk refuses, or what is there is not ours to remove.
        """
        ...

    def open_temporary(self) -> OpenFile:
        """Open a new file without a name, which is gone when it is closed.

        Raises:
            OSError: There is no folder for temporary files that takes one.
        """
        ...

    def read_private(self, path: str, max_size: int) -> bytes | None:
        """Return the first bytes of a regular file of the user's own, or None if it is not one."""
        ...

    def replace_private(self, path: str, data: bytes, *, temporary: str) -> None:
        """Put data under a name in one step, readable by the user only.

        Args:
            path: The name.
            data: The whole file.
            temporary: The name that it has until it is complete; what has that name is removed.

        Raises:
            OSError: The disk refuses; nothing is left under the temporary name.
        """
        ...

    def remove(self, path: str) -> None:
        """Remove a file or a link; a missing one is no error.

        Raises:
            OSError: The disk refuses.
        """
        ...

    def append_line(self, path: str, line: bytes, wait: Callable[[], None]) -> None:
        """Add a line to a file that others append to, created if it is missing.

        The line is added whole or not at all, and a last line without an end is ended first.
        Links are followed.

        Args:
            path: The file.
            line: With its end.
            wait: As with `open_locked`.

        Raises:
            OSError: The disk refuses.
        """
        ...


def lines_to_append(last: bytes, line: bytes) -> bytes:
    """Return what to write after a file that ends in `last` (its last byte, if it has any)."""
    return line if last in (b"", b"\n") else b"\n" + line


class _Reader(io.RawIOBase):
    """Reads an open file from its start, at a position of its own."""

    def __init__(self, file: OpenFile) -> None:
        super().__init__()
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        read = self._file.read_into(memoryview(buffer), self._position)
        self._position += read
        return read

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size()}
        self._position = start[whence] + offset
        return self._position


def reader(file: OpenFile) -> BinaryIO:
    """Return a stream that reads an open file from its start and leaves it open."""
    return io.BufferedReader(_Reader(file))
