"""`kiecli download`, whole: what it saves, prints and says, how it ends."""

import errno
import json
import os
import ssl
from hashlib import sha256
from pathlib import Path
from signal import SIGINT

import httpx
import pytest

from kiecli.errors import Interrupted
from kiecli.sandbox import media
from kiecli.sizes import show as size
from kiecli.system.syntax import SHELL
from tests.support.fakes import START, FakeClock
from tests.support.faults import Faults, envelope
from tests.support.program import FakeStream, Program, Ran
from tests.support.terminal import FakeTerminal

PNG = media.body("image.png")
MP4 = media.body("video.mp4")
SIX = "".join(f"demo-images-{n}.jpg\n" for n in range(1, 7))
RESUME = "kiecli: files already saved are kept; to fetch the rest: kiecli download"
WIDE = {"COLUMNS": "200"}


@pytest.fixture(autouse=True)
def here(folder: Path) -> Path:
    """Every test runs in an empty folder."""
    return folder


def files(place: Path) -> dict[str, int]:
    """Return the sizes of all files there."""
    return {
        path.relative_to(place).as_posix(): path.stat().st_size
        for path in sorted(place.rglob("*"))
        if path.is_file()
    }


def test_results_are_saved_under_their_names_and_their_paths_printed(
    kiecli: Program, here: Path
) -> None:
    assert kiecli("download", "demo-images", "demo-image") == Ran(
        0,
        SIX + "demo-image-1.png\n",
        "kiecli: saved demo-images-1.jpg (4.0 kB)\n"
        "kiecli: saved demo-images-2.jpg (3.7 kB)\n"
        "kiecli: saved demo-images-3.jpg (3.2 kB)\n"
        "kiecli: saved demo-images-4.jpg (3.9 kB)\n"
        "kiecli: saved demo-images-5.jpg (3.5 kB)\n"
        "kiecli: saved demo-images-6.jpg (3.7 kB)\n"
        "kiecli: saved demo-image-1.png (16.4 kB)\n"
        "kiecli: 2 tasks: 2 saved (7 files, 38.4 kB, 8 credits)\n",
    )
    assert (here / "demo-image-1.png").read_bytes() == PNG
    assert len(files(here)) == 7


def test_the_same_line_again_keeps_what_is_there(kiecli: Program, kie: Faults) -> None:
    kiecli("download", "-j", "2", "demo-images")
    before = len(kie.seen("file"))
    ran = kiecli("download", "demo-images")
    assert (ran.code, ran.out) == (0, SIX)
    assert ran.err.splitlines()[-1] == "kiecli: already there: demo-images-6.jpg (3.7 kB)"
    assert len(kie.seen("file")) == before
    second = kiecli("download", "demo-images", "demo-image").err.splitlines()[-1]
    assert second == (
        "kiecli: 2 tasks: 1 saved (1 file, 16.4 kB, 4 credits), 1 already there (6 files)"
    )


def test_quiet_says_nothing_of_a_success(kiecli: Program) -> None:
    assert kiecli("download", "-q", "demo-image") == Ran(0, "demo-image-1.png\n", "")


SEP = os.sep
"""What is put below a folder that was typed."""


@pytest.mark.parametrize(
    ("argv", "environ", "path"),
    [
        ([], {}, "demo-image-1.png"),
        (["-d", "."], {}, "demo-image-1.png"),
        (["-d", "out"], {}, f"out{SEP}demo-image-1.png"),
        (["-d", "./out"], {}, f"./out{SEP}demo-image-1.png"),
        (["-d", "out/"], {}, "out/demo-image-1.png"),
        ([], {"KIECLI_DIR": "set"}, f"set{SEP}demo-image-1.png"),
        (["-d", "out"], {"KIECLI_DIR": "set"}, f"out{SEP}demo-image-1.png"),
        (
            ["-o", "{date}/{model}-{name}-{n}.{ext}"],
            {},
            f"2026-09-21{SEP}wan-2-7-image-image-1.png",
        ),
        (["-d", "a/b", "-o", "c/{task_id}"], {}, f"a/b{SEP}c{SEP}demo-image"),
    ],
)
def test_results_are_saved_by_directory_and_template(
    kiecli: Program, here: Path, argv: list[str], environ: dict[str, str], path: str
) -> None:
    ran = kiecli("download", *argv, "demo-image", environ=environ)
    assert ran == Ran(0, f"{path}\n", f"kiecli: saved {path} (16.4 kB)\n")
    assert (here / path).read_bytes() == PNG


