"""The POSIX form of `Disk`: used on every system but Windows."""

import errno
import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB

from kiecli.system import posix_calls
from kiecli.system.disk_interface import PartReplaced, lines_to_append
from kiecli.system.posix_calls import OPEN_SAFELY, PosixCalls

# Times that the locked file may turn out not to be the one at its path: another kiecli may have
# published it while we waited. After these the disk is taken for one without stable inodes.
_MAX_REOPENS = 3
# Pieces that one call writes; the system refuses more (IOV_MAX of Linux and macOS).
_MAX_PIECES = 1024


def _remove(path: str) -> None:
    """Remove a file or a link; a missing one is no error."""
    with suppress(FileNotFoundError):
        os.unlink(path)


class PosixDisk:
    """Files by the system's own calls."""

    def __init__(self, calls: PosixCalls | None = None) -> None:
        self._calls = calls or PosixCalls()

    def open_locked(self, path: str, wait: Callable[[], None]) -> "LockedPosixFile":
        """Open a file of the user's own, created if it is missing, and lock it."""
        others = 0
        while True:
            fd = self._open_own(path)
            try:
                _lock(self._calls, fd, wait)
                # Asked for once: each call of the system lets other threads run first.
                info = self._calls.fstat(fd)
                has_inodes = others < _MAX_REOPENS
                file = LockedPosixFile(self._calls, fd, path, info, has_inodes=has_inodes)
                # While we waited it may have been renamed, or be given its final name by a process
                # that was killed before it removed this one: it would be a complete file that we
                # write into.
                if _is_own(info) and file.is_at_path():
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
            fd = os.open(path, os.O_RDONLY | OPEN_SAFELY)
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
            os.rename(temporary, path)
        except OSError:
            _remove(temporary)
            raise
        finally:
            file.close()

    remove = staticmethod(_remove)

    def append_line(self, path: str, line: bytes, wait: Callable[[], None]) -> None:
        """Add a line to a file that others append to."""
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            _lock(self._calls, fd, wait)
            size = os.fstat(fd).st_size
            last = os.pread(fd, 1, size - 1) if size else b""
            data = memoryview(lines_to_append(last, line))
            try:
                while data:
                    data = data[os.write(fd, data) :]
            except OSError:
                os.ftruncate(fd, size)  # half a line would be taken for another id
                raise
            _sync(self._calls, fd)
        finally:
            os.close(fd)

    def _open_own(self, path: str) -> int:
        """Open a regular file of the user's own there; anything else is replaced by a new one."""
        while True:
            with suppress(FileExistsError):
                # With the permissions that a new file has in this folder, by umask or ACL: it
                # keeps them under its final name.
                return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | OPEN_SAFELY, 0o666)
            with suppress(FileNotFoundError):
                fd = self._open_if_own(path)
                if fd is not None:
                    return fd
                os.unlink(path)

    def _open_if_own(self, path: str) -> int | None:
        try:
            fd = os.open(path, os.O_RDWR | OPEN_SAFELY)
        except OSError as error:
            if error.errno == errno.ELOOP:
                return None
            raise
        if _is_own(os.fstat(fd)):
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

    def write_at(self, pieces: Sequence[bytes | memoryview], offset: int) -> int:
        """Write at an offset."""
        return os.pwritev(self._fd, pieces[:_MAX_PIECES], offset)

    def write_all(self, data: bytes) -> None:
        """Write a whole file from its start."""
        view, at = memoryview(data), 0
        while at < len(view):
            at += self.write_at([view[at:]], at)

    def truncate(self) -> None:
        """Remove all bytes."""
        os.ftruncate(self._fd, 0)

    def sync(self) -> None:
        """Wait until all bytes are on the disk."""
        _sync(self._calls, self._fd)

    def duplicate(self) -> "PosixFile":
        """Return the same file for another thread."""
        return PosixFile(self._calls, os.dup(self._fd))

    def close(self) -> None:
        """Release it."""
        os.close(self._fd)


class LockedPosixFile(PosixFile):
    """An open file under a name, locked until it is closed."""

    def __init__(
        self, calls: PosixCalls, fd: int, path: str, info: os.stat_result, *, has_inodes: bool
    ) -> None:
        self._calls = calls
        self._fd = fd
        self._path = path
        self._info = info  # its inode stays what it is
        self.size_at_start = info.st_size
        self._has_inodes = has_inodes

    def is_at_path(self) -> bool:
        """Return whether the file under the name is still this one."""
        try:
            there = os.stat(self._path, follow_symlinks=False)
            if self._has_inodes:
                return os.path.samestat(self._info, there)
            return stat.S_ISREG(there.st_mode) and posix_calls.has_same_end(self._fd, self._path)
        except FileNotFoundError:
            return False

    def publish(self, target: str, *, replace: bool) -> None:
        """Give the file its final name in one step."""
        # In this order: after a crash of the machine the name must not lead to missing bytes.
        _sync(self._calls, self._fd)
        if not self.is_at_path():
            raise PartReplaced(self._path)
        if replace:
            os.rename(self._path, target)
        else:
            posix_calls.rename_to_new(self._calls, self._path, target)

    def remove(self) -> None:
        """Remove the file under the name."""
        _remove(self._path)


def _lock(calls: PosixCalls, fd: int, wait: Callable[[], None]) -> None:
    """Lock an open file against other processes, where the disk has locks."""
    while True:
        try:
            return calls.flock(fd, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            wait()
        except OSError as error:  # one kiecli at a time is still safe there
            return posix_calls.raise_unless(error, posix_calls.NO_LOCKS)


def _sync(calls: PosixCalls, fd: int) -> None:
    """Wait until all bytes of an open file are on the disk, as far as it can do that."""
    try:
        calls.fsync(fd)
    except OSError as error:
        posix_calls.raise_unless(error, posix_calls.NO_FSYNC)


def _open_new(path: str) -> int:
    """Open a new file there; what a killed run left there is removed."""
    while True:
        with suppress(FileExistsError):
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | OPEN_SAFELY, 0o600)
        _remove(path)


def _is_own(info: os.stat_result) -> bool:
    # With a second name it may be any file of ours that somebody linked here.
    return stat.S_ISREG(info.st_mode) and info.st_uid == os.geteuid() and info.st_nlink <= 1
