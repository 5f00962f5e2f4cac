"""exFAT, as on sticks and cards: a disk without modes and second names, which knows no case."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import KEY, SOON, Installed, Ran, until
from tests.support.server import FaultyServer

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
_TOOLS = ("mkfs.exfat", "mount.exfat-fuse", "losetup")


def _run(*line: str) -> str:
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def kiecli(kiecli: Installed, tmp_path: Path) -> Iterator[Installed]:
    """The command in a folder on such a disk, where one can be mounted."""
    if missing := [name for name in _TOOLS if shutil.which(name) is None]:
        pytest.skip(f"no exFAT can be mounted here: no {missing[0]}")
    if os.geteuid() != 0:
        pytest.skip("no exFAT can be mounted here: only root can")
    image = tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(32 * 1024 * 1024)
    _run("mkfs.exfat", str(image))
    try:
        device = _run("losetup", "--find", "--show", str(image))
        try:
            _run("mount.exfat-fuse", device, str(kiecli.folder))
        finally:
            # While it is mounted this is put off until it no longer is: a test that is killed
            # leaves a mount at most, which .ci/run takes away.
            _run("losetup", "--detach", device)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no exFAT can be mounted here: {error.stderr.strip()}")
    yield kiecli
    _run("umount", str(kiecli.folder))


def files(kiecli: Installed) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(kiecli.folder.iterdir())}


def test_it_is_such_a_disk(kiecli: Installed) -> None:
    file = kiecli.folder / "Name"
    file.write_bytes(b"here")
    file.chmod(0o600)
    assert (kiecli.folder / "nAME").read_bytes() == b"here"
    assert file.stat().st_mode & 0o777 == 0o777
    with pytest.raises(OSError, match=r"Operation not permitted|not supported|not implemented"):
        (kiecli.folder / "second").hardlink_to(file)


def test_folders_whose_names_differ_by_case_are_one(kie: FaultyServer, kiecli: Installed) -> None:
    bodies = [PNG + bytes([number]) for number in range(2)]
    urls = [kie.faults.file(f"/{name}.png", body) for name, body in zip("aA", bodies, strict=True)]
    kie.faults.task("t1", urls=urls)
    template = "{name}/{task_id}-{n}.{ext}"
    for _ in range(2):
        assert kiecli("download", "-q", "-o", template, "t1") == Ran(
            0, "a/t1-1.png\nA/t1-2.png\n", ""
        )
    [folder] = kiecli.folder.iterdir()
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == bodies


def test_a_file_whose_name_differs_by_case_is_that_file(
    kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.task("t1", urls=[kie.faults.file("/a.png", PNG)])
    (kiecli.folder / "T1-1.PNG").write_bytes(PNG)
    (kiecli.folder / "Mine.PNG").write_bytes(b"mine")
    before = files(kiecli)
    assert kiecli("download", "-q", "t1") == Ran(0, "t1-1.png\n", "")
    assert kiecli("download", "-q", "-o", "mine.{ext}", "t1").code == 7
    assert files(kiecli) == before
    assert kiecli("download", "-q", "--overwrite", "-o", "mine.{ext}", "t1").code == 0
    assert [*files(kiecli).values()] == [PNG, PNG]


@pytest.mark.parametrize("ending", ["killed", "interrupted"])
def test_a_part_is_taken_up(kie: FaultyServer, kiecli: Installed, ending: str) -> None:
    kie.faults.task("t1", urls=[kie.faults.file("/a.png", PNG, cuts=[5000], end="stall")])
    part = kiecli.folder / "t1-1.png.part"
    with kiecli.start("download", "t1") as running:
        until(lambda: part.exists() and part.stat().st_size == 5000)
        running.send(signal.SIGKILL if ending == "killed" else signal.SIGINT)
        assert running.end(SOON).code in {-signal.SIGKILL, -signal.SIGINT}
    assert kiecli("download", "-q", "t1") == Ran(0, "t1-1.png\n", "")
    assert files(kiecli) == {"t1-1.png": PNG}
    ranges = [seen.headers.get("Range") for seen in kie.faults.seen("file")]
    assert ranges == [None, "bytes=5000-"]


def test_two_at_once_save_a_file_once(kie: FaultyServer, kiecli: Installed) -> None:
    kie.faults.task("t1", urls=[kie.faults.file("/a.png", PNG, drip=(20_000, 0.05))])
    with (
        kiecli.start("download", "-q", "t1") as first,
        kiecli.start("download", "-q", "t1") as last,
    ):
        assert (first.end().code, last.end().code) == (0, 0)
    assert files(kiecli) == {"t1-1.png": PNG}


def test_archive_and_metadata_are_written(kie: FaultyServer, kiecli: Installed) -> None:
    kie.faults.task("t1", urls=[kie.faults.file("/a.png", PNG)])
    line = ["download", "-q", "--archive", "done.txt", "--write-metadata", "t1"]
    assert kiecli(*line) == Ran(0, "t1-1.png\n", "")
    assert kiecli(*line) == Ran(0, "", "")
    found = files(kiecli)
    assert {*found} == {"done.txt", "t1-1.png", "t1-1.png.json"}
    assert found["done.txt"].startswith(b"t1\tsaved\t")
    assert json.loads(found["t1-1.png.json"])["task_id"] == "t1"


def test_a_name_that_only_this_disk_refuses_fails_alone(
    kie: FaultyServer, kiecli: Installed
) -> None:
    kie.faults.task("t1", urls=[kie.faults.file("/a.png", PNG)])
    ran = kiecli("download", "-q", "-o", "{n}:{name}.{ext}", "t1")
    assert (ran.code, ran.out, files(kiecli)) == (7, "", {})
    assert ran.err.startswith("kiecli: t1: could not save 1:a.png: ")


def test_settings_are_kept(kiecli: Installed) -> None:
    environ = {"KIECLI_CONFIG": "config.json", "KIE_API_KEY": None}
    ran = kiecli("config", "set", "api-key", input=KEY.encode(), environ=environ)
    assert ran.code == 0, ran
    assert kiecli("config", "set", "timeout", "5m", environ=environ).code == 0
    assert json.loads(files(kiecli)["config.json"]) == {"api-key": KEY, "timeout": "5m"}
    assert kiecli("status", "demo-image", environ=environ).code == 0