@pytest.mark.parametrize("name", ["-", "a.png"])
def test_what_goes_into_no_configured_folder_needs_no_config_file(
    kiecli: Program, tmp_path: Path, name: str
) -> None:
    (tmp_path / "config.json").write_text("{\n")
    absolute = str(tmp_path / name)
    out = FakeStream(encoding="latin-1")
    template = "-" if name == "-" else absolute
    ran = kiecli("download", "-q", "-o", template, "demo-image", out=out)
    assert (ran.code, ran.err) == (0, "")
    assert out.bytes == (PNG if name == "-" else f"{absolute}\n".encode())
    assert kiecli("download", "-q", "demo-image").code == 2


def test_a_result_that_is_text_is_saved_as_json(kiecli: Program, here: Path) -> None:
    assert kiecli("download", "-q", "demo-text") == Ran(0, "demo-text-1.json\n", "")
    saved = json.loads((here / "demo-text-1.json").read_text())
    assert saved["lyricsData"][0]["title"] == "Before the Links Expire"


def test_a_success_without_anything_to_save_is_an_error(kiecli: Program, kie: Faults) -> None:
    kie.task("nothing", completeTime=(START - 60) * 1000)
    assert kiecli("download", "nothing") == Ran(
        7,
        "",
        "kiecli: nothing: the task succeeded, but Kie lists nothing to save\n",
    )


@pytest.mark.parametrize("argv", [[], ["--wait"]])
def test_a_success_that_lists_nothing_yet_can_be_tried_again(
    kiecli: Program, kie: Faults, argv: list[str]
) -> None:
    kie.task("new", completeTime=(START - 5) * 1000)
    ran = kiecli("download", "-q", *argv, "new")
    assert ran == Ran(
        7,
        "",
        "kiecli: new: the task has just succeeded, and Kie lists nothing to save yet\n"
        f"kiecli: to try again: kiecli {' '.join(['download', *argv, 'new'])}\n",
    )


def test_a_file_host_whose_certificate_is_refused_gets_advice_and_the_line_to_run(
    kiecli: Program, kie: Faults
) -> None:
    kie.task("a", urls=[kie.file("/a.png", PNG)])
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed")
    refused.verify_message = "self-signed certificate"
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]")
    error.__cause__ = refused
    kie.next("/a.png", error)
    assert kiecli("download", "a") == Ran(
        7,
        "",
        "kiecli: a: could not save a-1.png: kie.test: its certificate was refused (self-signed "
        "certificate). If your network uses its own certificate authority, set SSL_CERT_FILE to "
        "its certificate\nkiecli: to try again: kiecli download a\n",
    )


def test_one_result_goes_to_stdout_and_nothing_else(kiecli: Program, here: Path) -> None:
    out = FakeStream()
    ran = kiecli("download", "-o", "-", "demo-text", out=out)
    assert (ran.code, ran.err) == (0, "kiecli: saved to stdout (220 B)\n")
    assert json.loads(out.bytes)["lyricsData"][0]["status"] == "complete"
    assert files(here) == {}


def test_the_bytes_of_a_file_go_to_stdout_untouched(kiecli: Program, kie: Faults) -> None:
    body = PNG + b"sk-canary"
    kie.task("a", urls=[kie.file("/a.png", body)])
    out = FakeStream(encoding="latin-1")
    assert kiecli("download", "-q", "-o", "-", "a", out=out).code == 0
    assert out.bytes == body


def test_nothing_of_a_result_that_is_not_complete_goes_to_stdout(
    kiecli: Program, kie: Faults
) -> None:
    kie.task("a", urls=[kie.file("/a.png", PNG, cuts=[1000] * 99, ranges=False)])
    out = FakeStream()
    ran = kiecli("download", "-q", "-o", "-", "a", out=out)
    assert (ran.code, out.bytes) == (7, b"")
    advice = "to try again: kiecli download -o - a"
    assert ran.err.splitlines()[-1] == f"kiecli: nothing was written; {advice}"


