"""The `.part` file: what is here already of a file that is not complete.

However a process ends, one of two things stands under the final name: the complete file, or what
was there before. The order of the steps is what makes it so; each of them left out gave wrong
files when processes were killed at random moments.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Callable
from contextlib import suppress

from kiecli.download.partial import PartialFile, ResumeInfo

_MAX_NOTE = 65536
_OPEN_SAFELY = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
# Some network disks have no locks: there, one kiecli at a time is still safe.
_CANNOT_LOCK = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


class PartFile(PartialFile):
    """A part with its lock held and its note read."""

    def __init__(self, path: str, fd: int) -> None:
        """Take over an open part; `opened` makes it safe."""
        size = os.fstat(fd).st_size
        note = _read_note(f"{path}.json") if size else None
        super().__init__(fd, size, note if note and size <= note.length else None)
        self._path = path
        self._is_published = False

    @classmethod
    def opened(cls, path: str, wait: Callable[[], None]) -> "PartFile":
        """Open the part of that name, or make one, and lock it.

        Args:
            path: Where it is.
            wait: Called each time another process is found to hold the lock.

        Raises:
            OSError: The disk refuses, or something is in its place that is not ours to remove.
        """
        while True:
            fd = _open_own(path)
            try:
                lock(fd, wait)
                # While we waited it may have been renamed: we would write into a complete file.
                if _is_at(fd, path):
                    return cls(path, fd)
            except BaseException:
                os.close(fd)
                raise
            os.close(fd)

    def reset(self, note: ResumeInfo | None) -> None:
        """Forget all bytes, on the disk too, before the new note is there to vouch for any."""
        if self.size or note is None:
            self._remove_note()
        if self.size:
            super().reset(note)
            os.fsync(self.fd)
        self.note = note
        if note is not None:
            self._write_note(note)

    def commit(self, path: str, mode: int) -> None:
        """Give the complete file its final name, in one step.

        Raises:
            OSError: The disk refuses; the part stays.
        """
        os.fsync(self.fd)
        _allow(self.fd, mode)
        os.rename(self._path, path)
        self._is_published = True
        # Nothing else: from here on another process may have a part of its own there.
        with suppress(FileNotFoundError):
            os.unlink(f"{self._path}.json")

    def discard(self) -> None:
        """Remove it: nobody needs it any more."""
        self._remove_note()
        with suppress(FileNotFoundError):
            os.unlink(self._path)

    def release(self) -> None:
        """Let go of it; what no later run could use is removed."""
        with suppress(OSError):
            if not self._is_published and self._is_useless() and _is_at(self.fd, self._path):
                self.discard()
        os.close(self.fd)

    def _is_useless(self) -> bool:
        return self.note is None or self.size == 0

    def _write_note(self, note: ResumeInfo) -> None:
        new = f"{self._path}.json.new"
        fd = _open_new(new)
        try:
            PartialFile(fd).append(note.dump())
            os.fsync(fd)
        finally:
            os.close(fd)
        os.rename(new, f"{self._path}.json")

    def _remove_note(self) -> None:
        for name in (f"{self._path}.json", f"{self._path}.json.new"):
            with suppress(FileNotFoundError):
                os.unlink(name)


def remove_stale_part(path: str) -> None:
    """Remove what a killed run left of a part whose file is complete, unless it is in use."""
    if not any(os.path.lexists(name) for name in (path, f"{path}.json")):
        return
    with suppress(OSError, _InUse):
        part = PartFile.opened(path, _refuse_to_wait)
        try:
            part.discard()
        finally:
            os.close(part.fd)


class _InUse(Exception):
    """Another process holds the lock."""


def _refuse_to_wait() -> None:
    raise _InUse


def _open_own(path: str) -> int:
    """Open a regular file of our own there; a link or a stranger's file gives way to a new one."""
    while True:
        with suppress(FileExistsError):
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _OPEN_SAFELY, 0o600)
        with suppress(FileNotFoundError):
            fd = _open_if_own(path)
            if fd is not None:
                return fd
            os.unlink(path)


def _open_if_own(path: str) -> int | None:
    try:
        fd = os.open(path, os.O_RDWR | _OPEN_SAFELY)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
        raise
    if _is_own(os.fstat(fd)):
        _allow(fd, 0o600)
        return fd
    os.close(fd)
    return None


def _open_new(path: str) -> int:
    """Open a new file there; what a killed run left gives way."""
    while True:
        with suppress(FileExistsError):
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN_SAFELY, 0o600)
        with suppress(FileNotFoundError):
            os.unlink(path)


def _allow(fd: int, mode: int) -> None:
    with suppress(PermissionError):  # some disks have no modes
        os.fchmod(fd, mode)


def _is_own(info: os.stat_result) -> bool:
    # With a second name it may be any file of ours that somebody linked here.
    return stat.S_ISREG(info.st_mode) and info.st_uid == os.geteuid() and info.st_nlink <= 1


def lock(
    fd: int, wait: Callable[[], None], flock: Callable[[int, int], None] = fcntl.flock
) -> None:
    """Lock an open file against other processes.

    Args:
        fd: The open file.
        wait: Called each time somebody else is found to hold the lock.
        flock: The system's own.

    Raises:
        OSError: It cannot be locked, though the disk has locks.
    """
    while True:
        try:
            flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            wait()
        except OSError as error:
            if error.errno in _CANNOT_LOCK:
                return
            raise
        else:
            return


def _is_at(fd: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False


def _read_note(path: str) -> ResumeInfo | None:
    try:
        fd = os.open(path, os.O_RDONLY | _OPEN_SAFELY)
    except OSError:
        return None
    with os.fdopen(fd, "rb") as file:
        return ResumeInfo.parse(file.read(_MAX_NOTE)) if _is_own(os.fstat(fd)) else None
