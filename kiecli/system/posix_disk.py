"""The POSIX form of `Disk`: used on every system but Windows."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress

from kiecli.system.disk_interface import PartReplaced, lines_to_append
from kiecli.system.posix_calls import PosixCalls

_OPEN_SAFELY = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
# Each time another kiecli may have published the file while we waited for its lock; but a disk
# without stable inodes gives another number for ever.
_MAX_REOPENS = 3
_TAIL = 65536  # bytes at the end by which a file is compared where inodes are not stable


class PosixDisk:
    """Files by the system's own calls."""

    def __init__(self, calls: PosixCalls | None = None) -> None:
        self._calls = calls or PosixCalls()

    def open_locked(self, path: str, wait: Callable[[], None]) -> "LockedPosixFile":
        """Open a file of the user's own, made where it is missing, and lock it."""
        others = 0
        while True:
            fd = self._open_own(path)
            try:
                self._calls.lock(fd, wait)
                file = LockedPosixFile(self._calls, fd, path, has_inodes=others < _MAX_REOPENS)
                # While we waited it may have been renamed, or be given its final name by a process
                # that was killed before it removed this one: it would be a complete file that we
                # write into.
                if file.is_at_path() and _is_own(os.fstat(fd)):
                    return file
            except BaseException:
                os.close(fd)
                raise
            os.close(fd)
            others += 1

    def open_temporary(self) -> "PosixFile":
        """Open a new file without a name."""
        import tempfile

        with tempfile.TemporaryFile(buffering=0) as file:
            return PosixFile(self._calls, os.dup(file.fileno()))

    def read_private(self, path: str, max_size: int) -> bytes | None:
        """Return the first bytes of a regular file of the user's own, or None."""
        try:
            fd = os.open(path, os.O_RDONLY | _OPEN_SAFELY)
        except OSError:
            return None
        try:
            return os.read(fd, max_size) if _is_own(os.fstat(fd)) else None
        finally:
            os.close(fd)

    def replace_private(self, path: str, data: bytes, *, temporary: str) -> None:
        """Put data under a name in one step, readable by the user only."""
        file = PosixFile(self._calls, _open_new(temporary))
        try:
            file.write_all(data)
            file.sync()
        finally:
            file.close()
        os.rename(temporary, path)

    def remove(self, path: str) -> None:
        """Remove a file or a link; a missing one is no error."""
        _remove(path)

    def append_line(self, path: str, line: bytes, wait: Callable[[], None]) -> None:
        """Add a line to a file that others append to."""
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            self._calls.lock(fd, wait)
            size = os.fstat(fd).st_size
            last = os.pread(fd, 1, size - 1) if size else b""
            data = memoryview(lines_to_append(last, line))
            try:
                while data:
                    data = data[os.write(fd, data) :]
            except OSError:
                os.ftruncate(fd, size)  # half a line would be taken for another id
                raise
            self._calls.sync(fd)
        finally:
            os.close(fd)

    def _open_own(self, path: str) -> int:
        """Open a regular file of the user's own there; anything else gives way to a new one."""
        while True:
            with suppress(FileExistsError):
                return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _OPEN_SAFELY, 0o600)
            with suppress(FileNotFoundError):
                fd = self._open_if_own(path)
                if fd is not None:
                    return fd
                os.unlink(path)

    def _open_if_own(self, path: str) -> int | None:
        try:
            fd = os.open(path, os.O_RDWR | _OPEN_SAFELY)
        except OSError as error:
            if error.errno == errno.ELOOP:
                return None
            raise
        if _is_own(os.fstat(fd)):
            self._calls.chmod(fd, 0o600)
            return fd
        os.close(fd)
        return None


class PosixFile:
    """An open file."""

    def __init__(self, calls: PosixCalls, fd: int) -> None:
        self._calls = calls
        self._fd = fd

    def size(self) -> int:
        """Return how many bytes there are."""
        return os.fstat(self._fd).st_size

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Read from an offset into a buffer."""
        return os.preadv(self._fd, [buffer], offset)

    def write_at(self, data: memoryview, offset: int) -> int:
        """Write at an offset."""
        return os.pwrite(self._fd, data, offset)

    def write_all(self, data: bytes) -> None:
        """Write a whole file from its start."""
        view, at = memoryview(data), 0
        while at < len(view):
            at += self.write_at(view[at:], at)

    def truncate(self) -> None:
        """Remove all bytes."""
        os.ftruncate(self._fd, 0)

    def sync(self) -> None:
        """Wait until all bytes are on the disk."""
        self._calls.sync(self._fd)

    def duplicate(self) -> "PosixFile":
        """Return the same file for another thread."""
        return PosixFile(self._calls, os.dup(self._fd))

    def close(self) -> None:
        """Release it."""
        os.close(self._fd)


class LockedPosixFile(PosixFile):
    """An open file under a name, locked until it is closed."""

    def __init__(self, calls: PosixCalls, fd: int, path: str, *, has_inodes: bool) -> None:
        super().__init__(calls, fd)
        self._path = path
        self._has_inodes = has_inodes

    def is_at_path(self) -> bool:
        """Return whether the file under the name is still this one."""
        try:
            there = os.stat(self._path, follow_symlinks=False)
            here = self._calls.stat(self._fd)
            if self._has_inodes:
                return os.path.samestat(here, there)
            return stat.S_ISREG(there.st_mode) and self._has_same_end()
        except FileNotFoundError:
            return False

    def publish(self, target: str, mode: int, *, replace: bool) -> None:
        """Give the file its final name in one step."""
        self.sync()
        self._calls.chmod(self._fd, mode)
        if not self.is_at_path():
            raise PartReplaced(self._path)
        if replace:
            os.rename(self._path, target)
        else:
            self._calls.rename_to_new(self._path, target)

    def remove(self) -> None:
        """Remove the file under the name."""
        _remove(self._path)

    def _has_same_end(self) -> bool:
        fd = os.open(self._path, os.O_RDONLY | _OPEN_SAFELY)
        try:
            return _end(fd) == _end(self._fd)
        finally:
            os.close(fd)


def _end(fd: int) -> tuple[int, bytes]:
    size = os.fstat(fd).st_size
    return size, os.pread(fd, _TAIL, max(0, size - _TAIL))


def _open_new(path: str) -> int:
    """Open a new file there; what a killed run left gives way."""
    while True:
        with suppress(FileExistsError):
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN_SAFELY, 0o600)
        _remove(path)


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def _is_own(info: os.stat_result) -> bool:
    # With a second name it may be any file of ours that somebody linked here.
    return stat.S_ISREG(info.st_mode) and info.st_uid == os.geteuid() and info.st_nlink <= 1