def test_a_terminal_gets_no_bytes_of_a_file(kiecli: Program, here: Path) -> None:
    out = FakeStream(terminal=True)
    ran = kiecli("download", "-o", "-", "demo-image", out=out)
    assert (ran.code, out.bytes) == (2, b"")
    assert ran.err == (
        "kiecli: demo-image: -o - would write binary data to the terminal."
        " Redirect it, or leave out -o - to save a file\n"
    )
    assert files(here) == {}


def test_the_line_to_run_overwrites_again(kiecli: Program, kie: Faults) -> None:
    kie.task("a", urls=[kie.file("/a.png", PNG, cuts=[1000] * 99, ranges=False)])
    ran = kiecli("download", "-q", "--overwrite", "a")
    assert ran.err.splitlines()[-1] == "kiecli: to try again: kiecli download --overwrite a"


def test_stdout_takes_one_result_only(kiecli: Program, here: Path) -> None:
    assert kiecli("download", "-o", "-", "demo-images") == Ran(
        2,
        "",
        "kiecli: demo-images: -o - takes one result, and this task has 6."
        " To save them as files: kiecli download demo-images\n",
    )
    assert files(here) == {}


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["-o", "-", "a", "b"],
            "-o - takes one task, got 2. To save them as files, leave out -o -",
        ),
        (
            ["-o", "-", "--json", "a"],
            "-o - cannot go with --json. Leave out --json",
        ),
        (
            ["-o", "-", "-n", "a"],
            "-o - cannot go with --dry-run. Leave out --dry-run",
        ),
        (
            ["-o", "-", "-d", "out", "a"],
            "-o - cannot go with --dir. Leave out --dir",
        ),
        (
            ["-t", "5m", "a"],
            "--timeout needs --wait. Add --wait, or leave out --timeout",
        ),
        (
            ["-i", "5s", "a"],
            "--interval needs --wait. Add --wait, or leave out --interval",
        ),
        (
            ["-j", "0", "a"],
            (
                "invalid value for '--jobs' / '-j': '0' is not a number from 1 to 64."
                " See: kiecli download --help"
            ),
        ),
        (
            ["-j", "65", "a"],
            (
                "invalid value for '--jobs' / '-j': '65' is not a number from 1 to 64."
                " See: kiecli download --help"
            ),
        ),
        (
            ["-j", "many", "a"],
            (
                "invalid value for '--jobs' / '-j': 'many' is not a number from 1 to 64."
                " See: kiecli download --help"
            ),
        ),
        (
            ["-o", "{colour}", "a"],
            (
                "--output has an unknown word: {colour}."
                " Words: {label} {task_id} {n} {name} {ext} {model} {date} {prompt}"
            ),
        ),
        (
            ["-o", "x.png", "a", "b"],
            (
                "several tasks cannot share --output x.png. Add {label}, as in: -o "
                + SHELL.quote("x-{label}.{ext}")
            ),
        ),
        (
            ["-o", "there", "a"],
            "--output there names an existing folder. To save into it: -d there",
        ),
        (
            ["-d", "file", "a"],
            "--dir file is not a folder. Choose another folder, or remove that file",
        ),
    ],
)
def test_wrong_usage_is_told_before_any_request(
    kiecli: Program, kie: Faults, here: Path, argv: list[str], message: str
) -> None:
    (here / "there").mkdir()
    (here / "file").touch()
    assert kiecli("download", *argv) == Ran(2, "", f"kiecli: {message}\n")
    assert kie.requests == []
    assert files(here) == {"file": 0}


def test_two_results_on_one_name_write_nothing_of_that_task(kiecli: Program, here: Path) -> None:
    assert kiecli("download", "-q", "-o", "{task_id}.jpg", "demo-images", "demo-image") == Ran(
        2,
        "demo-image.jpg\n",
        "kiecli: demo-images: results 1 and 2 would both be demo-images.jpg."
        f" Add {{n}}, as in: -o {SHELL.quote('{task_id}-{n}.{ext}')}\n",
    )
    assert list(files(here)) == ["demo-image.jpg"]


