"""`download --archive` and `--write-metadata`, whole: what is skipped, added and written."""

import json
import os
from pathlib import Path

import httpx
import pytest

from kiecli.sandbox import media
from kiecli.sandbox.server import Answer
from tests.support.fakes import FakeClock
from tests.support.faults import Faults, envelope, record
from tests.support.program import Program, Ran
from tests.support.systems import WINDOWS, needs_exact_path_errors, needs_unlinking_open_files
from tests.support.wire import FileScript

PNG = media.body("image.png")
SAVED = "demo-image\tsaved\t2026-09-21T14:13:20Z\n"


@pytest.fixture(autouse=True)
def here(folder: Path) -> Path:
    """Every test runs in an empty folder."""
    return folder


def archived(here: Path) -> list[str]:
    """Return what the archive says, without times."""
    return [line.rpartition("\t")[0] for line in (here / "done.txt").read_text().splitlines()]


def files(here: Path) -> list[str]:
    return sorted(str(path.relative_to(here)) for path in here.rglob("*") if path.is_file())


def download(kiecli: Program, *argv: str) -> Ran:
    return kiecli("download", "--archive", "done.txt", *argv)


def test_what_is_listed_is_skipped_without_a_request(
    kiecli: Program, kie: Faults, here: Path
) -> None:
    (here / "done.txt").write_text("# mine\n\na\nb whatever\ndemo-image")
    ran = download(kiecli, "hero=a", "demo-images", "b", "-d", "out", "-q")
    assert (ran.code, len(ran.out.splitlines()), ran.err) == (0, 6, "")
    assert [seen.task_id for seen in kie.seen("recordInfo")] == ["demo-images"]
    assert archived(here) == ["", "", "", "", "", "demo-images\tsaved"]
    assert (here / "done.txt").read_text().startswith("# mine\n\na\nb whatever\ndemo-image\ndemo-i")


def test_no_result_is_saved_where_the_archive_is(kiecli: Program, here: Path) -> None:
    (here / "out").mkdir()
    ran = kiecli("download", "--archive", "out/a.png", "-d", "out", "-o", "A.png", "demo-image")
    assert ran == Ran(
        2,
        "",
        f"kiecli: demo-image: out{os.sep}A.png is the file of --archive."
        " Give the archive another name\n",
    )
    assert files(here) == []


@pytest.mark.parametrize(
    ("archive", "directory"), [("{here}/out/a.png", "out"), ("out/a.png", "{here}/out")]
)
def test_no_result_is_saved_where_the_archive_is_however_it_is_typed(
    kiecli: Program, here: Path, archive: str, directory: str
) -> None:
    (here / "out").mkdir()
    argv = ["--archive", archive.format(here=here), "-d", directory.format(here=here)]
    ran = kiecli("download", *argv, "-o", "a.png", "demo-image")
    assert (ran.code, "is the file of --archive. Give" in ran.err) == (2, True)
    assert files(here) == []


