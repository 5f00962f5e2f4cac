"""The part file: opened safely, locked, and named only when it is complete."""

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.download.part_file import PartFile, remove_stale_part
from kiecli.download.response import FileResponse
from kiecli.download.resume_info import ResumeInfo
from tests.support.systems import (
    limit,
    make_named_pipe,
    needs_exact_path_errors,
    needs_links,
    needs_modes,
    needs_named_pipes,
    needs_proc,
    needs_process_limits,
    needs_root,
    needs_unlinking_open_files,
)

RESUME_INFO = ResumeInfo("task1", 1, 10, '"a"', None, "image/png")

HEAD_RESUME_INFO = RESUME_INFO._replace(head_size=5, head_crc32=crc32(b"12345"))


def never() -> None:
    raise AssertionError("nobody holds the lock")


@contextmanager
def opened(path: Path, wait: Callable[[], None] = never) -> Iterator[PartFile]:
    part = PartFile(str(path), wait)
    try:
        yield part
    finally:
        part.release()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.png.part"


def left(folder: Path) -> dict[str, bytes]:
    """Return all files but locks, which Windows keeps beside an open part."""
    found = sorted(path for path in folder.iterdir() if path.suffix != ".lock")
    return {path.name: path.read_bytes() for path in found}


def half_done(path: Path) -> None:
    """Leave what a killed run leaves."""
    with opened(path) as part:
        part.reset(RESUME_INFO)
        part.append(b"12345")


def test_a_part_and_its_resume_info_are_taken_up_by_the_next_run(path: Path) -> None:
    half_done(path)
    assert left(path.parent) == {"a.png.part": b"12345", "a.png.part.json": RESUME_INFO.dump()}
    with opened(path) as part:
        assert (part.size, part.resume_info) == (5, RESUME_INFO)
        part.append(b"67890")
        part.commit(str(path.with_name("a.png")))
    assert left(path.parent) == {"a.png": b"1234567890"}


@pytest.mark.parametrize("there", [b"12345", b"123456789"])
def test_a_part_that_begins_as_its_resume_info_tells_is_taken_up(path: Path, there: bytes) -> None:
    path.write_bytes(there)
    Path(f"{path}.json").write_bytes(HEAD_RESUME_INFO.dump())
    with opened(path) as part:
        assert (part.size, part.resume_info) == (len(there), HEAD_RESUME_INFO)


def test_less_than_its_resume_info_tells_of_is_not_left_behind(path: Path) -> None:
    with opened(path) as part:
        part.reset(HEAD_RESUME_INFO)
        part.append(b"1234")
        assert not part.is_resumable
    assert left(path.parent) == {}


@needs_modes
def test_a_part_has_the_mode_of_any_new_file_and_its_resume_info_is_for_the_user_alone(
    path: Path,
) -> None:
    modes = []
    umask = os.umask(0o027)
    try:
        with opened(path) as part:
            part.reset(RESUME_INFO)
            modes += [stat.S_IMODE(p.stat().st_mode) for p in sorted(path.parent.iterdir())]
            part.append(b"1234567890")
            part.commit(str(path.with_name("a.png")))
    finally:
        os.umask(umask)
    modes += [stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()]
    assert [oct(mode) for mode in modes] == ["0o640", "0o600", "0o640"]


@pytest.mark.parametrize(
    ("part_bytes", "resume_info_bytes"),
    [
        (b"12345", None),
        (b"12345", b""),
        (b"12345", RESUME_INFO.dump()[:-1]),
        (b"12345678901", RESUME_INFO.dump()),
        (b"12346", HEAD_RESUME_INFO.dump()),
        (b"1234", HEAD_RESUME_INFO.dump()),
        (b"", RESUME_INFO.dump()),
        (None, RESUME_INFO.dump()),
    ],
    ids=[
        "no resume info",
        "empty resume info",
        "torn resume info",
        "too long",
        "another",
        "head cut off",
        "no bytes",
        "no part",
    ],
)
def test_what_does_not_fit_together_starts_again_and_is_not_left_behind(
    path: Path, part_bytes: bytes | None, resume_info_bytes: bytes | None
) -> None:
    if part_bytes is not None:
        path.write_bytes(part_bytes)
    if resume_info_bytes is not None:
        Path(f"{path}.json").write_bytes(resume_info_bytes)
    with opened(path) as part:
        assert part.resume_info is None
        part.reset(RESUME_INFO)
        assert left(path.parent) == {"a.png.part": b"", "a.png.part.json": RESUME_INFO.dump()}
    assert left(path.parent) == {}


def killed(part: PartFile) -> None:
    """End a run so suddenly that it tidies nothing up."""
    part.file.close()


