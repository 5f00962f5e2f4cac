"""The Windows form of reading and replacing the config file: used on Windows only.

The permissions of the profile folder that it is in say who may read it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiecli.clock import Clock, SystemClock
from kiecli.system.windows_calls import (
    WindowsCalls,
    lock_path,
    open_file,
    open_lock,
    release_lock,
    sync,
)

_LOCK_PAUSE = 0.05  # seconds between two attempts to lock; Ctrl-C ends a sleep, not a lock


def read(path: Path, max_size: int) -> bytes:
    """Return the first `max_size` bytes of the file.

    Raises:
        OSError: It cannot be read, or is missing.
    """
    with os.fdopen(open_file(str(path), os.O_RDONLY), "rb") as file:
        return file.read(max_size)


def is_exposed(_path: Path) -> bool:
    """Return False: modes mean nothing here."""
    return False


@contextmanager
def exclusive(target: Path, clock: Clock | None = None) -> Iterator[None]:
    """Make other processes wait before they change the file, and remove what a kill left.

    Args:
        target: The file.
        clock: Waits for the lock.
    """
    # Not above: most runs only read the file.
    from kiecli.config.leftovers import remove_leftovers

    # A file of its own: Windows locks no folders, and the config file itself is to be replaced.
    lock, clock = lock_path(str(target)), clock or SystemClock()
    while (descriptor := open_lock(lock)) is None:
        clock.sleep(_LOCK_PAUSE)
    try:
        remove_leftovers(target)
        yield
    finally:
        release_lock(descriptor, lock)


def make_folder(folder: Path) -> None:
    """Create a folder and those above it."""
    folder.mkdir(parents=True, exist_ok=True)


def replace(target: Path, content: bytes, *, calls: WindowsCalls | None = None) -> None:
    """Replace the file in one step: a reader finds the old one or the new one, whole.

    Args:
        target: The file, whose folder is there.
        content: All that it is to hold.
        calls: Renames it.

    Raises:
        OSError: It cannot be written; the old file is still there.
    """
    from kiecli.config.leftovers import temporary_path

    fresh = temporary_path(target)
    try:
        with fresh.open("xb") as file:
            file.write(content)
            file.flush()
            sync(file.fileno())
        (calls or WindowsCalls()).rename(str(fresh), str(target), replace=True)
    finally:
        fresh.unlink(missing_ok=True)
