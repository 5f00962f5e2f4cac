"""Room on a disk, asked for before the first byte."""

from typing import NamedTuple

import pytest

from kiecli.download.disk_space import DiskSpace, disk_usage
from kiecli.errors import SaveError

MB = 1_000_000


class Usage(NamedTuple):
    total: int
    free: int


class Growing:
    def __init__(self, size: int = 0) -> None:
        self.size = size


def space(free: int, total: int = 1000 * MB) -> DiskSpace:
    return DiskSpace(lambda _folder: Usage(total, free))


def reserve(disk: DiskSpace, file: Growing, length: int) -> str:
    """Reserve room, and return why there is none."""
    try:
        disk.reserve(file, length, path="a.mp4", folder=".")
    except SaveError as error:
        return error.message
    return ""


NO_ROOM = "could not save a.mp4: it needs 100.0 MB, and the disk has 20.0 MB free"


@pytest.mark.parametrize(
    ("free", "have", "message"),
    [
        (100 * MB, 0, ""),
        (20 * MB, 0, NO_ROOM),
        # What is there already needs no more room.
        (20 * MB, 80 * MB, ""),
        (20 * MB, 79 * MB, NO_ROOM.replace("100.0", "21.0")),
        (0, 0, NO_ROOM.replace("20.0 MB", "0 B")),
    ],
)
def test_a_file_is_begun_only_where_there_is_room(free: int, have: int, message: str) -> None:
    assert reserve(space(free), Growing(have), 100 * MB) == message


def test_the_other_files_of_the_run_count_with_what_they_still_need() -> None:
    disk, first = space(150 * MB), Growing()
    assert reserve(disk, first, 100 * MB) == ""
    assert reserve(disk, Growing(), 100 * MB) == (
        "could not save a.mp4: it needs 100.0 MB, and the disk has 150.0 MB free,"
        " 100.0 MB of it for other files of this run"
    )
    assert reserve(disk, first, 150 * MB) == ""  # it is asked again after each retry
    first.size = 110 * MB
    assert reserve(disk, Growing(), 100 * MB) == ""
    disk.release(first)
    assert reserve(disk, Growing(), 50 * MB) == ""


def test_a_disk_that_reports_no_size_at_all_is_not_full() -> None:
    assert reserve(space(0, total=0), Growing(), 100 * MB) == ""


def test_a_disk_that_reports_nothing_is_left_to_show_it_by_writing() -> None:
    def broken(_folder: str) -> Usage:
        raise OSError

    assert reserve(DiskSpace(broken), Growing(), 100 * MB) == ""


def test_the_system_tells_the_room_of_a_disk() -> None:
    assert disk_usage(".").total > disk_usage(".").free > 0