def test_two_tasks_on_one_name_are_never_taken_for_each_other(
    kiecli: Program, kie: Faults, here: Path
) -> None:
    kie.task("a:b", urls=[kie.file("/1.png", PNG)])
    kie.task("a-b", urls=[kie.file("/2.png", PNG + b"2")])
    assert kiecli("download", "-q", "a:b", "a-b") == Ran(
        2,
        "a-b-1.png\n",
        "kiecli: a-b: results of the tasks a:b and a-b would both be a-b-1.png."
        " Save each into a folder of its own, with -d\n",
    )
    assert files(here) == {"a-b-1.png": len(PNG)}


def test_dry_run_prints_the_paths_and_asks_no_file_host(
    kiecli: Program, kie: Faults, here: Path
) -> None:
    kie.task("bare", urls=["https://kie.test/file-without-extension"])
    ran = kiecli("download", "-n", "-d", "new", "demo-images", "bare", "demo-text")
    six = "".join(f"new{SEP}demo-images-{n}.jpg\n" for n in range(1, 7))
    assert ran == Ran(0, f"{six}new{SEP}bare-1\nnew{SEP}demo-text-1.json\n", "")
    assert kie.seen("file") == []
    assert list(here.iterdir()) == []


def test_dry_run_tells_what_cannot_be_saved_at_all(kiecli: Program, kie: Faults) -> None:
    kie.task("a", urls=["https://kie.test/1.png", "data:image/png;base64,AAAA"])
    kie.task("b", "generating")
    assert kiecli("download", "-n", "hero=a") == Ran(
        7,
        "hero-1.png\n",
        "kiecli: hero: could not save hero-2: the link is not an http or https URL\n",
    )
    assert kiecli("download", "-n", "demo-image", "b") == Ran(
        8,
        "demo-image-1.png\n",
        "kiecli: b: not finished yet: generating. To wait for it: kiecli download --wait b\n",
    )
    ran = kiecli("download", "-n", "--json", "a")
    answer = json.loads(ran.out)
    assert (ran.code, answer["exit_code"], answer["outcome"]) == (7, 7, "error")
    assert [file["status"] for file in answer["files"]] == ["planned", "failed"]


def test_dry_run_does_not_say_that_files_are_kept(kiecli: Program, kie: Faults) -> None:
    kie.task("b", "generating")
    kie.task("c", "queuing")
    assert kiecli("download", "-n", "demo-image", "b", "c") == Ran(
        8,
        "demo-image-1.png\n",
        "kiecli: b: not finished yet: generating\n"
        "kiecli: c: not finished yet: queuing\n"
        "kiecli: to wait for them: kiecli download --wait b c\n",
    )


def test_a_folder_is_made_only_when_there_is_something_to_save(kiecli: Program, here: Path) -> None:
    (here / ".kiecli-4711.tmp").touch()
    assert kiecli("download", "-q", "-d", "new/deep", "demo-slow", "demo-fail").code == 1
    assert list(here.iterdir()) == []
    assert kiecli("download", "-q", "-d", "new/deep", "demo-image").code == 0
    assert list(files(here)) == ["new/deep/demo-image-1.png"]


def test_an_unfinished_task_is_told_with_the_line_that_waits(kiecli: Program) -> None:
    assert kiecli("download", "-d", "my out", "-o", "{task_id}.{ext}", "demo-slow") == Ran(
        8,
        "",
        "kiecli: not finished yet: waiting. To wait for it:"
        f" kiecli download --wait -d {SHELL.quote('my out')} -o {SHELL.quote('{task_id}.{ext}')}"
        " demo-slow\n",
    )


def test_each_task_is_saved_as_soon_as_it_has_succeeded(kiecli: Program) -> None:
    assert kiecli("download", "--wait", "demo-video", "demo-image") == Ran(
        0,
        "demo-image-1.png\ndemo-video-1.mp4\n",
        "kiecli: demo-video: waiting\n"
        "kiecli: demo-image: success (took 13s), 1 result\n"
        "kiecli: saved demo-image-1.png (16.4 kB)\n"
        "kiecli: demo-video: generating after 2s\n"
        "kiecli: demo-video: success (took 4s, waited 4s), 1 result\n"
        f"kiecli: saved demo-video-1.mp4 ({size(len(MP4))})\n"
        f"kiecli: 2 tasks: 2 saved (2 files, {size(len(PNG) + len(MP4))}, 56.5 credits)\n",
    )


