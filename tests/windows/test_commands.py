"""Every command of the installed kiecli on Windows, against a real server."""

import json
import os
from pathlib import Path

import pytest

from kiecli.sandbox import media
from tests.support.processes import KEY, until
from tests.support.server import FaultyServer
from tests.windows.machine import OnWindows

PNG = media.body("image.png")
BINARY = b"a\r\nb\x1ac\n" + bytes(range(256)) * 300
LARGE = BINARY * 40  # 3 MB


def test_the_command_that_pip_made_runs(kiecli: OnWindows) -> None:
    ran = kiecli("--version", program=kiecli.machine.kiecli)
    assert (ran.code, ran.out[:7], ran.out[-1:], ran.err) == (0, "kiecli ", "\n", "")
    assert "\r" not in ran.out


def test_status_is_a_line_in_utf_8_without_translation(kiecli: OnWindows) -> None:
    ran = kiecli("status", "schön ☂=demo-image")
    columns = ran.out.split("\t")
    assert (ran.code, ran.err) == (0, "")
    assert (columns[:3], columns[-1]) == (["demo-image", "success", "wan/2-7-image"], "schön ☂\n")


def test_ids_come_in_utf_16_as_powershell_writes_them(kiecli: OnWindows) -> None:
    written = '{"code":200,"data":{"taskId":"demo-image"}}\r\n'.encode("utf-16")
    assert kiecli("status", "-q", "-", input=written).out == "success\n"


def test_wait_prints_the_results(kiecli: OnWindows, kie: FaultyServer) -> None:
    ran = kiecli("wait", "demo-video")
    assert (ran.code, ran.out) == (0, f"{kie.url}/files/demo-video/1/video.mp4\n")


def test_a_key_that_is_missing_is_said(kiecli: OnWindows) -> None:
    ran = kiecli("wait", "a", environ={"KIE_API_KEY": None})
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("kiecli: no API key")


def test_download_saves_below_typed_folders_and_keeps(kiecli: OnWindows, kie: FaultyServer) -> None:
    line = ("download", "-d", r"my files\new", "-o", "{model}/{label}.{ext}", "demo-image")
    path = r"my files\new\wan-2-7-image\demo-image.png"
    assert kiecli(*line)[:2] == (0, f"{path}\n")
    asked = len(kie.faults.seen("file"))
    assert kiecli(*line)[:2] == (0, f"{path}\n")
    assert len(kie.faults.seen("file")) == asked
    assert kiecli.files == {"my files/new/wan-2-7-image/demo-image.png": PNG}


def test_a_killed_download_resumes(kiecli: OnWindows, kie: FaultyServer) -> None:
    kie.faults.task("a", urls=[kie.faults.file("/a.bin", LARGE, cuts=[2_000_000], end="stall")])
    with kiecli.start("download", "a") as running:
        kie.await_stall()
        until(lambda: len(kiecli.files.get("a-1.bin.part", b"")) > 1_000_000)
        kiecli.kill(running)
    assert {"a-1.bin.part", "a-1.bin.part.json"} <= set(kiecli.files)
    ran = kiecli("download", "--json", "a")
    (file,) = json.loads(ran.out)["files"]
    assert (ran.code, file["status"], 0 < file["resumed"] <= 2_000_000) == (0, "saved", True)
    assert kiecli.files == {"a-1.bin": LARGE}


def test_a_result_goes_to_stdout_to_the_byte(kiecli: OnWindows, kie: FaultyServer) -> None:
    kie.faults.task("a", urls=[kie.faults.file("/a.bin", BINARY)])
    with kiecli.start("download", "-q", "-o", "-", "a") as running:
        out, err = running.process.communicate(timeout=30)
    assert (running.process.returncode, out == BINARY, err) == (0, True, b"")
    assert kiecli.files == {}


