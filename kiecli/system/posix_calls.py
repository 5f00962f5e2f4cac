"""What a POSIX disk may lack, and what is done instead; used on every system but Windows."""

import errno
import fcntl
import os
from collections.abc import Callable
from typing import NamedTuple

OPEN_SAFELY = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
"""Follow no link, and do not wait for the other end of a pipe that somebody put there."""

# Network folders, FUSE and VFAT answer so where they have no locks, fsync or links. Linux
# has one number for ENOTSUP and EOPNOTSUPP, macOS has two. EIO is not among them: bytes are lost.
NO_FSYNC = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
NO_LOCKS = NO_FSYNC | {errno.ENOLCK}
_NO_LINKS = NO_FSYNC | {errno.EPERM, errno.EACCES, errno.EMLINK, errno.EXDEV}

_TAIL = 65536  # bytes at the end by which a file is compared where inodes are not stable


class PosixCalls(NamedTuple):
    """The system calls that a disk may not support; tests replace them by failing ones."""

    flock: Callable[[int, int], None] = fcntl.flock
    fsync: Callable[[int], None] = os.fsync
    link: Callable[[str, str], None] = os.link
    fstat: Callable[[int], os.stat_result] = os.fstat


def raise_unless(error: OSError, numbers: frozenset[int]) -> None:
    """Raise an error, unless it only says that the disk does not support a call."""
    if error.errno not in numbers:
        raise error


def rename_to_new(calls: PosixCalls, path: str, target: str) -> None:
    """Rename a file to a name that nothing must have.

    Raises:
        FileExistsError: Something has it.
    """
    try:
        calls.link(path, target)
    except OSError as error:
        raise_unless(error, _NO_LINKS)
        # A moment remains in which another file may appear and be replaced; an empty file
        # made to hold the name would be worse: after a crash it would look complete.
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target) from error
        os.rename(path, target)
    else:
        os.unlink(path)


def has_same_end(fd: int, path: str) -> bool:
    """Whether the file at a path is as long as an open one, and ends in the same bytes."""
    other = os.open(path, os.O_RDONLY | OPEN_SAFELY)
    try:
        return _end(other) == _end(fd)
    finally:
        os.close(other)


def _end(fd: int) -> tuple[int, bytes]:
    size = os.fstat(fd).st_size
    return size, os.pread(fd, _TAIL, max(0, size - _TAIL))