def test_the_deadline_bounds_waiting(kiecli: Program) -> None:
    assert kiecli("download", "-q", "-w", "-t", "5s", "-d", "out", "demo-slow", "demo-image") == (
        Ran(
            124,
            f"out{SEP}demo-image-1.png\n",
            "kiecli: demo-slow: still generating after 5s. The task is still running at Kie;"
            " to keep waiting: kiecli download -w -t 5s -d out demo-slow\n",
        )
    )


def test_the_deadline_does_not_bound_saving(
    kiecli: Program, kie: Faults, clock: FakeClock, here: Path
) -> None:
    slow = kie.file("/slow.png", PNG, drip=(1000, 15.0), etag=None)
    kie.task("a", urls=[slow])
    assert kiecli("download", "-q", "-w", "-t", "2s", "a") == Ran(0, "a-1.png\n", "")
    assert clock.now() > 200
    assert (here / "a-1.png").read_bytes() == PNG


def test_a_signal_prints_the_line_for_what_is_left(kiecli: Program) -> None:
    kiecli.event_queue.put_at(5.0, Interrupted(SIGINT))
    ran = kiecli(
        "download", "-q", "-w", "-d", "out", "-o", "{n}-{task_id}", "demo-slow", "demo-image"
    )
    assert ran == Ran(
        130,
        f"out{SEP}1-demo-image\n",
        "kiecli: interrupted; to continue:"
        f" kiecli download -w -d out -o {SHELL.quote('{n}-{task_id}')} demo-slow\n",
    )


def test_a_failed_task_an_unknown_one_and_a_dead_link_do_not_stop_the_others(
    kiecli: Program,
) -> None:
    assert kiecli("download", "-q", "demo-fail", "nope", "demo-expired", "demo-image") == Ran(
        1,
        "demo-image-1.png\n",
        "kiecli: demo-fail: Kie says the task failed (422): The input was flagged as sensitive by"
        " content moderation. Blocked by content moderation; change the prompt or the input\n"
        "kiecli: nope: Kie has no task with this id. Check the id. Tasks made with the older Veo,"
        " Suno, 4o, Runway or Kontext APIs, or more than two months ago, cannot be looked up\n"
        "kiecli: demo-expired: could not save demo-expired-1.png: the file is gone (the file host"
        " answered 404 Not Found, with a new link too); the task finished 30 hours ago, and links"
        " usually last 24 hours, files 14 days. Running this again cannot bring it back\n",
    )


def test_a_file_that_cannot_be_saved_leaves_the_others_of_its_task(
    kiecli: Program, kie: Faults, clock: FakeClock
) -> None:
    kiecli("download", "-n", "demo-images")
    clock.advance(3600)
    kie.always("/files/demo-images/2/image.jpg", httpx.Response(410))
    ran = kiecli("download", "-d", "out", "demo-images")
    assert ran == Ran(
        7,
        SIX.replace("demo-images-2.jpg\n", "").replace("demo", f"out{SEP}demo"),
        f"kiecli: saved out{SEP}demo-images-1.jpg (4.0 kB)\n"
        f"kiecli: out{SEP}demo-images-2.jpg: the file host answered 410 Gone;"
        " asking Kie for a new link\n"
        f"kiecli: demo-images: could not save out{SEP}demo-images-2.jpg: the file is gone (the file"
        " host answered 410 Gone, with a new link too); the task finished 60 minutes ago, and links"
        " usually last 24 hours, files 14 days. Running this again cannot bring it back\n"
        f"kiecli: saved out{SEP}demo-images-3.jpg (3.2 kB)\n"
        f"kiecli: saved out{SEP}demo-images-4.jpg (3.9 kB)\n"
        f"kiecli: saved out{SEP}demo-images-5.jpg (3.5 kB)\n"
        f"kiecli: saved out{SEP}demo-images-6.jpg (3.7 kB)\n",
    )


