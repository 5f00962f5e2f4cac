"""The POSIX form of reading and replacing the config file, safe from crashes and parallel runs."""

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# A disk that has no modes, locks or flushing (network folders, FUSE, VFAT) is good enough.
_UNSUPPORTED = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EPERM}

UNNAMED = getattr(os, "O_TMPFILE", 0)
"""Linux's flag for a file without a name, 0 elsewhere."""

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def read(path: Path, max_size: int) -> bytes:
    """Return the first `max_size` bytes of the file.

    Raises:
        OSError: It cannot be read, or is missing.
    """
    # Without O_NONBLOCK a named pipe in the file's place would block us for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(descriptor, max_size)
    finally:
        os.close(descriptor)


def is_exposed(path: Path) -> bool:
    """Return whether anybody but the owner may do anything with the file."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o077)


@contextmanager
def exclusive(target: Path, flock: Callable[[int, int], None] = fcntl.flock) -> Iterator[None]:
    """Make other processes wait before they change the file, and remove what a kill left.

    The folder is locked, not the file, which is replaced under the lock. Where folders cannot be
    locked (NFS and SMB, often), nobody waits.

    Args:
        target: The file.
        flock: The system's own.
    """
    # Not above: most runs only read the file.
    from kiecli.config.leftovers import remove_leftovers

    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            flock(descriptor, fcntl.LOCK_EX)
            remove_leftovers(target)  # only here: nobody else can be using one
        yield
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder and those above it, for their owner only, whatever the umask is."""
    # Each by itself: `mkdir -p` gives its mode to the last one only.
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(0o700, exist_ok=True)
        with where_supported():
            place.chmod(0o700)


def replace(target: Path, content: bytes, *, unnamed: int = UNNAMED) -> None:
    """Replace the file in one step: a reader finds the old one or the new one, whole.

    Args:
        target: The file, whose folder is there.
        content: All that it is to hold.
        unnamed: The flag that opens a file without a name; 0 where the system has none.

    Raises:
        OSError: It cannot be written; the old file is still there.
    """
    from kiecli.config.leftovers import temporary_path

    fresh = temporary_path(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if not (unnamed and _written_unnamed(fresh, content, folder, unnamed)):
            _write(os.open(fresh, _NEW_FILE, 0o600), content)
        fresh.replace(target)
        with where_supported():
            os.fsync(folder)
    finally:
        os.close(folder)
        fresh.unlink(missing_ok=True)


def _written_unnamed(fresh: Path, content: bytes, folder: int, unnamed: int) -> bool:
    """Write a file that gets its name only once it is whole; return whether that worked.

    The content may be the key: a kill in the middle of writing must not leave it behind.
    """
    with suppress(OSError):  # the disk cannot do it, or there is no /proc
        descriptor = os.open(fresh.parent, os.O_WRONLY | os.O_CLOEXEC | unnamed, 0o600)
        # With a folder given, the link is made to what /proc's link leads to: see linkat(2).
        path = f"/proc/self/fd/{descriptor}"
        _write(descriptor, content, lambda: os.link(path, fresh, src_dir_fd=folder))
        return True
    return False


def _write(descriptor: int, content: bytes, finish: Callable[[], None] = lambda: None) -> None:
    with os.fdopen(descriptor, "wb") as file:
        with where_supported():
            os.fchmod(descriptor, 0o600)  # the umask may have taken even the owner's rights
        file.write(content)
        file.flush()
        with where_supported():
            os.fsync(descriptor)
        finish()


@contextmanager
def where_supported() -> Iterator[None]:
    """Ignore that the disk does not know a call; any other error is raised, EIO above all."""
    try:
        yield
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
