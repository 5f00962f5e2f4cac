"""The Windows form of reading and replacing the config file."""

from pathlib import Path

import pytest

from kiecli.config.windows_file import exclusive, make_folder, read, replace
from kiecli.system.windows_calls import WindowsCalls
from tests.support.fakes import FakeClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.json"
    path.write_bytes(b"{}")
    return path


def test_the_content_is_there_and_nothing_else(path: Path) -> None:
    replace(path, b"new\n")
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == {
        "config.json": b"new\n"
    }
    assert (read(path, 3), read(path, 99)) == (b"new", b"new\n")


def test_a_file_that_a_program_holds_open_stays_and_is_named_so(path: Path) -> None:
    clock = FakeClock()
    with path.open("rb"), pytest.raises(OSError, match="a program holds it open"):
        replace(path, b"new", calls=WindowsCalls(clock))
    assert [each.name for each in path.parent.iterdir()] == ["config.json"]
    assert (path.read_bytes(), 1.9 < clock.now() < 2.2) == (b"{}", True)


def test_what_a_kill_has_left_is_cleared_away_by_the_next_change(path: Path) -> None:
    left = path.with_name(".config.json.0123456789ab")
    stranger = path.with_name(".config.json.backup-01")
    left.write_bytes(b"sk-canary")
    stranger.write_bytes(b"not ours")
    with exclusive(path):
        assert sorted(each.name for each in path.parent.iterdir()) == [
            ".config.json.backup-01",
            "config.json",
            "config.json.lock",
        ]
    assert sorted(each.name for each in path.parent.iterdir()) == [
        ".config.json.backup-01",
        "config.json",
    ]


def test_the_second_waits_for_the_first(path: Path) -> None:
    first = exclusive(path)
    first.__enter__()

    class Leaving(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            first.__exit__(None, None, None)

    clock = Leaving()
    with exclusive(path, clock):
        assert clock.now() > 0


def test_folders_are_made_and_a_folder_is_no_file(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    with pytest.raises(IsADirectoryError):
        read(tmp_path / "a", 99)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing", 99)
