"""System calls of POSIX that some disks answer by `not supported`; used on all but Windows."""

import errno
import fcntl
import os
from collections.abc import Callable

# Network folders, FUSE and VFAT answer so where they have no modes, locks, fsync or links. Linux
# has one number for ENOTSUP and EOPNOTSUPP, macOS has two. EIO is not among them: bytes are lost.
_UNSUPPORTED = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}
_NO_MODES = {*_UNSUPPORTED, errno.EPERM, errno.EACCES}
_NO_LOCKS = {*_UNSUPPORTED, errno.ENOLCK}
_NO_LINKS = {*_UNSUPPORTED, errno.EPERM, errno.EACCES, errno.EMLINK, errno.EXDEV}


class PosixCalls:
    """What a disk may lack; tests pass calls that fail."""

    def __init__(
        self,
        *,
        flock: Callable[[int, int], None] = fcntl.flock,
        fsync: Callable[[int], None] = os.fsync,
        fchmod: Callable[[int, int], None] = os.fchmod,
        link: Callable[[str, str], None] = os.link,
        fstat: Callable[[int], os.stat_result] = os.fstat,
    ) -> None:
        self._flock = flock
        self._fsync = fsync
        self._fchmod = fchmod
        self._link = link
        self._fstat = fstat

    def stat(self, fd: int) -> os.stat_result:
        """Return what the disk knows of an open file."""
        return self._fstat(fd)

    def lock(self, fd: int, wait: Callable[[], None]) -> None:
        """Lock an open file against other processes, where the disk has locks.

        Raises:
            OSError: It cannot be locked, though the disk has locks.
        """
        while True:
            try:
                self._flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                wait()
            except OSError as error:
                # One kiecli at a time is still safe there.
                return _accept(error, _NO_LOCKS)
            else:
                return None

    def sync(self, fd: int) -> None:
        """Wait until all bytes of an open file are on the disk, as far as it can do that."""
        try:
            self._fsync(fd)
        except OSError as error:
            _accept(error, _UNSUPPORTED)

    def chmod(self, fd: int, mode: int) -> None:
        """Set the mode of an open file, where the disk has modes."""
        try:
            self._fchmod(fd, mode)
        except OSError as error:
            _accept(error, _NO_MODES)

    def rename_to_new(self, path: str, target: str) -> None:
        """Rename a file to a name that nothing must have.

        Raises:
            FileExistsError: Something has it.
        """
        try:
            self._link(path, target)
        except OSError as error:
            _accept(error, _NO_LINKS)
            # A moment remains in which another file may appear and be replaced; an empty file
            # made to hold the name would be worse: after a crash it would look complete.
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target) from error
            os.rename(path, target)
        else:
            os.unlink(path)


def _accept(error: OSError, numbers: set[int]) -> None:
    if error.errno not in numbers:
        raise error