def test_several_files_that_cannot_be_saved_are_one_error_in_json(
    kiecli: Program, kie: Faults
) -> None:
    kiecli.clock.advance(3600)
    kie.always("file", httpx.Response(404))
    kie.task("a", urls=["https://kie.test/1.png", "https://kie.test/2.png"])
    ran = kiecli("download", "-q", "--json", "a")
    shown = json.loads(ran.out)
    assert (ran.code, shown["exit_code"], shown["outcome"]) == (7, 7, "error")
    assert shown["error"] == {
        "kind": "expired",
        "message": "2 of 2 results were not saved",
        "hint": "running this again cannot bring them back",
        "temporary": False,
    }
    assert [file["status"] for file in shown["files"]] == ["failed", "failed"]


def test_the_same_trouble_with_a_file_is_said_once(kiecli: Program, kie: Faults) -> None:
    kie.task("a", urls=[kie.file("/a.png", PNG, cuts=[1000, 1000, 1000])])
    assert kiecli("download", "a") == Ran(
        0,
        "a-1.png\n",
        "kiecli: a-1.png: kie.test: the connection was closed in the middle of an answer;"
        " trying again in 1s\n"
        "kiecli: saved a-1.png (16.4 kB)\n",
    )


def test_another_file_in_the_way_is_left_untouched(kiecli: Program, here: Path) -> None:
    (here / "mine.png").write_text("mine")
    assert kiecli("download", "-o", "mine.png", "demo-image") == Ran(
        7,
        "",
        "kiecli: demo-image: could not save mine.png: a different file with this name"
        " exists. Replace it with --overwrite, or choose another name with -o\n",
    )
    assert (here / "mine.png").read_text() == "mine"


def test_overwrite_fetches_anew(kiecli: Program, here: Path) -> None:
    (here / "mine.png").write_text("mine")
    ran = kiecli("download", "-q", "--overwrite", "-o", "mine.png", "demo-image")
    assert ran == Ran(0, "mine.png\n", "")
    assert (here / "mine.png").read_bytes() == PNG


def test_json_has_an_entry_for_each_file(kiecli: Program) -> None:
    ran = kiecli("download", "--json", "-q", "demo-image", "nope")
    unknown, saved = sorted(
        map(json.loads, ran.out.splitlines()), key=lambda shown: shown["exit_code"], reverse=True
    )
    assert ran.code == 5
    assert saved["files"] == [
        {
            "n": 1,
            "url": "https://kie.test/files/demo-image/1/image.png",
            "path": "demo-image-1.png",
            "bytes": len(PNG),
            "sha256": sha256(PNG).hexdigest(),
            "content_type": "image/png",
            "status": "saved",
            "resumed": 0,
            "error": None,
        }
    ]
    assert (saved["outcome"], saved["error"], saved["exit_code"]) == ("success", None, 0)
    assert (unknown["files"], unknown["exit_code"]) == ([], 5)


def test_json_has_one_object_an_id_whatever_becomes_of_it(kiecli: Program, kie: Faults) -> None:
    kie.task("nothing")
    task_ids = ["demo-slow", "demo-fail", "nope", "nothing", "demo-image", "demo-expired"]
    ran = kiecli("download", "-q", "--json", *task_ids)
    shown = {one["task_id"]: one for one in map(json.loads, ran.out.splitlines())}
    assert {
        task_id: (shown[task_id]["outcome"], shown[task_id]["exit_code"]) for task_id in shown
    } == {
        "demo-slow": ("pending", 8),
        "demo-fail": ("failed", 1),
        "nope": ("error", 5),
        "nothing": ("error", 7),
        "demo-image": ("success", 0),
        "demo-expired": ("error", 7),
    }
    assert shown["demo-expired"]["files"][0]["error"]["kind"] == "expired"
    assert len(ran.out.splitlines()) == len(task_ids)


def test_a_folder_that_takes_no_files_ends_every_task_before_any_request(
    kiecli: Program, kie: Faults
) -> None:
    ran = kiecli("download", "--json", "-d", "/proc/self", "a", "b")
    (message,) = {shown["error"]["message"] for shown in map(json.loads, ran.out.splitlines())}
    assert (ran.code, ran.err.startswith(f"kiecli: {message}"), ran.err.count("\n")) == (7, True, 1)
    assert [
        (shown["task_id"], shown["outcome"], shown["files"], shown["exit_code"])
        for shown in map(json.loads, ran.out.splitlines())
    ] == [("a", "error", [], 7), ("b", "error", [], 7)]
    assert kie.requests == []