@pytest.mark.parametrize("left_bytes", [b"", b"12345"])
def test_resume_info_from_before_never_vouches_for_bytes_that_came_after_it(
    path: Path, left_bytes: bytes
) -> None:
    path.write_bytes(left_bytes)
    Path(f"{path}.json").write_bytes(RESUME_INFO.dump())
    part = PartFile(str(path), never)
    part.reset(None)
    part.append(b"other")
    killed(part)
    with opened(path) as reopened:
        assert reopened.resume_info is None


def test_starting_again_forgets_the_bytes_and_the_resume_info(path: Path) -> None:
    half_done(path)
    with opened(path) as part:
        part.reset(None)
        assert (part.size, part.resume_info, left(path.parent)) == (0, None, {"a.png.part": b""})
        part.append(b"no resume info can vouch for these")
    assert left(path.parent) == {}


def test_the_rests_of_resume_info_that_was_being_written_are_no_obstacle(path: Path) -> None:
    Path(f"{path}.json.new").write_bytes(b"{")
    half_done(path)
    assert left(path.parent) == {"a.png.part": b"12345", "a.png.part.json": RESUME_INFO.dump()}


@needs_links
@pytest.mark.parametrize("name", ["a.png.part", "a.png.part.json", "a.png.part.json.new"])
def test_a_link_in_the_place_of_a_part_or_resume_info_is_never_followed(
    path: Path, name: str
) -> None:
    victim = path.parent / "victim"
    victim.write_bytes(b"precious")
    (path.parent / name).symlink_to(victim)
    with opened(path) as part:
        assert part.resume_info is None
        part.reset(RESUME_INFO)
        part.append(b"1234567890")
        part.commit(str(path.with_name("a.png")))
    assert left(path.parent) == {"a.png": b"1234567890", "victim": b"precious"}


@needs_root
@pytest.mark.parametrize("name", ["a.png.part", "a.png.part.json"])
def test_a_file_of_somebody_else_is_not_trusted(path: Path, name: str) -> None:
    if sys.platform == "win32":  # for the types
        return
    half_done(path)
    os.chown(path.parent / name, 65534, 65534)
    with opened(path) as part:
        assert part.resume_info is None
        part.reset(RESUME_INFO)
        part.append(b"mine")
    assert {found.stat().st_uid for found in path.parent.iterdir()} == {0}


@needs_named_pipes
def test_a_pipe_in_its_place_gives_way(path: Path) -> None:
    make_named_pipe(path)
    half_done(path)
    assert stat.S_ISREG(path.stat().st_mode)


@needs_exact_path_errors
def test_a_file_in_the_folder_s_place_is_the_disk_s_own_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        PartFile(str(tmp_path / "file" / "a.png.part"), never)


def test_the_second_takes_over_what_the_first_leaves(path: Path) -> None:
    first = PartFile(str(path), never)
    first.reset(RESUME_INFO)
    first.append(b"12345")
    with opened(path, first.release) as second:
        assert (second.size, second.resume_info) == (5, RESUME_INFO)


def test_an_error_while_waiting_lets_go_of_the_file(path: Path) -> None:
    with opened(path) as first:
        first.reset(RESUME_INFO)
        first.append(b"1")
        with pytest.raises(AssertionError, match="nobody holds the lock"):
            PartFile(str(path), never)


def test_what_a_killed_run_left_beside_a_complete_file_is_tidied_away(path: Path) -> None:
    half_done(path)
    remove_stale_part(str(path))
    assert left(path.parent) == {}


def test_resume_info_alone_is_tidied_away_too(path: Path) -> None:
    Path(f"{path}.json").write_bytes(RESUME_INFO.dump())
    remove_stale_part(str(path))
    assert left(path.parent) == {}


@pytest.mark.parametrize(
    "resume_info", [None, b"{}"], ids=["no resume info", "another's resume info"]
)
def test_a_file_of_that_name_without_our_resume_info_stays(
    path: Path, resume_info: bytes | None
) -> None:
    path.write_bytes(b"my own")
    if resume_info is not None:
        Path(f"{path}.json").write_bytes(resume_info)
    before = left(path.parent)
    remove_stale_part(str(path))
    assert left(path.parent) == before


@pytest.mark.parametrize("name", ["a.png.part.json", "a.png.part.json.new"])
def test_a_folder_in_the_place_of_the_resume_info_leaves_no_part_behind(
    path: Path, name: str
) -> None:
    (path.parent / name).mkdir()
    with opened(path) as part, pytest.raises(OSError, match=re.escape(name)):
        part.reset(RESUME_INFO)
    assert [found.name for found in path.parent.iterdir() if found.suffix != ".lock"] == [name]


@pytest.mark.parametrize(("there", "stays"), [(b"", False), (b"1", True)])
def test_a_part_without_a_byte_can_be_removed_before_its_end(
    path: Path, there: bytes, stays: bool
) -> None:
    with opened(path) as part:
        part.reset(RESUME_INFO)
        part.append(there)
        part.discard_if_empty()
        assert [name in left(path.parent) for name in (path.name, f"{path.name}.json")] == [
            stays,
            stays,
        ]


