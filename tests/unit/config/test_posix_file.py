"""The config file is replaced whole, by one process at a time, and nothing is left behind."""

import errno
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kiecli.config.posix_file import UNNAMED, exclusive, replace, where_supported
from kiecli.config.store import ConfigStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.json"
    path.write_text("{}")
    return path


@pytest.mark.parametrize("unnamed", [UNNAMED, 0])
def test_the_content_is_there_and_nothing_else(path: Path, unnamed: int) -> None:
    replace(path, b"new", unnamed=unnamed)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == {path.name: b"new"}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("unnamed", [UNNAMED, 0])
def test_what_cannot_be_written_leaves_the_old_file(path: Path, unnamed: int) -> None:
    (path.parent / "folder").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        replace(path.parent / "folder", b"new", unnamed=unnamed)
    assert sorted(each.name for each in path.parent.iterdir()) == ["config.json", "folder"]


# The system ends the process at the first byte beyond the key.
_KILLED = """
import resource, signal, sys
from pathlib import Path
from kiecli.config.posix_file import replace
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
replace(Path(sys.argv[1]), b"sk-canary-0123456789 and more", unnamed=int(sys.argv[2]))
"""


def _kill_while_writing(path: Path, unnamed: int) -> list[str]:
    """Return the names of what a killed process left beside the file."""
    line = [sys.executable, "-c", _KILLED, str(path), str(unnamed)]
    assert subprocess.run(line, check=False, timeout=30).returncode == -signal.SIGXFSZ
    return [each.name for each in path.parent.iterdir() if each != path]


@pytest.mark.skipif(not UNNAMED, reason="only Linux has files without a name")
def test_a_kill_in_the_middle_leaves_no_key_behind(path: Path) -> None:
    assert _kill_while_writing(path, UNNAMED) == []


def test_what_a_kill_has_left_is_cleared_away_by_the_next_change(path: Path) -> None:
    (left,) = _kill_while_writing(path, 0)
    stranger = path.with_name(".config.json.backup-01")
    stranger.write_text("not ours")
    with exclusive(path):
        assert not path.with_name(left).exists()
    assert stranger.exists()


def test_changes_at_the_same_time_lose_nothing(path: Path) -> None:
    names = [f"name-{number}" for number in range(24)]
    threads = [threading.Thread(target=ConfigStore(path).set, args=(each, each)) for each in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert json.loads(path.read_text()) == dict(zip(names, names, strict=True))


def test_a_disk_without_locks_is_written_all_the_same(path: Path) -> None:
    def flock(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    with exclusive(path, flock):
        replace(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EPERM])
def test_a_disk_without_modes_or_flushing_is_good_enough(number: int) -> None:
    with where_supported():
        raise OSError(number, "Function not implemented")


def test_a_disk_that_fails_is_not() -> None:
    with pytest.raises(OSError, match="Input/output error"), where_supported():
        raise OSError(errno.EIO, "Input/output error")
