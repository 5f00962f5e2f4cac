"""Disks without room: nothing is begun that does not fit, and what is left is reported."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kiecli.system.system_disk import SYSTEM_DISK
from tests.support.downloads import NAME, PNG, Bench, message_of
from tests.support.systems import needs_unlinking_open_files

FREE = "free some space, then run the line again"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


class Small:
    """Whatever it wraps, a file above all, with room for some bytes only."""

    def __init__(self, wrapped: Any, room: int) -> None:
        self._wrapped = wrapped
        self._room = room

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)

    def open_locked(self, *arguments: Any) -> "Small":
        return Small(self._wrapped.open_locked(*arguments), self._room)

    def write_at(self, pieces: Sequence[bytes | memoryview], offset: int) -> int:
        if offset >= self._room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        data = b"".join(pieces)[: self._room - offset]
        written: int = self._wrapped.write_at([data], offset)
        return written


@pytest.mark.parametrize(
    ("host", "room", "hint", "left"),
    [
        # What can be continued stays, with the resume info that tells how.
        ({}, 5000, f"{FREE}; it continues where it stopped", [f"{NAME}.part", f"{NAME}.part.json"]),
        ({}, 0, FREE, []),
        ({"etag": None}, 5000, FREE, []),
        ({"framing": "chunked"}, 5000, FREE, []),
    ],
)
def test_a_disk_that_fills_up_is_told_with_what_is_left(
    bench: Bench, host: dict[str, Any], room: int, hint: str, left: list[str]
) -> None:
    disk: Any = Small(SYSTEM_DISK, room)
    bench.disk = disk
    saved = bench.save(bench.host.file("/a.png", PNG, drip=(2000, 0.1), **host))
    assert (message_of(saved.error), saved.error and saved.error.hint, list(bench.files)) == (
        f"could not save {bench.folder / NAME}: the disk is full",
        hint,
        left,
    )
    bench.disk = SYSTEM_DISK
    resumed = bench.save(f"{bench.host.base_url}/a.png")
    assert (resumed.status, resumed.resumed, bench.files) == (
        "saved",
        5000 if left else 0,
        {NAME: PNG},
    )


def test_without_room_nothing_is_begun(bench: Bench) -> None:
    class Usage:
        total, free = 10**9, 5000

    bench.usage = lambda _folder: Usage()
    saved = bench.save(bench.host.file("/a.png", PNG))
    assert (message_of(saved.error), bench.files) == (
        (
            f"could not save {bench.folder / NAME}: it needs {len(PNG) / 1000:.1f} kB,"
            " and the disk has 5.0 kB free"
        ),
        {},
    )


def test_a_file_that_was_given_up_needs_no_room_any_more(bench: Bench) -> None:
    class Usage:
        total, free = 10**9, len(PNG) + 5000

    bench.usage = lambda _folder: Usage()
    lost = bench.host.file("/lost.png", PNG, cuts=[100] * 99, ranges=False)
    downloader = bench.downloader()
    targets = downloader.plan(bench.task(lost, bench.host.file("/a.png", PNG)))
    assert [downloader.save(target).status for target in targets] == ["failed", "saved"]


class Held:
    """A disk on which a program holds the file with the final name open, as Windows knows it."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __getattr__(self, name: str) -> Any:
        return getattr(SYSTEM_DISK, name)

    def open_locked(self, *arguments: Any) -> Any:
        return HeldFile(SYSTEM_DISK.open_locked(*arguments), self._number)


class HeldFile:
    def __init__(self, wrapped: Any, number: int) -> None:
        self._wrapped = wrapped
        self._number = number

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)

    def publish(self, _path: str, *, replace: bool) -> None:
        del replace
        raise OSError(self._number, os.strerror(self._number))


@pytest.mark.parametrize("drip", [None, (2000, 0.1)], ids=["in one chunk", "in many"])
def test_the_part_of_a_file_that_cannot_be_renamed_is_kept(
    bench: Bench, drip: tuple[int, float] | None
) -> None:
    disk: Any = Held(errno.EBUSY)
    bench.disk = disk
    url = bench.host.file("/a.png", PNG, drip=drip)
    saved = bench.save(url)
    left = {name: data for name, data in bench.files.items() if not name.endswith(".json")}
    assert (saved.status, left) == ("failed", {f"{NAME}.part": PNG})
    bench.disk = SYSTEM_DISK
    again = bench.save(url)
    assert (again.status, again.resumed, bench.files) == ("saved", len(PNG), {NAME: PNG})
    assert len(bench.host.seen("/a.png")) == 1


def test_a_part_that_cannot_be_resumed_is_not_kept(bench: Bench) -> None:
    disk: Any = Held(errno.EBUSY)
    bench.disk = disk
    saved = bench.save(bench.host.file("/a.png", PNG, etag=None, modified=None))
    assert (saved.status, bench.files) == ("failed", {})


@needs_unlinking_open_files
def test_no_resume_info_is_left_beside_the_part_of_another_program(bench: Bench) -> None:
    class Removed(Held):
        def open_locked(self, *arguments: Any) -> Any:
            file = super().open_locked(*arguments)
            (bench.folder / f"{NAME}.part").unlink()
            return file

    disk: Any = Removed(errno.EBUSY)
    bench.disk = disk
    saved = bench.save(bench.host.file("/a.png", PNG))
    assert (saved.status, bench.files) == ("failed", {})