def test_a_part_that_has_been_released_is_not_looked_for_again(path: Path) -> None:
    with opened(path) as part:
        pass
    path.touch()
    part.discard_if_empty()
    assert left(path.parent) == {path.name: b""}


def test_a_part_in_use_is_not_tidied_away(path: Path) -> None:
    with opened(path) as part:
        part.reset(RESUME_INFO)
        part.append(b"12345")
        remove_stale_part(str(path))
        assert left(path.parent) == {"a.png.part": b"12345", "a.png.part.json": RESUME_INFO.dump()}


def test_tidying_where_nothing_is_left_touches_nothing(tmp_path: Path) -> None:
    remove_stale_part(str(tmp_path / "nowhere" / "a.png.part"))
    assert left(tmp_path) == {}


@needs_unlinking_open_files
def test_a_part_that_was_removed_meanwhile_is_no_trouble_at_the_end(path: Path) -> None:
    with opened(path):
        path.unlink()
    assert left(path.parent) == {}


@needs_process_limits
@pytest.mark.parametrize(
    "pieces",
    [[b"0123456789" * 2], [b"0123", b"", b"456789", b"0"], [b"01", memoryview(b"23456789" * 2)]],
    ids=["one", "up to a border", "within one"],
)
def test_a_write_that_falls_short_goes_on_or_fails(
    path: Path, pieces: list[bytes | memoryview]
) -> None:
    with opened(path) as part:
        with limit("FSIZE", 10), pytest.raises(OSError, match="File too large"):
            part.append(*pieces)
        assert (part.size, path.read_bytes()) == (10, b"0123456789")
        part.append(b"y" * 5)
        assert path.read_bytes() == b"0123456789" + b"y" * 5


@pytest.mark.parametrize("count", [0, 1, 3, 5000])
def test_any_number_of_pieces_is_appended_in_their_order(path: Path, count: int) -> None:
    pieces = [b"%d," % n for n in range(count)]
    with opened(path) as part:
        part.append(b"[")
        part.append(*pieces)
        part.append(b"]")
        assert path.read_bytes() == b"[" + b"".join(pieces) + b"]"


@needs_proc
def test_what_is_not_ours_to_remove_is_the_disk_s_own_error(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file, pytest.raises(PermissionError):
        PartFile(f"/proc/self/fd/{file.fileno()}", never)


@given(
    st.builds(
        ResumeInfo,
        task_id=st.text(),
        n=st.integers(1, 99),
        length=st.integers(1, 2**50),
        etag=st.none() | st.text(min_size=1),
        last_modified=st.text(min_size=1),
        content_type=st.none() | st.text(),
    )
)
def test_resume_info_is_read_as_it_was_written(resume_info: ResumeInfo) -> None:
    assert ResumeInfo.parse(resume_info.dump()) == resume_info


@pytest.mark.parametrize(
    "changed",
    [
        {"length": "10"},
        {"length": 0},
        {"length": True},
        {"length": 1.5},
        {"n": None},
        {"task_id": 1},
        {"etag": 5},
        {"etag": None},
        {"etag": ""},
        {"modified": {}},
        {"content_type": []},
        {"head_size": None},
        {"head_crc32": "1"},
        {"more": 1},
    ],
    ids=str,
)
def test_resume_info_that_is_not_as_it_was_written_is_none(changed: dict[str, object]) -> None:
    import json

    assert ResumeInfo.parse(json.dumps(RESUME_INFO._asdict() | changed).encode()) is None


@given(st.binary())
def test_anything_else_is_no_resume_info(data: bytes) -> None:
    assert ResumeInfo.parse(data) is None


@pytest.mark.parametrize("data", [b"[]", b"5", b"{}", b"\xff", b"[" * 99999])
def test_other_json_is_no_resume_info(data: bytes) -> None:
    assert ResumeInfo.parse(data) is None


@pytest.mark.parametrize(
    ("answer", "resume_info"),
    [
        (
            FileResponse(200, length=9, etag='"a"'),
            ResumeInfo("t", 2, 9, '"a"', None, None, 4, crc32(b"head")),
        ),
        (
            FileResponse(200, length=9, last_modified="then", content_type="a/b"),
            ResumeInfo("t", 2, 9, None, "then", "a/b", 4, crc32(b"head")),
        ),
        (FileResponse(200, length=9), None),
        (FileResponse(200, etag='"a"'), None),
        (FileResponse(200, length=0, etag='"a"'), None),
        (FileResponse(200, length=9, etag='"a"', encoding="gzip"), None),
    ],
)
def test_only_a_file_that_can_be_proved_to_be_the_same_gets_resume_info(
    answer: FileResponse, resume_info: ResumeInfo | None
) -> None:
    assert answer.resume_info("t", 2, b"head") == resume_info
