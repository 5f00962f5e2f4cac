"""The archive of tasks that are done."""

import errno
import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from kiecli.download.archive import Archive, parse
from kiecli.errors import SaveError, UsageError
from kiecli.system.path_syntax import WindowsPaths
from tests.support.fakes import FakeClock
from tests.support.systems import (
    make_named_pipe,
    needs_devices,
    needs_exact_path_errors,
    needs_links,
    needs_named_pipes,
)

A_FOLDER = "a folder with this name exists"
NO_FOLDER = "part of the path is a file, not a folder"
FREE_SPACE = "free some space, then run the line again"
DESCRIPTORS = "lower -j, or raise the limit with 'ulimit -n'"
OTHER = "give another file with --archive"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "done.txt"


def archive(path: Path) -> Archive:
    return Archive(str(path), FakeClock())


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("", {}),
        ("a\tsaved\t2026-09-21T14:13:20Z\n", {"a": "saved"}),
        ("a\tfailed\t2026-09-21T14:13:20Z\r\nb  saved", {"a": "failed", "b": "saved"}),
        ("\n  \n# a comment\n#a\n a \nb", {"a": "", "b": ""}),
        ("a saved by hand, b too\n", {"a": "saved"}),
    ],
)
def test_the_first_word_of_a_line_is_an_id(text: str, listed: dict[str, str]) -> None:
    assert parse(text) == listed


def test_what_was_added_is_listed(path: Path) -> None:
    done = archive(path)
    assert done.read() == {}
    done.check_writable()
    assert not path.exists()
    done.add("a", "saved")
    done.add("b", "failed")
    assert path.read_text() == "a\tsaved\t2026-09-21T14:13:20Z\nb\tfailed\t2026-09-21T14:13:20Z\n"
    assert done.read() == {"a": "saved", "b": "failed"}
    done.check_writable()


@needs_devices
def test_a_device_lists_nothing_and_takes_what_it_takes() -> None:
    null = Archive(os.devnull, FakeClock())
    null.check_writable()
    null.add("a", "saved")
    assert null.read() == {}


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_last_line_without_an_end_is_ended_first(path: Path, start: str) -> None:
    path.write_text(f"{start}mine", encoding="utf-8")
    archive(path).add("a", "saved")
    assert path.read_text(encoding="utf-8-sig").splitlines()[1] == "a\tsaved\t2026-09-21T14:13:20Z"
    assert list(archive(path).read()) == ["mine", "a"]


@pytest.mark.parametrize(
    ("name", "read", "written"),
    [
        pytest.param("folder", A_FOLDER, A_FOLDER, marks=needs_exact_path_errors),
        ("missing/done.txt", None, "no such file or directory"),
        pytest.param("file/done.txt", NO_FOLDER, NO_FOLDER, marks=needs_exact_path_errors),
    ],
)
def test_a_file_that_cannot_be_used_is_wrong_usage(
    tmp_path: Path, name: str, read: str | None, written: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    path = tmp_path / name
    if read is not None:
        with pytest.raises(UsageError) as refused:
            archive(path).read()
        assert refused.value.message == f"--archive {path} cannot be read: {read}"
    with pytest.raises(UsageError) as refused:
        archive(path).check_writable()
    assert refused.value.message == f"--archive {path} cannot be written: {written}"


@needs_named_pipes
def test_a_pipe_is_refused_as_it_never_ends_and_keeps_nothing(path: Path) -> None:
    make_named_pipe(path)
    with pytest.raises(UsageError, match="cannot be read: it is not a regular file"):
        archive(path).read()


@needs_links
@pytest.mark.parametrize(("leads_to", "missing"), [("real.txt", ""), ("no/real.txt", "no such")])
def test_a_link_is_judged_by_where_it_leads(path: Path, leads_to: str, missing: str) -> None:
    path.symlink_to(leads_to)
    with pytest.raises(UsageError, match=missing) if missing else nullcontext():
        archive(path).check_writable()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_list_in_utf_16_is_wrong_usage(path: Path, encoding: str, start: str) -> None:
    path.write_bytes(f"{start}a\tsaved\r\n".encode(encoding))
    with pytest.raises(UsageError) as refused:
        archive(path).read()
    assert (refused.value.message, refused.value.hint) == (
        f"--archive {path} cannot be read: it is not UTF-8 but probably UTF-16",
        "convert it to UTF-8, or give another file",
    )


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_a_list_that_begins_as_utf_16_is_wrong_usage_too(path: Path, mark: bytes) -> None:
    path.write_bytes(mark)
    with pytest.raises(UsageError, match="probably UTF-16"):
        archive(path).read()


class Refusing:
    """A disk that answers each line with an error."""

    def __init__(self, number: int) -> None:
        self._number = number

    def append_line(self, *_arguments: object) -> None:
        raise OSError(self._number, os.strerror(self._number))


class Locked:
    """A disk on which somebody holds the lock for ever."""

    def append_line(self, _path: str, _line: bytes, wait: Callable[[], None]) -> None:
        while True:
            wait()


@pytest.mark.parametrize(
    ("disk", "reason", "hint", "seconds"),
    [
        (Refusing(errno.ENOSPC), "the disk is full", FREE_SPACE, 0),
        (Refusing(errno.EMFILE), "too many open files", DESCRIPTORS, 0),
        (
            Refusing(errno.EFBIG),
            "the file is larger than the disk or 'ulimit -f' allows",
            f"raise the limit with 'ulimit -f', or {OTHER}",
            0,
        ),
        (Refusing(errno.EACCES), "permission denied", OTHER, 0),
        (Refusing(errno.EIO), "input/output error", "", 0),
        (Locked(), "another program holds its lock", "", 10),
    ],
)
def test_a_line_that_cannot_be_written_is_an_error_of_saving(
    disk: Any, reason: str, hint: str, seconds: float
) -> None:
    clock = FakeClock()
    with pytest.raises(SaveError) as raised:
        Archive("done.txt", clock, disk).add("a", "saved")
    assert (raised.value.message, raised.value.hint) == (
        f"could not add a to done.txt: {reason}",
        hint,
    )
    assert seconds <= clock.now() < seconds + 1


def test_a_device_of_windows_is_no_archive_there() -> None:
    with pytest.raises(UsageError) as refused:
        Archive("out/nul", FakeClock(), syntax=WindowsPaths())
    assert refused.value.message == "--archive out/nul: nul is a device on Windows"
