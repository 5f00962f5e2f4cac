"""What a process holds: threads and sockets, to find what was left behind."""

import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


def open_sockets() -> int:
    """Return how many sockets this process has open; Windows does not tell, so 0 there."""
    return sum(map(_is_socket, range(1024)))


def _is_socket(descriptor: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:
        return False


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Fail when more threads or sockets are there after the block than before it.

    What a server of the tests holds must be made and closed on the same side.
    """
    before = (open_sockets(), threading.active_count())
    yield
    for _ in range(200):  # threads take a moment to end
        after = (open_sockets(), threading.active_count())
        if after <= before and after[1] <= before[1]:
            return
        time.sleep(0.01)
    raise AssertionError(f"sockets and threads were {before} and are {after}")
