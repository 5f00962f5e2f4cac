"""Names of complete files, whatever their extension: each folder is listed once."""

import unicodedata
from pathlib import Path

import pytest

from kiecli.download.listing import MAX_AGE, FolderListings
from tests.support.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def listings(clock: FakeClock) -> FolderListings:
    return FolderListings(clock)


def test_the_complete_files_of_a_stem_are_found_among_everything_else(
    tmp_path: Path, listings: FolderListings
) -> None:
    for name in [
        "a-1.webp", "a-1.mp3", "a-1", "a-1.", "a-1.part", "a-1.part.json", "a-1.png.part",
        "a-1.png.part.json", "a-10.png", "ba-1.png", "a-1.5", "a-1.tar.gz", "a-1.~png",
    ]:  # fmt: skip
        (tmp_path / name).touch()
    stem = str(tmp_path / "a-1")
    assert listings.candidates(stem) == [f"{stem}.mp3", f"{stem}.webp"]
    assert listings.candidates(str(tmp_path / "none" / "a-1")) == []


def test_a_name_in_another_unicode_form_or_case_is_looked_for_as_it_was_asked_for(
    tmp_path: Path, listings: FolderListings
) -> None:
    """As macOS and Windows may have it: where they are two names, nothing is at the path."""
    (tmp_path / unicodedata.normalize("NFD", "Caf\u00e9.PNG")).touch()
    stem = str(tmp_path / "caf\u00e9")
    assert listings.candidates(stem) == [f"{stem}.png"]


def test_a_folder_is_listed_again_when_the_listing_is_old_or_may_be_wrong(
    tmp_path: Path, clock: FakeClock, listings: FolderListings
) -> None:
    stem = str(tmp_path / "a")
    found = []
    for extension, fresh, seconds in [
        ("jpg", False, MAX_AGE),
        ("mp3", False, 0.1),
        ("png", False, 0.0),
        ("wav", True, 0.0),
    ]:
        found.append(len(listings.candidates(stem, fresh=fresh)))
        (tmp_path / f"a.{extension}").touch()
        clock.advance(seconds)
    assert found == [0, 0, 2, 3]


def test_the_current_folder_is_listed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listings: FolderListings
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.png").touch()
    assert listings.candidates("a") == ["a.png"]
