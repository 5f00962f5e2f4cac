"""The errors of a disk, in one line each."""

import errno
import os
from pathlib import Path

import pytest

from kiecli.download.disk_errors import disk_error, disk_full, unreadable
from tests.support.systems import WINDOWS

ROOM = "free some space, then run the line again"
DESCRIPTORS = "lower -j, or raise the limit with 'ulimit -n'"
ELSEWHERE = "choose another folder with -d"


@pytest.mark.parametrize(
    ("number", "message", "hint"),
    [
        (errno.ENOSPC, "could not save a.png: the disk is full", ROOM),
        (errno.EDQUOT, "could not save a.png: the disk quota is used up", ROOM),
        (
            errno.EFBIG,
            "could not save a.png: the file is larger than the disk or 'ulimit -f' allows",
            f"raise the limit with 'ulimit -f', or {ELSEWHERE}",
        ),
        (errno.EROFS, "could not save a.png: the disk is read-only", ELSEWHERE),
        (errno.EACCES, "could not save a.png: permission denied", ELSEWHERE),
        (errno.EPERM, "could not save a.png: permission denied", ELSEWHERE),
        (
            errno.ENAMETOOLONG,
            "could not save a.png: the name is too long for this disk",
            "choose a shorter one with -o",
        ),
        (
            errno.ENOTDIR,
            "could not save a.png: part of the path is a file, not a folder",
            ELSEWHERE,
        ),
        (
            errno.EEXIST,
            "could not save a.png: part of the path is a file, not a folder",
            ELSEWHERE,
        ),
        (
            errno.EISDIR,
            "could not save a.png: a folder with this name exists",
            "choose another name with -o",
        ),
        (errno.EMFILE, "could not save a.png: too many open files", DESCRIPTORS),
        (errno.ENFILE, "could not save a.png: too many open files", DESCRIPTORS),
        (errno.EIO, "could not save a.png: input/output error", ""),
    ],
)
def test_an_error_of_the_disk_is_one_clear_line(number: int, message: str, hint: str) -> None:
    error = disk_error("a.png", OSError(number, os.strerror(number)))
    assert (error.message, error.hint, error.temporary) == (message, hint, False)


@pytest.mark.parametrize("number", [errno.EISDIR, errno.EACCES, errno.EPERM])
@pytest.mark.parametrize(
    ("name", "is_named"),
    [(".part", True), (".part.json", True), (".txt", True), ("", False), (".missing", False)],
)
def test_what_is_in_the_way_beside_the_file_is_named(
    tmp_path: Path, number: int, name: str, is_named: bool
) -> None:
    path = str(tmp_path / "a.png")
    there = f"{path}{name}"
    if name != ".missing":
        Path(there).mkdir()
    reason = disk_error(path, OSError(number, "")).message
    end = f": {there}" if is_named else ""
    assert disk_error(path, OSError(number, "", there)).message == f"{reason}{end}"
    assert disk_error(path, OSError(number, "", "x", None, there)).message == f"{reason}{end}"


def test_a_name_beside_the_file_says_nothing_of_other_errors(tmp_path: Path) -> None:
    error = disk_error(str(tmp_path / "a"), OSError(errno.EMFILE, "", str(tmp_path)))
    assert error.message == f"could not save {tmp_path / 'a'}: too many open files"


@pytest.mark.parametrize(
    ("number", "helps"),
    [
        (errno.EACCES, WINDOWS),
        (errno.EPERM, WINDOWS),
        (errno.EROFS, False),
        (errno.EISDIR, False),
        (errno.ENOSPC, True),
        (errno.EIO, True),
    ],
)
def test_running_again_helps_where_the_same_path_can_be_written_later(
    number: int, helps: bool
) -> None:
    assert disk_error("a", OSError(number, "")).rerun_helps is helps


@pytest.mark.parametrize(("name", "named"), [("a", ""), (None, ""), ("a.json", " a.json")])
def test_an_existing_file_that_cannot_be_read_is_told_apart(name: str | None, named: str) -> None:
    error = unreadable("a", PermissionError(errno.EACCES, "", name))
    assert (error.message, error.hint, error.rerun_helps) == (
        f"could not save a: the existing file{named} cannot be read: permission denied",
        "replace it with --overwrite, or choose another name with -o",
        WINDOWS,
    )


@pytest.mark.parametrize(
    ("resumable", "hint"), [(False, ROOM), (True, f"{ROOM}; it continues where it stopped")]
)
def test_a_full_disk_is_told_with_what_is_left_of_the_file(resumable: bool, hint: str) -> None:
    error = disk_full("a.png", OSError(errno.ENOSPC, "full"), resumable=resumable)
    assert (error.message, error.hint) == ("could not save a.png: the disk is full", hint)


def test_an_error_without_a_number_is_named_by_its_kind() -> None:
    assert disk_error("a.png", TimeoutError()).message == "could not save a.png: TimeoutError"
