"""The disk that kiecli saves on: the same guarantees on POSIX systems and on Windows."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiecli.system.disk_interface import LockedFile, reader
from kiecli.system.system_disk import SYSTEM_DISK
from tests.support.systems import limit, needs_process_limits


def never() -> None:
    raise AssertionError("nobody holds the lock")


class Busy(Exception):
    """Somebody holds the lock."""


def give_up() -> None:
    raise Busy


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.part"


@pytest.fixture
def file(path: Path) -> Iterator[LockedFile]:
    file = opened(path)
    yield file
    file.close()


def opened(path: Path, wait: Callable[[], None] = never) -> LockedFile:
    return SYSTEM_DISK.open_locked(str(path), wait)


def names(path: Path) -> list[str]:
    return sorted(found.name for found in path.parent.iterdir() if found.suffix != ".lock")


def test_bytes_are_read_and_written_at_offsets_with_no_position_between(file: LockedFile) -> None:
    assert file.write_at([b"abc\r\ndef\x1a"], 0) == 9
    assert file.write_at([b"X", b"", memoryview(b"Y")], 1) == 2
    buffer = bytearray(20)
    assert (file.read_into(memoryview(buffer), 2), bytes(buffer[:7])) == (7, b"Y\r\ndef\x1a")
    assert (file.read_into(memoryview(buffer), 9), file.size()) == (0, 9)


def test_a_truncated_file_is_empty_and_grows_again(file: LockedFile) -> None:
    file.write_at([b"abcdef"], 0)
    file.truncate()
    assert file.size() == 0
    file.write_at([b"x"], 0)
    file.sync()
    assert reader(file).read() == b"x"


def test_a_reader_has_a_position_of_its_own_and_leaves_the_file_open(file: LockedFile) -> None:
    file.write_at([b"0123456789"], 0)
    with reader(file) as one, reader(file) as other:
        assert (one.read(4), other.read(2)) == (b"0123", b"01")
        assert (one.seek(-1, 2), one.read(), one.read()) == (9, b"9", b"")
        assert (other.seek(3, 1), other.read(2), other.seek(1), other.read(1)) == (
            5,
            b"56",
            1,
            b"1",
        )
    assert file.size() == 10


def test_a_duplicate_reads_the_same_file(file: LockedFile) -> None:
    file.write_at([b"0123456789"], 0)
    other, buffer = file.duplicate(), bytearray(4)
    assert (other.read_into(memoryview(buffer), 3), bytes(buffer)) == (4, b"3456")
    other.close()
    assert (file.read_into(memoryview(buffer), 0), bytes(buffer)) == (4, b"0123")


def test_a_temporary_file_is_read_and_written_like_any_other() -> None:
    file = SYSTEM_DISK.open_temporary()
    file.write_at([b"a\nb"], 0)
    assert (file.size(), reader(file).read()) == (3, b"a\nb")
    file.close()


def test_the_lock_keeps_every_other_one_out_until_it_is_closed(path: Path) -> None:
    first = opened(path)
    with pytest.raises(Busy):
        opened(path, give_up)
    first.close()
    opened(path).close()


def test_who_waited_for_a_published_file_gets_a_new_one(path: Path) -> None:
    first = opened(path)
    first.write_at([b"complete"], 0)

    def publish() -> None:
        first.publish(str(path.with_name("a")), replace=True)
        first.close()

    second = opened(path, publish)
    assert (second.size(), names(path)) == (0, ["a", "a.part"])
    second.close()
    assert path.with_name("a").read_bytes() == b"complete"


@pytest.mark.parametrize("replace", [False, True])
def test_a_published_file_has_its_final_name_only(path: Path, *, replace: bool) -> None:
    file = opened(path)
    file.write_at([b"complete"], 0)
    file.publish(str(path.with_name("a")), replace=replace)
    file.close()
    assert (names(path), path.with_name("a").read_bytes()) == (["a"], b"complete")


def test_a_file_of_the_final_name_is_replaced_where_it_may_be(path: Path) -> None:
    path.with_name("a").write_bytes(b"old")
    file = opened(path)
    file.write_at([b"new"], 0)
    file.publish(str(path.with_name("a")), replace=True)
    file.close()
    assert (names(path), path.with_name("a").read_bytes()) == (["a"], b"new")


def test_a_file_of_the_final_name_stays_where_it_must(path: Path) -> None:
    path.with_name("a").write_bytes(b"old")
    file = opened(path)
    file.write_at([b"new"], 0)
    with pytest.raises(FileExistsError):
        file.publish(str(path.with_name("a")), replace=False)
    file.close()
    assert (path.read_bytes(), path.with_name("a").read_bytes()) == (b"new", b"old")


def test_a_removed_file_is_gone_and_so_is_its_lock(path: Path) -> None:
    file = opened(path)
    file.remove()
    file.close()
    assert list(path.parent.iterdir()) == []


def test_a_folder_in_its_place_is_the_disk_s_own_error(path: Path) -> None:
    path.mkdir()
    with pytest.raises(OSError, match=r"a\.part"):
        opened(path)


def test_a_file_with_a_second_name_gives_way(path: Path) -> None:
    victim = path.with_name("victim")
    victim.write_bytes(b"precious")
    path.hardlink_to(victim)
    file = opened(path)
    file.write_at([b"ours"], 0)
    file.close()
    assert (path.read_bytes(), victim.read_bytes()) == (b"ours", b"precious")


def test_private_data_is_replaced_whole_and_read_back(path: Path) -> None:
    temporary = str(path.with_name("a.new"))
    Path(temporary).write_bytes(b"left by a killed run, and longer than what is written now")
    for data in (b"one", b"other\n"):
        SYSTEM_DISK.replace_private(str(path), data, temporary=temporary)
        assert (SYSTEM_DISK.read_private(str(path), 99), names(path)) == (data, ["a.part"])
    assert SYSTEM_DISK.read_private(str(path), 2) == b"ot"


def test_a_private_file_that_cannot_get_its_name_is_not_left_under_another(path: Path) -> None:
    path.mkdir()
    (path / "theirs").touch()
    with pytest.raises(OSError, match=re.escape(path.name)):
        SYSTEM_DISK.replace_private(str(path), b"{}", temporary=f"{path}.new")
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_what_is_missing_or_no_file_of_the_user_is_not_read(path: Path) -> None:
    assert SYSTEM_DISK.read_private(str(path), 99) is None
    path.with_name("victim").write_bytes(b"somebody's")
    path.hardlink_to(path.with_name("victim"))
    assert SYSTEM_DISK.read_private(str(path), 99) is None
    path.unlink()
    path.mkdir()
    assert SYSTEM_DISK.read_private(str(path), 99) is None


def test_removing_what_is_missing_is_no_error(path: Path) -> None:
    SYSTEM_DISK.remove(str(path))
    path.write_bytes(b"")
    SYSTEM_DISK.remove(str(path))
    assert names(path) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, b"new\n"), (b"", b"new\n"), (b"old\n", b"old\nnew\n"), (b"old", b"old\nnew\n")],
)
def test_a_line_is_added_at_the_end_and_ends_the_last_one(
    path: Path, before: bytes | None, after: bytes
) -> None:
    if before is not None:
        path.write_bytes(before)
    SYSTEM_DISK.append_line(str(path), b"new\n", never)
    assert (path.read_bytes(), names(path)) == (after, [path.name])


@needs_process_limits
def test_a_line_is_added_whole_or_not_at_all(path: Path) -> None:
    """A limit on the size of files stands for a full disk."""
    path.write_bytes(b"mine\n")
    with limit("FSIZE", 10), pytest.raises(OSError, match="too large"):
        SYSTEM_DISK.append_line(str(path), b"0123456789\n", never)
    assert path.read_bytes() == b"mine\n"
