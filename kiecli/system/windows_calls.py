"""Windows' file calls, retried while another program holds the file; used on Windows only."""

import errno
import msvcrt
import os
from collections.abc import Callable
from contextlib import suppress

from kiecli.clock import Clock, SystemClock
from kiecli.system.disk_interface import lines_to_append

# Virus scanners and search indexes hold new files open for a moment.
_MAX_HELD = 2.0  # seconds
_HELD_PAUSE = 0.05  # seconds
_SHARING_VIOLATION, _LOCK_VIOLATION = 32, 33
_HELD = {_SHARING_VIOLATION, _LOCK_VIOLATION}
_ACCESS_DENIED = 5  # what a rename to a file that is open is answered with
# Success, ERROR_INVALID_FUNCTION and ERROR_NOT_SUPPORTED: it has nothing to flush, or no locks.
_HARMLESS = {0, 1, 50}
# Where long paths are not switched on; learn.microsoft.com: Maximum Path Length Limitation.
_MAX_NAME, _MAX_PATH = 255, 260


class WindowsCalls:
    """Renames and removes files, also those that a program holds open for a moment.

    Args:
        clock: Waits for a file that another program holds open.
        replace: `os.replace`.
    """

    def __init__(
        self, clock: Clock | None = None, replace: Callable[[str, str], None] = os.replace
    ) -> None:
        self._clock = clock or SystemClock()
        self._replace = replace

    def remove(self, path: str) -> None:
        """Remove a file or a link; a missing one is no error."""
        with suppress(FileNotFoundError):
            self._retried(lambda: os.unlink(path), path)

    def rename(self, path: str, target: str, *, replace: bool) -> None:
        """Rename a file that nobody has open.

        Raises:
            FileExistsError: Something has the name, and must not be replaced.
            OSError: The disk refuses, or a program holds one of the two files open (EBUSY).
        """

        def act() -> None:
            if replace:
                self._replace(path, target)
            elif os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
            else:
                os.rename(path, target)

        self._retried(act, target)

    def _retried(self, act: Callable[[], None], path: str) -> None:
        until = self._clock.now() + _MAX_HELD
        while True:
            try:
                return act()
            except PermissionError as error:
                if self._clock.now() >= until:
                    raise _open_elsewhere(error, path) from error
            self._clock.sleep(_HELD_PAUSE)


def open_file(path: str, flags: int) -> int:
    """Open a file as bytes, with errors that tell apart what Windows reports alike.

    Raises:
        IsADirectoryError: It is a folder.
        OSError: It cannot be opened; ENAMETOOLONG when that is why.
    """
    try:
        return os.open(path, flags | os.O_BINARY, 0o600)
    except OSError as error:
        if error.errno == errno.EACCES and os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path) from error
        if error.errno in (errno.ENOENT, errno.EINVAL) and _is_too_long(path):
            number = errno.ENAMETOOLONG
            raise OSError(number, os.strerror(number), path) from error
        raise


def _is_too_long(path: str) -> bool:
    folder, name = os.path.split(os.path.abspath(path))
    too_long = len(name) > _MAX_NAME or len(folder) + len(name) + 1 >= _MAX_PATH
    return too_long and os.path.isdir(folder)


def lock_path(path: str) -> str:
    """Return the path of the lock file of a file."""
    return f"{path}.lock"


def lock_error(fd: int) -> int:
    """Return Windows' own number for why the first byte cannot be locked, 0 if it is locked now."""
    import ctypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    if kernel.LockFile(ctypes.c_void_p(msvcrt.get_osfhandle(fd)), 0, 0, 1, 0):
        return 0
    return ctypes.get_last_error()


def open_lock(
    path: str,
    locking: Callable[[int, int, int], None] = msvcrt.locking,
    error_of: Callable[[int], int] = lock_error,
) -> int | None:
    """Return the open and locked lock file, or None while another process holds it.

    Args:
        path: Where it is, or is made.
        locking: `msvcrt.locking`.
        error_of: `lock_error`.

    Raises:
        OSError: It cannot be made, or the disk has an error.
    """
    fd = open_file(path, os.O_RDWR | os.O_CREAT)
    try:
        locking(fd, msvcrt.LK_NBLCK, 1)
    except OSError:
        # wine's C library leaves the number of an earlier error there; Windows itself knows more.
        number = error_of(fd)
        if number in _HARMLESS:  # some network folders have no locks
            return fd
        os.close(fd)
        if number == _LOCK_VIOLATION:
            return None
        raise
    return fd


def release_lock(fd: int, path: str) -> None:
    """Release a lock and remove its file, unless another process has it open by now."""
    os.close(fd)
    with suppress(OSError):
        os.unlink(path)


def append_line(path: str, line: bytes, wait: Callable[[], None]) -> None:
    """Add a line to a file that others append to; see `Disk.append_line`."""
    lock = lock_path(path)
    while (lock_fd := open_lock(lock)) is None:
        wait()
    try:
        with open(path, "a+b") as file:
            size = file.tell()
            file.seek(max(0, size - 1))
            data = lines_to_append(file.read(1), line)
            try:
                file.write(data)
                file.flush()
            except OSError:  # pragma: no cover  nothing fills a disk there; see the POSIX form
                file.truncate(size)  # half a line would be taken for another id
                raise
            sync(file.fileno())
    finally:
        release_lock(lock_fd, lock)


def flush_error(fd: int) -> int:
    """Return Windows' own number for why an open file cannot be flushed, 0 if it can."""
    import ctypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    if kernel.FlushFileBuffers(ctypes.c_void_p(msvcrt.get_osfhandle(fd))):
        return 0
    return ctypes.get_last_error()


def sync(
    fd: int,
    fsync: Callable[[int], None] = os.fsync,
    error_of: Callable[[int], int] = flush_error,
) -> None:
    """Wait until all bytes of an open file are on the disk, as far as it can do that.

    Args:
        fd: The open file.
        fsync: `os.fsync`.
        error_of: `flush_error`.

    Raises:
        OSError: They may be lost.
    """
    try:
        fsync(fd)
    except OSError:
        # The C library reports every failure as a bad descriptor; Windows itself knows more.
        if error_of(fd) not in _HARMLESS:
            raise


def _open_elsewhere(error: PermissionError, path: str) -> OSError:
    """Return the error of a file that a program holds open, or the one that there was."""
    held = error.winerror in _HELD or (error.winerror == _ACCESS_DENIED and os.path.isfile(path))
    return OSError(errno.EBUSY, "a program holds it open", path) if held else error
