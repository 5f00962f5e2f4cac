"""The POSIX form of the disk: disks that lack something, and inodes that are not stable."""

import errno
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kiecli.system.disk_interface import PartReplaced
from kiecli.system.posix_calls import PosixCalls
from kiecli.system.posix_disk import LockedPosixFile, PosixDisk


def never() -> None:
    raise AssertionError("nobody holds the lock")


def refusing(number: int) -> Callable[..., None]:
    """Return a system call that always fails."""

    def refuse(*_arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def disk_with(**calls: Callable[..., Any]) -> PosixDisk:
    return PosixDisk(PosixCalls(**calls))


def publish(disk: PosixDisk, path: Path, *, replace: bool = True) -> None:
    file = disk.open_locked(str(path), never)
    try:
        file.write_all(b"bytes")
        file.publish(str(path.with_suffix("")), replace=replace)
    finally:
        file.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.part"


# ENOTSUP and EOPNOTSUPP are one number on Linux.
UNSUPPORTED = sorted({errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


@pytest.mark.parametrize("number", UNSUPPORTED)
def test_a_disk_without_locks_or_fsync_can_be_saved_to(path: Path, number: int) -> None:
    refuse = refusing(number)
    publish(disk_with(flock=refuse, fsync=refuse), path)
    assert path.with_suffix("").read_bytes() == b"bytes"


def test_a_lock_server_that_is_down_is_no_obstacle(path: Path) -> None:
    publish(disk_with(flock=refusing(errno.ENOLCK)), path)
    assert path.with_suffix("").read_bytes() == b"bytes"


@pytest.mark.parametrize("call", ["flock", "fsync", "link"])
def test_an_error_of_the_disk_itself_is_never_accepted(path: Path, call: str) -> None:
    disk = disk_with(**{call: refusing(errno.EIO)})
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        publish(disk, path, replace=False)
    assert [found.name for found in path.parent.iterdir()] == ["a.part"]


@pytest.mark.parametrize("number", [*UNSUPPORTED, errno.EPERM])
def test_a_disk_without_links_renames_after_a_last_look(path: Path, number: int) -> None:
    disk = disk_with(link=refusing(number))
    publish(disk, path, replace=False)
    with pytest.raises(FileExistsError):
        publish(disk, path, replace=False)
    assert path.with_suffix("").read_bytes() == b"bytes"


@pytest.mark.parametrize("other", [None, b"other"])
def test_only_the_file_that_was_written_is_published(path: Path, other: bytes | None) -> None:
    file = PosixDisk().open_locked(str(path), never)
    file.write_all(b"bytes")
    path.unlink()
    if other is not None:
        path.write_bytes(other)
    with pytest.raises(PartReplaced):
        file.publish(str(path.with_suffix("")), replace=True)
    file.close()
    assert {found.name: found.read_bytes() for found in path.parent.iterdir()} == (
        {} if other is None else {"a.part": other}
    )


def opened_without_inodes(path: Path) -> LockedPosixFile:
    """Open a file on a disk that gives it another inode each time."""
    inodes = itertools.count(1)

    def fstat(fd: int) -> os.stat_result:
        info = list(os.fstat(fd))
        info[1] = next(inodes)
        return os.stat_result(info)

    return disk_with(fstat=fstat).open_locked(str(path), never)


def test_without_stable_inodes_size_and_last_bytes_tell_the_file(path: Path) -> None:
    file = opened_without_inodes(path)
    file.write_all(bytes(100_000) + b"end")
    file.publish(str(path.with_suffix("")), replace=True)
    file.close()
    assert path.with_suffix("").read_bytes() == bytes(100_000) + b"end"


@pytest.mark.parametrize("other", [b"longer than it", b"other", None])
def test_without_stable_inodes_another_file_is_told_too(path: Path, other: bytes | None) -> None:
    file = opened_without_inodes(path)
    file.write_all(b"bytes")
    path.unlink()
    if other is None:
        path.symlink_to("elsewhere")
    else:
        path.write_bytes(other)
    with pytest.raises(PartReplaced):
        file.publish(str(path.with_suffix("")), replace=True)
    file.close()


def test_a_part_that_has_its_final_name_already_is_not_written_into(path: Path) -> None:
    """Whoever links it is killed before the part's own name is removed."""
    disk = PosixDisk()
    killed = disk.open_locked(str(path), never)
    killed.write_all(b"complete")

    def die() -> None:
        path.with_suffix("").hardlink_to(path)
        killed.close()

    file = disk.open_locked(str(path), die)
    file.write_all(b"part")
    file.close()
    assert (path.read_bytes(), path.with_suffix("").read_bytes()) == (b"part", b"complete")