def test_a_failed_file_has_an_error_of_its_own(kiecli: Program) -> None:
    ran = kiecli("download", "-q", "--json", "demo-expired")
    (file,) = json.loads(ran.out)["files"]
    assert file == {
        "n": 1,
        "url": "https://kie.test/files/demo-expired/1/image.png",
        "path": "demo-expired-1.png",
        "bytes": None,
        "sha256": None,
        "content_type": None,
        "status": "failed",
        "resumed": 0,
        "error": {
            "kind": "expired",
            "message": "could not save demo-expired-1.png: the file is gone (the file host answered"
            " 404 Not Found, with a new link too); the task finished 30 hours ago, and links"
            " usually last 24 hours, files 14 days",
            "hint": "running this again cannot bring it back",
            "temporary": False,
        },
    }


def test_a_refused_key_ends_the_run_and_what_has_succeeded_is_saved(
    kiecli: Program, kie: Faults
) -> None:
    kie.always("recordInfo", envelope(402, "Credits insufficient"), task_id="b")
    assert kiecli("download", "-q", "-w", "demo-image", "b", "demo-slow") == Ran(
        4,
        "demo-image-1.png\n",
        "kiecli: the account is out of credits: Credits insufficient (code 402)."
        " Top up at https://kie.ai/pricing\n",
    )


def test_a_key_that_is_refused_for_a_fresh_link_is_the_exit_code_of_its_task(
    kiecli: Program, kie: Faults
) -> None:
    dead, gone = "https://kie.test/dead.png", "https://kie.test/gone.png"
    kie.task("a", urls=[kie.file("/a.png", PNG), dead, gone])
    for url in (dead, gone):
        kie.always(httpx.URL(url).path, httpx.Response(404))
    kie.next("download-url", envelope(422, "url is wrong"))
    kie.always("download-url", envelope(433, "limit"))
    ran = kiecli("download", "-q", "-j", "1", "a", "demo-image")
    assert (ran.code, ran.out) == (4, "a-1.png\ndemo-image-1.png\n")
    assert ran.err.splitlines()[-1] == (
        "kiecli: a: could not save a-3.png: the file host answered 404 Not Found, and Kie gave no"
        " new link: the API key has used up its quota: limit (code 433). Raise its limit at"
        " https://kie.ai/api-key, or use another key"
    )


def test_an_unfinished_task_is_not_annotated(kiecli: Program) -> None:
    assert kiecli("download", "demo-slow", "demo-video", GITHUB_ACTIONS="true") == Ran(
        8,
        "",
        "kiecli: demo-slow, demo-video: not finished yet: waiting."
        " To wait for them: kiecli download --wait demo-slow demo-video\n"
        "kiecli: 2 tasks: 2 not finished (demo-slow, demo-video)\n",
    )


def test_links_that_are_about_to_expire_are_mentioned(kiecli: Program, clock: FakeClock) -> None:
    kiecli("status", "-q", "demo-image")
    clock.advance(22.5 * 3600)
    assert kiecli("download", "demo-image") == Ran(
        0,
        "demo-image-1.png\n",
        "kiecli: demo-image: its links expire in about 1h29m\n"
        "kiecli: saved demo-image-1.png (16.4 kB)\n",
    )


def test_verbose_tells_requests_without_their_query(kiecli: Program, kie: Faults) -> None:
    url = kie.file("/a.png", PNG)
    kie.task("a", urls=[f"{url}?token=secret"])
    assert kiecli("download", "-v", "-q", "a") == Ran(
        0,
        "a-1.png\n",
        "kiecli: GET kie.test/api/v1/jobs/recordInfo a: HTTP 200, code 200, 0 ms\n"
        "kiecli: GET kie.test/a.png a: HTTP 200, 0 ms\n",
    )


def test_verbose_names_the_task_of_a_fresh_link(kiecli: Program, kie: Faults) -> None:
    kie.task("a", urls=["https://kie.test/gone.png"])
    kie.always("file", httpx.Response(404))
    kie.always("download-url", envelope(422, "url is wrong"))
    ran = kiecli("download", "-v", "-q", "a")
    assert (
        "kiecli: POST kie.test/api/v1/common/download-url a: HTTP 200, code 422, 0 ms"
        in ran.err.splitlines()
    )


