"""The disk's troubles in one line each, and a folder tried before the first request."""

import errno
import os
from pathlib import Path

import pytest

from kiecli.download.disk import default_mode, disk_error, disk_full, ensure_writable
from kiecli.errors import FolderNotWritable, UsageError
from tests.support.systems import needs_links, needs_modes, needs_proc

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


@needs_modes
def test_the_mode_of_new_files_is_what_the_umask_leaves() -> None:
    before = os.umask(0o027)
    try:
        assert (oct(default_mode()), oct(os.umask(0o027))) == ("0o640", "0o27")
    finally:
        os.umask(before)