def test_the_second_on_one_target_waits_and_keeps(kiecli: OnWindows, kie: FaultyServer) -> None:
    url = kie.faults.file("/a.png", PNG, drip=(len(PNG) // 4, 1.0))
    kie.faults.task("a", urls=[url])
    with kiecli.start("download", "a") as first, kiecli.start("download", "--json", "a") as second:
        ended = first.end(), second.end()
    statuses = {"saved" if "saved" in ran.out + ran.err else "kept" for ran in ended}
    assert ([ran.code for ran in ended], len(kie.faults.seen("/a.png"))) == ([0, 0], 1), statuses
    assert kiecli.files == {"a-1.png": PNG}


_HOLD = "import sys; file = open(sys.argv[1], 'rb'); print('open', flush=True); sys.stdin.read()"


def test_a_file_that_a_program_holds_open_is_named_and_the_part_kept(
    kiecli: OnWindows, kie: FaultyServer
) -> None:
    kie.faults.task("a", urls=[kie.faults.file("/a.bin", LARGE)])
    (kiecli.folder / "a-1.bin").write_bytes(b"old")
    with kiecli.start("-c", _HOLD, "a-1.bin", program=kiecli.machine.python) as holder:
        holder.await_stdout("open")
        ran = kiecli("download", "--overwrite", "a")
        assert (ran.code, ran.out) == (7, "")
        assert "could not save a-1.bin: a program holds it open" in ran.err
    assert kiecli.files["a-1.bin.part"] == LARGE
    assert kiecli("download", "a").code == 0
    assert kiecli.files == {"a-1.bin": LARGE}


@pytest.mark.parametrize("template", ["con", "out\\nul.{ext}", "ab:{n}"])
def test_a_name_that_no_file_can_have_is_wrong_usage(
    kiecli: OnWindows, kie: FaultyServer, template: str
) -> None:
    ran = kiecli("download", "-o", template, "demo-image")
    assert (ran.code, ran.out, "on Windows" in ran.err) == (2, "", True)
    assert kie.faults.requests == []


def test_archive_and_metadata_are_written(kiecli: OnWindows) -> None:
    line = ("download", "--archive", "done.txt", "--write-metadata", "demo-image")
    assert kiecli(*line)[:2] == (0, "demo-image-1.png\n")
    assert kiecli(*line)[:2] == (0, "")
    assert set(kiecli.files) == {"done.txt", "demo-image-1.png", "demo-image-1.png.json"}
    assert kiecli.files["done.txt"].startswith(b"demo-image\tsaved\t")
    assert json.loads(kiecli.files["demo-image-1.png.json"])["task_id"] == "demo-image"


def test_config_is_set_shown_and_forgotten(kiecli: OnWindows) -> None:
    other = "a-key-for-windows-0123456789"
    without = {"KIE_API_KEY": None}
    assert (
        kiecli("config", "set", "api-key", input=f"{other}\r\n".encode(), environ=without)[0] == 0
    )
    assert kiecli("config", "get", "api-key", "--reveal", environ=without).out == f"{other}\n"
    assert kiecli("config", "set", "dir", "C:\\out").code == 0
    assert json.loads((kiecli.home / "config.json").read_bytes()) == {
        "api-key": other,
        "dir": "C:\\out",
    }
    assert kiecli("config", "unset", "dir").code == 0
    assert [path.name for path in kiecli.home.iterdir()] == ["config.json"]
    assert kiecli("config", "check").code == 0


def test_the_config_file_is_in_the_local_profile(kiecli: OnWindows) -> None:
    ran = kiecli("config", "path", environ={"KIECLI_CONFIG": None})
    assert ran.code == 0
    assert ran.out.endswith("\\AppData\\Local\\kiecli\\config.json\n")


def test_the_sandbox_runs_a_command_with_its_code(kiecli: OnWindows) -> None:
    sandbox = (*kiecli.machine.python, "-m", "kiecli.sandbox")
    ran = kiecli("kiecli", "status", "-q", "demo-image", program=sandbox)
    assert ran == (0, "success\n", "")
    ran = kiecli("kiecli", "status", "--exit-status", "-q", "demo-slow", program=sandbox)
    assert (ran.code, ran.out) == (8, "waiting\n")


def test_the_sandbox_prints_lines_for_powershell_and_sh(kiecli: OnWindows) -> None:
    sandbox = (*kiecli.machine.python, "-u", "-m", "kiecli.sandbox")
    with kiecli.start(program=sandbox) as running:
        running.await_stdout("$env:PATH = ")
        running.await_stdout("export PATH=")
        kiecli.kill(running)
        out = running.end().out
    assert out.splitlines()[1].startswith("$env:KIE_BASE_URL = 'http://127.0.0.1:")


def test_a_reader_that_leaves_ends_it_without_a_word(kiecli: OnWindows, kie: FaultyServer) -> None:
    kie.faults.task("a", urls=[kie.faults.file("/a.bin", LARGE)])
    reading, writing = os.pipe()
    with kiecli.start("download", "-o", "-", "a", stdout=writing) as running:
        os.close(writing)
        os.read(reading, 1000)
        os.close(reading)
        assert running.end() == (141, "", "")


def test_no_file_has_the_key(kiecli: OnWindows, tmp_path: Path) -> None:
    kiecli("download", "-v", "--write-metadata", "demo-image")
    found = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert found
    assert not any(KEY.encode() in path.read_bytes() for path in found)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("kiecli sta", "status:::Show the state and results of tasks."),
        ("kiecli download -d o", "out\\::: "),
    ],
)
def test_powershell_completes_what_is_typed(kiecli: OnWindows, typed: str, offered: str) -> None:
    (kiecli.folder / "out").mkdir()
    asked = {
        "_KIECLI_COMPLETE": "complete_powershell",
        "_TYPER_COMPLETE_ARGS": typed,
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": typed.rsplit(maxsplit=1)[-1],
    }
    ran = kiecli(environ=asked)
    assert (ran.code, ran.out.splitlines(), ran.err) == (0, [offered], "")
