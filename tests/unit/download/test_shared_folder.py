"""Folders in which others work too: what is published is what was written, and nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.support.downloads import PNG, Bench, message_of, ranges
from tests.support.systems import needs_unlinking_open_files
from tests.support.wire import FileScript

pytestmark = needs_unlinking_open_files

LINK = "https://files.test/a.png"


class Disturbed(FileScript):
    """A file; while it is sent the first times, somebody does something in the folder."""

    def __init__(self, disturb: Callable[[], object], times: int) -> None:
        super().__init__(PNG, drip=(5000, 0.1))
        self.disturb = disturb
        self.left = times

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.left:
            self.left -= 1
            self.disturb()
        return super().__call__(request)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "out").mkdir()
    return Bench(tmp_path / "out")


def disturbed(bench: Bench, disturb: Callable[[], object], times: int = 1) -> None:
    bench.host.always("/a.png", Disturbed(disturb, times))


def test_a_folder_that_is_removed_meanwhile_is_made_again(bench: Bench) -> None:
    disturbed(bench, lambda: shutil.rmtree(bench.folder))
    assert (bench.save(LINK).status, bench.files) == ("saved", {"task1-1.png": PNG})
    assert len(bench.host.requests) == 2


def test_a_folder_that_is_removed_again_and_again_is_an_error(bench: Bench) -> None:
    disturbed(bench, lambda: shutil.rmtree(bench.folder), times=2)
    saved = bench.save(LINK)
    assert (message_of(saved.error), saved.error and saved.error.hint, bench.files) == (
        (
            f"could not save {bench.folder / 'task1-1.png'}: another program replaced or removed"
            f" {bench.folder / 'task1-1.png.part'} while it was written, twice"
        ),
        "let no other program write there, or choose another folder with -d",
        {},
    )


@pytest.mark.parametrize(
    "theirs",
    [b"evil\n", bytes(5000), PNG[:5000], PNG[:3000] + bytes(2000), PNG + b"more"],
    ids=["words", "zeros", "the same bytes", "the same start", "too long"],
)
def test_another_part_in_the_place_of_ours_is_never_published(bench: Bench, theirs: bytes) -> None:
    """Nothing of it is taken over, though our resume info is still beside it."""
    part = bench.folder / "task1-1.png.part"

    def replace() -> None:
        part.unlink()
        part.write_bytes(theirs)

    disturbed(bench, replace)
    saved = bench.save(LINK)
    assert (saved.status, saved.resumed, bench.files) == ("saved", 0, {"task1-1.png": PNG})
    assert ranges(bench) == ["all", "all"]


@pytest.mark.parametrize("is_there", [True, False], ids=["compared first", "fetched"])
def test_a_run_that_is_given_up_leaves_no_empty_part(bench: Bench, is_there: bool) -> None:
    """What it was to hold is fetched again, should the process live on."""
    downloader = bench.downloader("cover.png")
    (target,) = downloader.plan(bench.task(LINK))
    left = []

    def abandon() -> None:
        downloader.abandon()
        left.append(sorted(bench.files))

    disturbed(bench, abandon)
    if is_there:
        (bench.folder / "cover.png").write_bytes(PNG)
    status = downloader.save(target).status
    assert (left, status) == (([["cover.png"]], "kept") if is_there else ([[]], "saved"))
    assert bench.files == {"cover.png": PNG}


def test_a_second_run_after_the_folder_was_removed_ends_with_a_whole_file(bench: Bench) -> None:
    """Each has a part of its own; whoever is first publishes, the other keeps that."""
    second = []

    def remove_and_run_again() -> None:
        shutil.rmtree(bench.folder)
        second.append(bench.save(LINK))

    disturbed(bench, remove_and_run_again)
    first = bench.save(LINK)
    assert ([first.status, second[0].status], bench.files) == (
        ["kept", "saved"],
        {"task1-1.png": PNG},
    )


def test_a_stranger_s_file_under_the_part_s_name_stays_where_it_is(bench: Bench) -> None:
    """It is somebody else's from the moment that we lost the name."""
    part = bench.folder / "task1-1.png.part"

    def replace() -> None:
        part.unlink()
        part.mkdir()

    disturbed(bench, replace)
    message = message_of(bench.save(LINK).error)
    assert message.endswith(f": a folder with this name exists: {part}")
    assert part.is_dir()
