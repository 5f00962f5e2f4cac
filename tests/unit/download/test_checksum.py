"""The SHA-256 of a growing file, with and without a thread of its own."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator

import pytest

from kiecli.download.checksum import BackgroundSHA256, IncrementalSHA256
from kiecli.download.part_file import PartialFile
from kiecli.system.disk_interface import OpenFile
from kiecli.system.system_disk import SYSTEM_DISK

MIB = 1024 * 1024


@pytest.fixture
def temporary() -> Iterator[OpenFile]:
    file = SYSTEM_DISK.open_temporary()
    yield file
    file.close()


def no_threads(_run: Callable[[], None]) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("size", [1, 4 * MIB - 1, 9 * MIB + 5])
@pytest.mark.parametrize("options", [{}, {"start": no_threads}], ids=["threads", "none"])
def test_a_checksum_follows_a_growing_file(
    temporary: OpenFile, size: int, options: dict[str, Callable[[Callable[[], None]], None]]
) -> None:
    right = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    running = BackgroundSHA256(temporary, **options)
    PartialFile(temporary, ".").append(right)
    running.reached(size // 2)
    running.restart()
    running.reached(size)
    assert running.result(size) == hashlib.sha256(right).hexdigest()


def test_a_sum_starts_again_with_the_file(temporary: OpenFile) -> None:
    growing = IncrementalSHA256(temporary)
    partial = PartialFile(temporary, ".")
    partial.append(b"wrong")
    growing.update_to(5)
    partial.reset(None)
    growing.update_to(7)  # the bytes have gone by now
    growing.update_to(0)
    partial.append(b"right one")
    growing.update_to(5)
    growing.update_to(9)
    assert growing.hexdigest() == hashlib.sha256(b"right one").hexdigest()


class Unreadable:
    """A file whose disk has an error."""

    def __init__(self, *, can_duplicate: bool) -> None:
        self._can_duplicate = can_duplicate

    def duplicate(self) -> "Unreadable":
        if not self._can_duplicate:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return self

    def read_into(self, _buffer: memoryview, _offset: int) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def close(self) -> None:
        """Hold nothing."""


@pytest.mark.parametrize("can_duplicate", [True, False])
def test_a_file_that_cannot_be_read_has_no_checksum(can_duplicate: bool) -> None:
    running = BackgroundSHA256(Unreadable(can_duplicate=can_duplicate))
    running.reached(5 * MIB)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        running.result(5 * MIB)
    running.stop()
