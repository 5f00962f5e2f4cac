"""The Windows form of `Disk`: used on Windows only.

An open file can neither be renamed nor removed there, so the lock is on a file of its own,
`NAME.lock`: the part is closed before it is published, and the lock is still held. The lock file,
too, cannot be replaced while anybody has it open; the last one to close it removes it.
"""

import errno
import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import IO, Any

from kiecli.system.disk_interface import PartReplaced
from kiecli.system.windows_calls import (
    WindowsCalls,
    append_line,
    lock_path,
    open_file,
    open_lock,
    release_lock,
    sync,
)

_TAIL = 65536  # bytes at the end by which a file is compared


class WindowsDisk:
    """Files by Windows' calls."""

    def __init__(self, calls: WindowsCalls | None = None) -> None:
        self._calls = calls or WindowsCalls()

    def open_locked(self, path: str, wait: Callable[[], None]) -> "LockedWindowsFile":
        """Open a file of the user's own, created if it is missing, and lock it."""
        lock = lock_path(path)
        while (lock_fd := open_lock(lock)) is None:
            wait()
        try:
            return LockedWindowsFile(self._calls, _open_own(path), path, lock_fd)
        except BaseException:
            release_lock(lock_fd, lock)
            raise

    def open_temporary(self) -> "WindowsFile":
        """Open a new file that is gone when it is closed."""
        import tempfile

        file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - WindowsFile closes it
        return WindowsFile(file.fileno(), file)

    def read_private(self, path: str, max_size: int) -> bytes | None:
        """Return the first bytes of a regular file without a second name, or None."""
        try:
            fd = _open_if_own(path, os.O_RDONLY)
        except OSError:
            return None
        if fd is None:
            return None
        with os.fdopen(fd, "rb") as file:
            return file.read(max_size)

    def replace_private(self, path: str, data: bytes, *, temporary: str) -> None:
        """Put data under a name in one step; the folder's permissions say who may read it."""
        self._calls.remove(temporary)
        fd = open_file(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                file.flush()
                sync(fd)
            self._calls.rename(temporary, path, replace=True)
        except OSError:
            self._calls.remove(temporary)
            raise

    def remove(self, path: str) -> None:
        """Remove a file or a link; a missing one is no error."""
        self._calls.remove(path)

    def append_line(self, path: str, line: bytes, wait: Callable[[], None]) -> None:
        """Add a line to a file that others append to."""
        append_line(path, line, wait)


class WindowsFile:
    """An open file.

    Reading at an offset moves the one position that a file has, so only one thread at a time may.
    """

    def __init__(self, fd: int, owner: IO[Any] | None = None) -> None:
        """Take over a descriptor, or one that belongs to a file which closes it."""
        self._fd = fd
        self._owner = owner
        self._lock = Lock()

    def size(self) -> int:
        """Return how many bytes there are."""
        return os.fstat(self._fd).st_size

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Read from an offset into a buffer."""
        with self._lock:
            os.lseek(self._fd, offset, os.SEEK_SET)
            data = os.read(self._fd, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def write_at(self, pieces: Sequence[bytes | memoryview], offset: int) -> int:
        """Write at an offset."""
        with self._lock:
            os.lseek(self._fd, offset, os.SEEK_SET)
            return os.write(self._fd, b"".join(pieces) if len(pieces) > 1 else pieces[0])

    def truncate(self) -> None:
        """Remove all bytes."""
        with self._lock:
            os.ftruncate(self._fd, 0)

    def sync(self) -> None:
        """Wait until all bytes are on the disk."""
        with self._lock:
            sync(self._fd)

    def duplicate(self) -> "_Duplicate":
        """Return the same file for another thread."""
        return _Duplicate(self)

    def close(self) -> None:
        """Release it; a duplicate that reads afterwards gets an error, not another file."""
        with self._lock:
            fd, self._fd = self._fd, -1  # a part is closed to be published, and once more later
            if self._owner is not None:
                self._owner.close()
            elif fd != -1:
                os.close(fd)


class _Duplicate:
    """A file that somebody else closes: a second open one could not be renamed."""

    def __init__(self, file: WindowsFile) -> None:
        self._file = file

    def read_into(self, buffer: memoryview, offset: int) -> int:
        return self._file.read_into(buffer, offset)

    def duplicate(self) -> "_Duplicate":
        return self

    def close(self) -> None:
        """Leave it to its owner."""


class LockedWindowsFile(WindowsFile):
    """An open file under a name, locked until it is closed."""

    def __init__(self, calls: WindowsCalls, fd: int, path: str, lock_fd: int) -> None:
        super().__init__(fd)
        self._calls = calls
        self._path = path
        self._lock_fd = lock_fd
        self.size_at_start = self.size()
        self._last: tuple[int, bytes] | None = None  # what `_end` returned, once it is closed

    def is_at_path(self) -> bool:
        """Return whether the file under the name is still this one.

        Inodes tell nothing: FAT has none, those of network folders may be unstable, and that of
        a removed file is given to the next one.
        """
        here = self._last or _end(self._fd)
        try:
            fd = _open_if_own(self._path, os.O_RDONLY)
        except OSError:
            return False
        if fd is None:
            return False
        try:
            return _end(fd) == here
        finally:
            os.close(fd)

    def publish(self, target: str, *, replace: bool) -> None:
        """Give the file its final name in one step."""
        if self._last is None:  # else an earlier attempt to publish has synced and closed it
            self.sync()
        self._close_file()
        if not self.is_at_path():
            raise PartReplaced(self._path)
        self._calls.rename(self._path, target, replace=replace)

    def remove(self) -> None:
        """Remove the file under the name."""
        self._close_file()
        self._calls.remove(self._path)

    def close(self) -> None:
        """Release it and its lock."""
        super().close()
        release_lock(self._lock_fd, lock_path(self._path))

    def _close_file(self) -> None:
        self._last = self._last or _end(self._fd)
        super().close()


def _end(fd: int) -> tuple[int, bytes]:
    """Return the size and the last bytes of an open file."""
    size = os.fstat(fd).st_size
    os.lseek(fd, max(0, size - _TAIL), os.SEEK_SET)
    return size, os.read(fd, _TAIL)


def _open_own(path: str) -> int:
    """Open a regular file of the user's own there; anything else is replaced by a new one."""
    while True:
        with suppress(FileExistsError):
            return open_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        with suppress(FileNotFoundError):
            fd = _open_if_own(path, os.O_RDWR)
            if fd is not None:
                return fd
            os.unlink(path)


def _open_if_own(path: str, access: int) -> int | None:
    """Open a file that is regular and has no second name; a link is not followed."""
    before = os.lstat(path)  # Windows has no O_NOFOLLOW
    if stat.S_ISDIR(before.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(before.st_mode):  # pragma: no cover  a link: wine makes none
        return None
    fd = os.open(path, access | os.O_BINARY)
    # Somebody may have put a link there after the look.
    if os.fstat(fd).st_nlink <= 1 and os.path.samestat(before, os.fstat(fd)):
        return fd
    os.close(fd)
    return None