def test_the_key_goes_to_the_api_only(kiecli: Program, kie: Faults) -> None:
    kiecli("download", "-q", "demo-image", "demo-expired")
    assert kie.seen("file")
    assert not any("authorization" in seen.headers for seen in kie.seen("file"))


def test_on_a_terminal_paths_are_the_lines_of_the_files(kiecli: Program) -> None:
    screens = []
    for _ in range(2):
        screens.append(screen := FakeTerminal(200))
        kiecli("download", "demo-images", out=screen, err=screen, environ=WIDE)
    assert screens[0].screen == SIX.rstrip()
    assert screens[1].screen == f"{SIX}already there: 6 files (22.0 kB)"


def test_of_several_tasks_the_summary_says_what_was_there(kiecli: Program) -> None:
    for _ in range(2):
        screen = FakeTerminal(200)
        kiecli("download", "demo-images", "demo-image", out=screen, err=screen, environ=WIDE)
    assert screen.screen == f"{SIX}demo-image-1.png\n2 tasks: 2 already there (7 files)"


def test_beside_a_pipe_the_terminal_has_a_line_a_file(kiecli: Program) -> None:
    screen = FakeTerminal(200)
    ran = kiecli("download", "-w", "demo-image", "demo-video", err=screen, environ=WIDE)
    assert ran.out == "demo-image-1.png\ndemo-video-1.mp4\n"
    assert screen.screen == (
        "saved demo-image-1.png (16.4 kB)\n"
        f"saved demo-video-1.mp4 ({size(len(MP4))})\n"
        f"2 tasks: 2 saved (2 files, {size(len(PNG) + len(MP4))}, 56.5 credits)"
    )


def test_a_slow_kie_is_waited_for_visibly(kiecli: Program) -> None:
    kiecli.latency = 3.0
    screen = FakeTerminal(200)
    kiecli("download", "demo-image", err=screen, environ=WIDE)
    assert any(frame.endswith(" 1 task: 1 to go · 2s") for frame in screen.frames)


@pytest.mark.parametrize("argv", [["demo-image"], ["-o", "-", "demo-image"]])
def test_a_stdout_that_is_full_is_told(kiecli: Program, argv: list[str]) -> None:
    full = FakeStream(breaks=OSError(errno.ENOSPC, "No space left on device"))
    ran = kiecli("download", "-q", *argv, out=full)
    assert ran == Ran(
        7,
        "",
        "kiecli: cannot write to stdout: no space left on device."
        f" To try again: kiecli download {' '.join(argv)}\n",
    )


@pytest.mark.parametrize("argv", [["demo-image"], ["-o", "-", "demo-image"]])
def test_a_reader_that_has_gone_ends_the_run_without_a_word(
    kiecli: Program, argv: list[str]
) -> None:
    gone = FakeStream(breaks=BrokenPipeError(errno.EPIPE, "Broken pipe"))
    assert kiecli("download", *argv, out=gone).code == 141


def test_fresh_links_share_the_budget_of_the_looks(
    kiecli: Program, kie: Faults, clock: FakeClock
) -> None:
    dead = [f"https://kie.test/{n}.png" for n in range(12)]
    kie.always("file", httpx.Response(404))
    kie.task("a", urls=dead)
    clock.advance(3600)
    assert kiecli("download", "-q", "a").code == 7
    requested = [seen.at - 3600 for seen in (*kie.seen("recordInfo"), *kie.seen("download-url"))]
    assert len(requested) == 13
    assert all(
        later - earlier >= 1 for earlier, later in zip(requested, requested[8:], strict=False)
    )


def test_a_rate_limit_on_fresh_links_pauses_the_polls_too(kiecli: Program, kie: Faults) -> None:
    kie.next("download-url", httpx.Response(429, headers={"Retry-After": "30"}))
    kie.task("slow", "generating")
    ran = kiecli("download", "-q", "--wait", "-t", "40s", "demo-expired", "slow")
    assert ran.code == 7
    requested = sorted(seen.at for seen in (*kie.seen("recordInfo"), *kie.seen("download-url")))
    assert [at for at in requested if at < 30] == [0, 0, 0]
    assert len(requested) > 5