@needs_unlinking_open_files  # Windows removes no folder that a process works in
def test_a_working_folder_that_was_removed_is_no_bug(
    kiecli: Program, here: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    archive = tmp_path_factory.mktemp("elsewhere") / "done.txt"
    here.rmdir()
    ran = kiecli("download", "-n", "--archive", str(archive), "demo-image")
    assert ran == Ran(0, "demo-image-1.png\n", "")


def test_when_nothing_is_left_neither_key_nor_network_is_needed(
    kiecli: Program, kie: Faults, here: Path
) -> None:
    (here / "done.txt").write_text("a\nb\n")
    assert kiecli("download", "--archive", "done.txt", "a", "b", KIE_API_KEY="") == Ran(
        0, "", "kiecli: skipped 2 tasks that done.txt lists\n"
    )
    assert (kie.requests, (here / "done.txt").read_text()) == ([], "a\nb\n")


# What it says is an id, and nobody may write to it, root neither.
READ_ONLY = Path("/sys/devices/system/cpu/online")


@pytest.mark.skipif(
    WINDOWS or not READ_ONLY.exists(), reason="no file that nobody may write: no /sys here"
)
def test_an_archive_that_cannot_be_written_matters_only_where_something_is_left(
    kiecli: Program, kie: Faults
) -> None:
    listed = READ_ONLY.read_text().split()[0]
    line = ["download", "-q", "--archive", str(READ_ONLY), listed]
    assert kiecli(*line) == Ran(0, "", "")
    assert kiecli(*line, "another") == Ran(
        2, "", f"kiecli: --archive {READ_ONLY} cannot be written: permission denied\n"
    )
    assert kie.requests == []
    # A dry run adds nothing.
    assert kiecli(*line, "-n", "demo-image") == Ran(0, "demo-image-1.png\n", "")


@needs_exact_path_errors
def test_an_archive_that_the_disk_will_not_even_look_for_is_wrong_usage(
    kiecli: Program, kie: Faults
) -> None:
    """As one in a folder that may not be entered is, but for root."""
    name = "x" * 300
    assert kiecli("download", "--archive", name, "a") == Ran(
        2, "", f"kiecli: --archive {name} cannot be read: the name is too long for this disk\n"
    )
    assert kie.requests == []


@pytest.mark.parametrize("argv", [[], ["-n"]])
def test_in_json_the_skipped_come_first_with_an_object_each(
    kiecli: Program, here: Path, argv: list[str]
) -> None:
    (here / "done.txt").write_text("a")
    ran = download(kiecli, "--json", "-q", *argv, "demo-text", "hero=a")
    first, second = map(json.loads, ran.out.splitlines())
    assert (first["task_id"], first["label"], first["outcome"], first["exit_code"]) == (
        "a",
        "hero",
        "skipped",
        0,
    )
    assert (first["state"], first["files"], first["error"], first["raw"]) == (None, [], None, None)
    assert (second["task_id"], second["outcome"]) == ("demo-text", "success")
    assert (here / "done.txt").read_text() == "a" if argv else archived(here)[1:]


def test_a_task_is_added_when_nothing_more_can_be_done_for_it(
    kiecli: Program, kie: Faults, clock: FakeClock, here: Path
) -> None:
    kiecli("download", "-n", "demo-images")
    clock.advance(3600)
    kie.always("/files/demo-images/2/image.jpg", httpx.Response(410))
    kie.always("recordInfo", envelope(501, "generation failed"), task_id="odd")
    kie.task("nothing")
    tasks = ["demo-image", "demo-images", "demo-fail", "demo-slow", "nope", "nothing", "odd"]
    assert download(kiecli, "-q", "demo-text", *tasks).code == 1
    assert sorted(archived(here)) == ["demo-fail\tfailed", "demo-image\tsaved", "demo-text\tsaved"]
    # ... and told once: the next run is about the rest.
    assert download(kiecli, "-q", "demo-image", "demo-fail") == Ran(0, "", "")


def test_overwriting_does_not_undo_it(kiecli: Program, here: Path) -> None:
    (here / "done.txt").write_text("demo-image\n")
    assert download(kiecli, "--overwrite", "demo-image") == Ran(
        0, "", "kiecli: skipped 1 task that done.txt lists\n"
    )


def vanishing(folder: Path, answer: Answer) -> Answer:
    """Return an answer that removes the folder of the archive as it is given."""

    def remove(request: httpx.Request) -> httpx.Response:
        folder.rmdir()
        return answer(request)

    return remove


def test_one_that_cannot_be_added_is_saved_and_tried_again(
    kiecli: Program, kie: Faults, here: Path
) -> None:
    (here / "lists").mkdir()
    kie.always("/a.png", vanishing(here / "lists", FileScript(PNG)))
    kie.task("a", urls=[f"{kie.base_url}/a.png"])
    ran = kiecli("download", "-q", "--json", "--archive", "lists/done.txt", "a")
    message = "could not add a to lists/done.txt: no such file or directory"
    shown = json.loads(ran.out)
    assert (shown["error"]["message"], shown["exit_code"], shown["files"][0]["status"]) == (
        message,
        7,
        "saved",
    )
    assert (ran.code, ran.err.splitlines()[0]) == (7, f"kiecli: {message}")
    assert files(here) == ["a-1.png"]


def test_a_failed_task_that_cannot_be_added_stays_a_failed_one(
    kiecli: Program, kie: Faults, here: Path
) -> None:
    (here / "lists").mkdir()
    failed = record("a", "fail", failMsg="no")
    kie.always("recordInfo", vanishing(here / "lists", lambda _request: failed))
    ran = kiecli("download", "-q", "--archive", "lists/done.txt", "a")
    assert (ran.code, ran.err.count("\n")) == (1, 2)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["--archive", "-", "a"],
            "--archive needs a file. Task ids on stdin are read by: -",
        ),
        (["--archive", "", "a"], "--archive is empty. Give the name of a file"),
        (
            ["--archive", "folder", "a"],
            "--archive folder cannot be read: a folder with this name exists",
        ),
        (
            ["--archive", "missing/done.txt", "a"],
            "--archive missing/done.txt cannot be written: no such file or directory",
        ),
        (
            ["--archive", "done.txt", "-o", "-", "a"],
            "-o - cannot go with --archive. Leave out --archive",
        ),
        (
            ["--write-metadata", "-o", "-", "a"],
            "-o - cannot go with --write-metadata. Leave out --write-metadata",
        ),
    ],
)
def test_wrong_usage_is_reported_before_any_request(
    kiecli: Program, kie: Faults, here: Path, argv: list[str], message: str
) -> None:
    (here / "folder").mkdir()
    assert kiecli("download", *argv) == Ran(2, "", f"kiecli: {message}\n")
    assert kie.requests == []


