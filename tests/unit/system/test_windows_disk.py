"""The Windows form of the disk: programs that hold files open, locks, threads."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kiecli.system.disk_interface import PartReplaced
from kiecli.system.windows_calls import (
    WindowsCalls,
    append_line,
    flush_error,
    lock_path,
    open_lock,
    release_lock,
    sync,
)
from kiecli.system.windows_disk import LockedWindowsFile, WindowsDisk
from tests.support.fakes import FakeClock


def never() -> None:
    raise AssertionError("nobody holds the lock")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.part"


def opened(path: Path, calls: WindowsCalls | None = None) -> LockedWindowsFile:
    file = WindowsDisk(calls).open_locked(str(path), never)
    file.write_at([b"bytes"], 0)
    return file


def names(path: Path) -> list[str]:
    return sorted(found.name for found in path.parent.iterdir())


def refusing(number: int, times: int) -> Callable[[str, str], None]:
    """Return an `os.replace` that Windows refuses a few times."""
    left = [PermissionError(0, "refused", "a", number) for _ in range(times)]

    def replace(path: str, target: str) -> None:
        if left:
            raise left.pop()
        Path(path).replace(target)

    return replace


@pytest.mark.parametrize("number", [5, 32, 33])
def test_a_virus_scanner_is_waited_for(path: Path, number: int) -> None:
    clock = FakeClock()
    file = opened(path, WindowsCalls(clock, refusing(number, 5)))
    file.publish(str(path.with_name("a")), replace=True)
    file.close()
    assert (names(path), round(clock.now(), 2)) == (["a"], 0.25)


@pytest.mark.parametrize(
    ("number", "there", "message"),
    [
        (32, False, "a program holds it open"),
        (33, False, "a program holds it open"),
        (5, True, "a program holds it open"),
        (5, False, "refused"),
    ],
)
def test_who_holds_it_longer_is_named_and_the_part_stays(
    path: Path, number: int, there: bool, message: str
) -> None:
    clock = FakeClock()
    if there:
        path.with_name("a").write_bytes(b"old")
    file = opened(path, WindowsCalls(clock, refusing(number, 999)))
    with pytest.raises(OSError, match=message):
        file.publish(str(path.with_name("a")), replace=True)
    assert file.is_at_path()
    file.close()
    assert (names(path), 1.9 < clock.now() < 2.1) == (
        ["a", "a.part"] if there else ["a.part"],
        True,
    )


def test_a_target_that_is_really_open_is_named(path: Path) -> None:
    path.with_name("a").write_bytes(b"old")
    file = opened(path, WindowsCalls(FakeClock()))
    with path.with_name("a").open("rb"), pytest.raises(OSError, match="a program holds it open"):
        file.publish(str(path.with_name("a")), replace=True)
    file.close()


def test_an_open_file_of_the_final_name_is_there_all_the_same(path: Path) -> None:
    path.with_name("a").write_bytes(b"old")
    file = opened(path, WindowsCalls(FakeClock()))
    with path.with_name("a").open("rb"), pytest.raises(FileExistsError):
        file.publish(str(path.with_name("a")), replace=False)
    file.close()


def test_only_the_file_that_was_written_is_published(path: Path) -> None:
    file = opened(path)
    file.remove()
    path.write_bytes(b"other")
    assert not file.is_at_path()
    with pytest.raises(PartReplaced):
        file.publish(str(path.with_name("a")), replace=True)
    path.unlink()
    assert not file.is_at_path()
    path.with_name("b").write_bytes(b"bytes")
    path.hardlink_to(path.with_name("b"))
    assert not file.is_at_path()
    file.close()
    assert names(path) == ["a.part", "b"]


def test_a_file_with_the_same_size_and_last_bytes_is_the_same(path: Path) -> None:
    file = opened(path)
    file.remove()
    path.write_bytes(b"bytes")
    assert file.is_at_path()
    path.unlink()
    path.mkdir()
    assert not file.is_at_path()
    file.close()


def test_a_duplicate_of_a_closed_file_reads_nothing(path: Path) -> None:
    file = opened(path)
    duplicate = file.duplicate()
    file.close()
    duplicate.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        duplicate.duplicate().read_into(memoryview(bytearray(9)), 0)


def test_the_last_one_to_leave_removes_the_lock(path: Path) -> None:
    file = opened(path)
    with path.with_name("a.part.lock").open("rb"):
        file.close()
        assert names(path) == ["a.part", "a.part.lock"]
    opened(path).close()
    assert names(path) == ["a.part"]


def test_a_folder_in_the_place_of_a_lock_is_the_disk_s_own_error(path: Path) -> None:
    path.with_name("a.part.lock").mkdir()
    with pytest.raises(IsADirectoryError):
        opened(path)


def test_a_name_that_is_too_long_is_told_from_a_missing_folder(path: Path) -> None:
    with pytest.raises(OSError, match=r"File ?name too long") as raised:
        opened(path.with_name("x" * 300))
    assert raised.value.errno == errno.ENAMETOOLONG
    with pytest.raises(FileNotFoundError):
        opened(path.parent / "missing" / ("x" * 300))


def refuse(_fd: int, _mode: int, _size: int) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize("number", [0, 1, 50])
def test_a_disk_without_locks_can_be_saved_to(path: Path, number: int) -> None:
    descriptor = open_lock(str(path), refuse, lambda _fd: number)
    assert descriptor is not None
    os.close(descriptor)


def test_any_other_refusal_to_lock_is_an_error(path: Path) -> None:
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        open_lock(str(path), refuse, lambda _fd: 1117)  # ERROR_IO_DEVICE
    path.unlink()  # it was closed


def test_a_held_lock_is_told(path: Path) -> None:
    first = open_lock(str(path))
    assert first is not None
    assert open_lock(str(path)) is None
    os.close(first)


def test_a_lock_that_has_just_become_free_is_taken(path: Path) -> None:
    first = open_lock(str(path), refuse)
    assert first is not None
    assert open_lock(str(path), refuse) is None
    os.close(first)


def test_bytes_that_cannot_be_flushed_are_an_error(path: Path) -> None:
    path.write_bytes(b"")
    descriptor = os.open(path, os.O_RDONLY)  # Windows flushes only what may be written
    with pytest.raises(OSError, match=r"Bad file descriptor|Permission denied"):
        sync(descriptor)
    os.close(descriptor)


@pytest.mark.parametrize("number", [0, 1, 50])
def test_a_disk_that_flushes_nothing_can_be_saved_to(path: Path, number: int) -> None:
    def fsync(_fd: int) -> None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    with path.open("wb") as file:
        sync(file.fileno(), fsync, lambda _fd: number)
        with pytest.raises(OSError, match="Bad file descriptor"):
            sync(file.fileno(), fsync, lambda _fd: 1117)  # ERROR_IO_DEVICE
        assert flush_error(file.fileno()) == 0


def test_a_line_is_added_when_the_lock_is_free(path: Path) -> None:
    held = open_lock(lock_path(str(path)))
    assert held is not None
    append_line(str(path), b"a\n", lambda: release_lock(held, lock_path(str(path))))
    assert (path.read_bytes(), names(path)) == (b"a\n", ["a.part"])
