"""The archive of finished tasks on disks that fail, and with locks that stay."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kiecli.disk.posix_calls import PosixCalls
from kiecli.disk.posix_disk import PosixDisk
from kiecli.download.archive import Archive
from kiecli.errors import SaveError
from tests.support.fakes import FakeClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "done.txt"


def refusing(number: int) -> Callable[..., None]:
    def refuse(*_arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def test_a_line_that_cannot_be_written_is_an_error_of_saving(path: Path) -> None:
    disk = PosixDisk(PosixCalls(fsync=refusing(errno.ENOSPC)))
    with pytest.raises(SaveError) as raised:
        Archive(str(path), FakeClock(), disk).add("a", "saved")
    assert (raised.value.message, raised.value.hint) == (
        f"could not add a to {path}: the disk is full",
        "free some space, then run the line again",
    )


def test_a_lock_that_is_never_let_go_is_waited_for_only_so_long(path: Path) -> None:
    def held(*_arguments: object) -> None:
        raise BlockingIOError

    clock = FakeClock()
    with pytest.raises(SaveError) as raised:
        Archive(str(path), clock, PosixDisk(PosixCalls(flock=held))).add("a", "saved")
    assert raised.value.message.endswith(": another program holds its lock")
    assert 10 <= clock.now() < 11