# Metadata.


def test_metadata_is_beside_each_file_and_never_on_stdout(kiecli: Program, here: Path) -> None:
    ran = kiecli("download", "-q", "--write-metadata", "demo-image", "demo-text")
    assert (ran.code, ran.out.splitlines()) == (0, ["demo-image-1.png", "demo-text-1.json"])
    assert sorted(path.name for path in here.iterdir()) == [
        "demo-image-1.png",
        "demo-image-1.png.json",
        "demo-text-1.json",
        "demo-text-1.json.json",
    ]
    record = json.loads((here / "demo-image-1.png.json").read_text())
    assert (record["task_id"], record["path"], record["bytes"], record["credits"]) == (
        "demo-image",
        "demo-image-1.png",
        len(PNG),
        4,
    )


def test_a_dry_run_writes_no_metadata(kiecli: Program, here: Path) -> None:
    assert kiecli("download", "-n", "--write-metadata", "demo-image").out == "demo-image-1.png\n"
    assert list(here.iterdir()) == []


def test_another_file_in_the_place_of_the_metadata_leaves_the_result_saved(
    kiecli: Program, here: Path
) -> None:
    (here / "demo-image-1.png.json").write_text("mine")
    ran = download(kiecli, "-q", "--json", "--write-metadata", "demo-image")
    shown = json.loads(ran.out)
    (file,) = shown["files"]
    message = "could not save demo-image-1.png.json: a different file with this name exists"
    assert (file["status"], file["error"]["message"]) == ("saved", message)
    assert (shown["error"]["message"], ran.code) == (message, 7)
    assert not (here / "done.txt").exists()
    assert kiecli("download", "-q", "--write-metadata", "demo-image").out == "demo-image-1.png\n"


@pytest.mark.parametrize("argv", [[], ["--write-metadata"]])
def test_names_of_metadata_take_part_in_the_reservation(
    kiecli: Program, kie: Faults, here: Path, argv: list[str]
) -> None:
    urls = [kie.file("/a.png", PNG), kie.file("/a.png.json", b'{"a": 1}', content_type=None)]
    kie.task("a", urls=urls)
    ran = kiecli("download", "-q", "-o", "{name}.{ext}", *argv, "a")
    assert (ran.code, len(list(here.iterdir()))) == ((2, 0) if argv else (0, 2))
