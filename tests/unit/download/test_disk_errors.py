"""The errors of a disk, in one line each."""

import errno
import os

import pytest

from kiecli.download.disk_errors import disk_error, disk_full

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
            ELSEWHERE,
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


@pytest.mark.parametrize(
    ("resumable", "hint"), [(False, ROOM), (True, f"{ROOM}; it continues where it stopped")]
)
def test_a_full_disk_is_told_with_what_is_left_of_the_file(resumable: bool, hint: str) -> None:
    error = disk_full("a.png", OSError(errno.ENOSPC, "full"), resumable=resumable)
    assert (error.message, error.hint) == ("could not save a.png: the disk is full", hint)


def test_an_error_without_a_number_is_named_by_its_kind() -> None:
    assert disk_error("a.png", TimeoutError()).message == "could not save a.png: timeouterror"
