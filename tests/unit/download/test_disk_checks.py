"""Room on a disk and a folder that takes files, asked for before the first byte."""

from pathlib import Path
from typing import NamedTuple

import pytest

from kiecli.download.disk_checks import DiskSpace, disk_usage, ensure_writable
from kiecli.errors import FolderNotWritable, SaveError, UsageError
from tests.support.fakes import FakeClock
from tests.support.systems import needs_links, needs_proc

MB = 1_000_000


class Usage(NamedTuple):
    total: int
    free: int


class Growing:
    def __init__(self, size: int = 0, folder: str = ".") -> None:
        self.size = size
        self.folder = folder


def space(free: int, total: int = 1000 * MB) -> DiskSpace:
    return DiskSpace(lambda _folder: Usage(total, free))


def reserve(disk: DiskSpace, file: Growing, length: int) -> str:
    """Reserve room, and return why there is none."""
    try:
        disk.reserve(file, length, "a.mp4")
    except SaveError as error:
        return error.message
    return ""


NO_ROOM = "could not save a.mp4: it needs 100.0 MB, and the disk has 20.0 MB free"


@pytest.mark.parametrize(
    ("free", "there", "message"),
    [
        (100 * MB, 0, ""),
        (20 * MB, 0, NO_ROOM),
        # What is there already needs no more room.
        (20 * MB, 80 * MB, ""),
        (20 * MB, 79 * MB, NO_ROOM.replace("100.0", "21.0")),
        (0, 0, NO_ROOM.replace("20.0 MB", "0 B")),
    ],
)
def test_a_file_is_begun_only_where_there_is_room(free: int, there: int, message: str) -> None:
    assert reserve(space(free), Growing(there), 100 * MB) == message


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


def test_a_disk_with_much_room_is_asked_once_for_many_files() -> None:
    asked = []

    def usage(folder: str) -> Usage:
        asked.append(folder)
        return Usage(1000 * MB, 500 * MB)

    disk = DiskSpace(usage, FakeClock().now)
    found = [(reserve(disk, Growing(), 100 * MB), len(asked)) for _ in range(6)]
    no_room = (
        "could not save a.mp4: it needs 100.0 MB, and the disk has 500.0 MB free,"
        " 500.0 MB of it for other files of this run"
    )
    assert found == [("", 1), ("", 1), ("", 1), ("", 1), ("", 2), (no_room, 3)]


@needs_proc
def test_files_on_another_disk_take_no_room_on_this_one(tmp_path: Path) -> None:
    disk, beside = space(150 * MB), tmp_path / "beside"
    beside.mkdir()
    assert reserve(disk, Growing(folder="/proc"), 100 * MB) == ""
    assert reserve(disk, Growing(folder=str(tmp_path)), 100 * MB) == ""
    assert "100.0 MB of it for other files" in reserve(disk, Growing(folder=str(beside)), 100 * MB)


def test_a_disk_is_asked_again_after_a_second_since_others_fill_it_too() -> None:
    clock, free = FakeClock(), [1000 * MB]
    disk = DiskSpace(lambda _folder: Usage(1000 * MB, free[0]), clock.now)
    assert reserve(disk, Growing(), 1 * MB) == ""
    free[0] = 1 * MB
    clock.advance(1.0)
    assert reserve(disk, Growing(), 50 * MB) == ""
    clock.advance(0.1)
    no_room = (
        "could not save a.mp4: it needs 50.0 MB, and the disk has 1.0 MB free,"
        " 51.0 MB of it for other files of this run"
    )
    assert reserve(disk, Growing(), 50 * MB) == no_room


def test_a_file_that_needs_no_more_room_always_has_it() -> None:
    clock, free = FakeClock(), [100 * MB]
    disk = DiskSpace(lambda _folder: Usage(1000 * MB, free[0]), clock.now)
    assert reserve(disk, Growing(), 100 * MB) == ""
    free[0] = 0
    clock.advance(2)
    assert reserve(disk, Growing(100 * MB), 100 * MB) == ""


def test_a_disk_that_reports_no_size_at_all_is_not_full() -> None:
    assert reserve(space(0, total=0), Growing(), 100 * MB) == ""


def test_a_disk_that_reports_nothing_is_left_to_show_it_by_writing() -> None:
    def broken(_folder: str) -> Usage:
        raise OSError

    assert reserve(DiskSpace(broken), Growing(), 100 * MB) == ""


def test_the_system_tells_the_room_of_a_disk() -> None:
    assert disk_usage(".").total > disk_usage(".").free > 0


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "out",
        "out/deep",
        "out/new/deep/",
        pytest.param("link", marks=needs_links),
        pytest.param("link/new", marks=needs_links),
    ],
)
def test_a_folder_is_tried_without_being_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    if name.startswith("link"):
        (tmp_path / "link").symlink_to("out")
    before = sorted(tmp_path.rglob("*"))
    ensure_writable(name)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["file", "file/out", pytest.param("dangling", marks=needs_links)])
def test_a_file_in_the_folder_s_place_is_wrong_usage(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(UsageError) as raised:
        ensure_writable(str(tmp_path / name))
    assert raised.value.message == f"--dir {tmp_path / name} is not a folder"


@needs_links
def test_what_killed_runs_have_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".kiecli-4711.tmp").touch()
    (tmp_path / ".kiecli-0a1b2c3d.tmp").touch()
    (tmp_path / ".kiecli-folder.tmp").mkdir()
    (tmp_path / ".kiecli-link.tmp").symlink_to("nowhere")
    (tmp_path / ".kiecli-full.tmp").write_text("not ours")
    (tmp_path / ".kiecli-").touch()
    ensure_writable(str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".kiecli-",
        ".kiecli-folder.tmp",
        ".kiecli-full.tmp",
        ".kiecli-link.tmp",
    ]


@needs_proc
def test_a_folder_that_takes_no_files_is_an_error_of_saving() -> None:
    with pytest.raises(FolderNotWritable) as raised:
        ensure_writable("/proc/self")
    assert raised.value.message.startswith("could not save into /proc/self: ")
