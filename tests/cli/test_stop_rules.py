"""`--any` and `--fail-fast`: a run that one task decides."""

import json
from math import inf
from pathlib import Path
from signal import SIGINT

import httpx
import pytest

from kiecli.errors import Interrupted
from kiecli.sandbox import media
from tests.support.faults import Faults, record
from tests.support.program import Program, Ran

IMAGE = "https://kie.test/files/demo-image/1/image.png\n"
VIDEO = "https://kie.test/files/demo-video/1/video.mp4\n"
ONE = "kiecli: 1 task is still running at Kie, and paid for; to wait for it: kiecli"
REST = "kiecli: 1 task is still running at Kie, and paid for; to continue: kiecli"
MAYBE = "kiecli: 1 task may still be running at Kie, and paid for; to wait for it: kiecli"
MAYBE_TWO = "kiecli: 2 tasks may still be running at Kie, and paid for; to wait for them: kiecli"
PNG = media.body("image.png")


@pytest.fixture(autouse=True)
def here(folder: Path) -> Path:
    """Every test runs in an empty folder."""
    return folder


def _saved(kie: Faults, task_id: str, **script: object) -> str:
    """Make a task known that has succeeded, with one file."""
    url = kie.file(f"/{task_id}.png", PNG, **script)
    kie.task(task_id, urls=[url])
    return url


@pytest.mark.parametrize(
    ("argv", "ran", "last"),
    [
        (["--any", "demo-slow", "demo-video"], (0, VIDEO), f"{ONE} wait demo-slow"),
        (["--any", "demo-video", "demo-image"], (0, IMAGE), f"{ONE} wait demo-video"),
        (["--any", "demo-fail", "demo-slow", "demo-image"], (0, IMAGE), f"{ONE} wait demo-slow"),
        (["--any", "demo-image"], (0, IMAGE), "kiecli: demo-image: success (took 13s), 1 result"),
        (["--fail-fast", "demo-fail", "demo-slow", "a"], (1, ""), f"{MAYBE_TWO} wait demo-slow a"),
        (["--fail-fast", "demo-image", "nope", "demo-slow"], (5, IMAGE),
         f"{ONE} wait demo-slow"),
        (["--fail-fast", "demo-slow", "away"], (6, ""), f"{REST} wait demo-slow away"),
        (["--fail-fast", "-q", "away", "demo-slow"], (6, ""), f"{REST} wait away demo-slow"),
        (["--fail-fast", "off", "demo-slow"], (4, ""), f"{MAYBE} wait demo-slow"),
        (["--any", "demo-image", "b", "c"], (0, IMAGE), f"{MAYBE_TWO} wait b c"),
        (["--any", "nope", "demo-image"], (0, IMAGE),
         "kiecli: 1 task is not visible yet; to wait for it: kiecli wait nope"),
        (["--any", "nope", "away", "a", "off", "demo-video"], (0, VIDEO),
         ("kiecli: 1 task is not visible yet; 1 task may still be running at Kie, and paid for;"
         " 1 task is still running at Kie, and paid for;"
         " to wait for them: kiecli wait nope away a")),
    ],
)  # fmt: skip
def test_one_task_decides_a_wait(
    kiecli: Program, kie: Faults, argv: list[str], ran: tuple[int, str], last: str
) -> None:
    kie.always("recordInfo", httpx.Response(502), task_id="away")
    kie.always("recordInfo", httpx.Response(200, json={"code": 505, "msg": "off"}), task_id="off")
    kie.task("a", "generating")
    done = kiecli("wait", *argv)
    assert (done.code, done.out) == ran
    lines = [line for line in done.err.splitlines() if "succeeded" not in line]
    assert lines[-1] == last


@pytest.mark.parametrize(
    ("argv", "code", "out"),
    [
        (["--any", "demo-fail", "nope"], 1, ""),
        (["--any", "-t", "10s", "demo-fail", "demo-slow"], 1, ""),
        (["--any", "-t", "10s", "demo-slow"], 124, ""),
        (["--fail-fast", "-t", "10s", "demo-slow", "demo-image"], 124, IMAGE),
        (["--fail-fast", "demo-video", "demo-image"], 0, IMAGE + VIDEO),
        (["--fail-fast", "wrong", "demo-image"], 2, IMAGE),
    ],
)
def test_where_no_task_decides_the_code_is_as_without_it(
    kiecli: Program, kie: Faults, argv: list[str], code: int, out: str
) -> None:
    kie.always("recordInfo", httpx.Response(200, json={"code": 400, "msg": "bad"}), task_id="wrong")
    ran = kiecli("wait", "-q", *argv)
    assert (ran.code, ran.out) == (code, out)
    assert "paid for" not in ran.err


@pytest.mark.parametrize("option", ["--any", "--fail-fast"])
def test_a_deadline_and_a_signal_repeat_the_option(kiecli: Program, option: str) -> None:
    ran = kiecli("wait", "-q", "-t", "5s", option, "demo-slow")
    assert ran.err.endswith(f" to keep waiting: kiecli wait -t 5s {option} demo-slow\n")
    kiecli.event_queue.put_at(kiecli.clock.now() + 1, Interrupted(SIGINT))
    ran = kiecli("download", "-w", "-d", "out", option, "demo-slow", "demo-video")
    assert ran.err.endswith(
        f"interrupted; to continue: kiecli download -w -d out {option} demo-slow demo-video\n"
    )


@pytest.mark.parametrize(
    ("argv", "outcomes"),
    [
        (
            ["--any", "demo-slow", "demo-image"],
            [("demo-image", "success", "success", 0), ("demo-slow", "waiting", "pending", 8)],
        ),
        (
            ["--fail-fast", "demo-fail", "demo-slow"],
            [("demo-fail", "fail", "failed", 1), ("demo-slow", None, "pending", 8)],
        ),
    ],
)
def test_json_has_what_is_left_open_as_pending(
    kiecli: Program, argv: list[str], outcomes: list[tuple[str, str, str, int]]
) -> None:
    ran = kiecli("wait", "--json", *argv, environ={"GITHUB_ACTIONS": "true"})
    records = [json.loads(line) for line in ran.out.splitlines()]
    assert [(r["task_id"], r["state"], r["outcome"], r["exit_code"]) for r in records] == outcomes
    how = "succeeded" if "--any" in argv else "failed"
    assert records[-1]["error"] == {
        "kind": "unfinished",
        "message": f"not waited for any longer: another task has {how}",
        "hint": "to wait for it: kiecli wait --json demo-slow",
        "temporary": True,
    }
    annotated = [line for line in ran.err.splitlines() if line.startswith("::error")]
    assert len(annotated) == (how == "failed")


@pytest.mark.parametrize(
    ("argv", "outcomes"),
    [
        (["wait", "--any"], ["success", "pending", "error"]),
        (["download", "-w", "--fail-fast"], ["error", "pending", "error"]),
        (["download", "-w", "--any"], ["error", "error", "error"]),
    ],
)
def test_of_two_tasks_that_end_in_one_moment_one_decides(
    kiecli: Program, kie: Faults, argv: list[str], outcomes: list[str]
) -> None:
    for task_id in ("empty1", "empty2"):
        kie.task(task_id)
    kie.next("recordInfo", httpx.Response(500), task_id="key")
    kie.next("recordInfo", httpx.Response(401), task_id="key")
    ran = kiecli(*argv, "--json", "empty1", "empty2", "key")
    records = {r["task_id"]: r["outcome"] for r in map(json.loads, ran.out.splitlines())}
    assert [records[each] for each in ("empty1", "empty2", "key")] == outcomes


def test_what_would_end_in_the_same_moment_stays_open(kiecli: Program) -> None:
    kiecli.latency = iter([inf, 21.0]).__next__
    ran = kiecli("wait", "-t", "0", "--any", "--json", "silent", "demo-image")
    assert [json.loads(line)["exit_code"] for line in ran.out.splitlines()] == [0, 8]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["wait", "--any", "--fail-fast", "a"], "--any cannot go with --fail-fast"),
        (["download", "-w", "--any", "--fail-fast", "a"], "--any cannot go with --fail-fast"),
        (["download", "--any", "a"], "--any needs --wait"),
        (["download", "--fail-fast", "a"], "--fail-fast needs --wait"),
    ],
)
def test_misused_stop_rules_are_wrong_usage(
    kiecli: Program, kie: Faults, argv: list[str], message: str
) -> None:
    ran = kiecli(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"kiecli: {message}. ")
    assert kie.requests == []


def test_the_first_whose_results_are_saved_wins_a_download(kiecli: Program, kie: Faults) -> None:
    _saved(kie, "first")
    _saved(kie, "second")
    assert kiecli("download", "-w", "-q", "--any", "demo-slow", "first", "second") == Ran(
        0, "first-1.png\n", ""
    )
    assert [seen.path for seen in kie.seen("file")] == ["/first.png"]


def test_where_results_cannot_be_saved_the_next_may_win(kiecli: Program, kie: Faults) -> None:
    for task_id in ("dead", "gone"):
        kie.task(task_id, urls=[f"https://kie.test/{task_id}.png"], created=1_780_000_000)
    kie.always("file", httpx.Response(404))
    kie.always("recordInfo", record("twice", urls=["//h/a.png", "//h/b.png"]), task_id="twice")
    for task_id in ("good", "better"):
        _saved(kie, task_id)
    ran = kiecli("download", "-w", "--any", "dead", "gone", "twice", "good", "better", "demo-slow")
    assert (ran.code, ran.out) == (0, "good-1.png\n")
    assert ran.err.splitlines()[-1] == (
        "kiecli: 1 task has succeeded, too; 1 task is still running at Kie, and paid for;"
        " to continue: kiecli download -w better demo-slow"
    )
    assert "to fetch the rest" not in ran.err
    assert [seen.path for seen in kie.seen("file")] == ["/dead.png", "/gone.png", "/good.png"]


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (["one"], "1 task has succeeded, too; to get its results"),
        (["one", "two"], "2 tasks have succeeded, too; to get their results"),
    ],
)
def test_what_has_succeeded_while_another_was_saved_is_called_that(
    kiecli: Program, kie: Faults, late: list[str], words: str
) -> None:
    for task_id in ("first", *late):
        _saved(kie, task_id, delay=5.0)
    ran = kiecli("download", "-w", "--any", "first", *late)
    assert (ran.code, ran.out) == (0, "first-1.png\n")
    last = f"kiecli: {words}: kiecli download -w {' '.join(late)}"
    assert ran.err.splitlines()[-1] == last


@pytest.mark.parametrize(
    ("argv", "out", "last"),
    [
        (["wait", "--any", "-t", "0", "demo-slow", "demo-image"], IMAGE, f"{ONE} wait -t 0"),
        (["download", "-w", "--any", "-t", "0", "demo-slow", "good"], "good-1.png\n",
         f"{ONE} download -w -t 0"),
    ],
)  # fmt: skip
def test_what_is_late_while_another_wins_is_left_open_and_no_error(
    kiecli: Program, kie: Faults, argv: list[str], out: str, last: str
) -> None:
    _saved(kie, "good", delay=5.0)
    ran = kiecli(*argv, environ={"GITHUB_ACTIONS": "true"})
    assert (ran.code, ran.out, ran.err.splitlines()[-1]) == (0, out, f"{last} demo-slow")
    assert "::error" not in ran.err
    assert kiecli(*argv, "-q").err == ""
    ran = kiecli(*argv, "--json")
    records = [json.loads(line) for line in ran.out.splitlines()]
    assert [(r["task_id"], r["exit_code"]) for r in records] == [(argv[-1], 0), ("demo-slow", 8)]


def test_what_is_late_while_no_other_can_be_saved_has_met_the_deadline(
    kiecli: Program, kie: Faults
) -> None:
    kie.task("lost", urls=[kie.file("/lost.png", b"", delay=5.0)], created=0.0)
    line = ["download", "-w", "--any", "-t", "0", "demo-slow", "lost"]
    ran = kiecli(*line, "--json")
    records = [json.loads(each) for each in ran.out.splitlines()]
    assert [(r["task_id"], r["exit_code"]) for r in records] == [("lost", 7), ("demo-slow", 124)]
    assert ran.code == 7
    assert "demo-slow: still waiting. The task is still running at Kie; to keep waiting" in ran.err


def test_where_none_can_be_saved_the_code_is_that_of_saving(kiecli: Program, kie: Faults) -> None:
    kie.always("recordInfo", record("a", urls=["//h/a.png"]), task_id="a")
    kie.always("recordInfo", record("b", urls=["//h/b.png"]), task_id="b")
    ran = kiecli("download", "-w", "-q", "--any", "-o", "x.png", "a")
    assert ran.code == 7
    assert kiecli("download", "-w", "-q", "--any", "a", "b").code == 7


def test_what_is_being_saved_is_saved_to_its_end(kiecli: Program, kie: Faults) -> None:
    _saved(kie, "good", delay=5.0)
    kie.task("late", "generating")
    ran = kiecli("download", "-w", "--fail-fast", "good", "demo-fail", "late")
    assert (ran.code, ran.out) == (1, "good-1.png\n")
    assert ran.err.splitlines()[-1] == f"{MAYBE} download -w late"


def test_an_answer_that_comes_while_the_rest_is_saved_changes_nothing(
    kiecli: Program, kie: Faults
) -> None:
    _saved(kie, "good", delay=5.0)
    kie.task("late", "fail")
    kiecli.latency = iter([0.0, 0.0, 3.0, 0.0]).__next__
    ran = kiecli("download", "-w", "-q", "--fail-fast", "--json", "good", "demo-fail", "late")
    records = {r["task_id"]: r["exit_code"] for r in map(json.loads, ran.out.splitlines())}
    assert (ran.code, records) == (1, {"good": 0, "demo-fail": 1, "late": 8})


def test_after_a_winner_nobody_needs_what_could_be_tried_again(
    kiecli: Program, kie: Faults
) -> None:
    def late(_: httpx.Request) -> httpx.Response:
        state = "success" if kiecli.clock.now() > 150 else "generating"
        return record("late", state, urls=["https://kie.test/a.png"])

    kie.always("recordInfo", httpx.Response(502), task_id="away")
    kie.always("recordInfo", late, task_id="late")
    ran = kiecli("wait", "--any", "away", "late", "demo-slow")
    assert (ran.code, ran.out) == (0, "https://kie.test/a.png\n")
    assert "try again: kiecli" not in ran.err
    assert ran.err.splitlines()[-1] == f"{ONE} wait demo-slow"


def test_a_save_that_fails_decides_and_one_that_fails_later_changes_nothing(
    kiecli: Program, kie: Faults
) -> None:
    kie.always("recordInfo", record("lost", urls=["//h/a.png"]), task_id="lost")
    ran = kiecli("download", "-w", "-q", "--fail-fast", "lost", "demo-slow")
    assert ran.code == 7
    ran = kiecli("download", "-w", "-q", "--fail-fast", "lost", "demo-fail", "demo-slow")
    assert ran.code == 1
    assert "lost: could not save lost-1.png" in ran.err


def test_one_line_takes_up_what_is_left_open_and_what_can_be_tried_again(
    kiecli: Program, kie: Faults
) -> None:
    good, dead = _saved(kie, "good"), "https://kie.test/dead.png"
    kie.task("half", urls=[good, dead])
    kie.always("/dead.png", httpx.Response(500))
    ran = kiecli("download", "-w", "-q", "-d", "out", "--fail-fast", "demo-slow", "half")
    assert (ran.code, ran.err.splitlines()[1:]) == (
        7,
        [
            (
                "kiecli: 1 task is still running at Kie, and paid for; files already saved are "
                "kept; to fetch the rest: kiecli download -w -d out demo-slow half"
            )
        ],
    )


def test_what_is_left_open_after_a_download_has_no_files(kiecli: Program, kie: Faults) -> None:
    _saved(kie, "good")
    ran = kiecli("download", "-w", "--json", "--any", "good", "demo-slow")
    good, slow = map(json.loads, ran.out.splitlines())
    assert (good["exit_code"], [file["status"] for file in good["files"]]) == (0, ["saved"])
    assert (slow["exit_code"], slow["files"]) == (8, [])
    assert slow["error"]["hint"] == "to wait for it: kiecli download -w --json demo-slow"


def test_a_task_that_the_archive_lists_as_saved_has_won(
    kiecli: Program, kie: Faults, here: Path
) -> None:
    (here / "done.txt").write_text("old saved\nbad failed\n")
    line = ["download", "-w", "--any", "--archive", "done.txt"]
    ran = kiecli(*line, "--json", "new", "old", KIE_API_KEY="")
    records = [json.loads(each) for each in ran.out.splitlines()]
    assert [(r["task_id"], r["outcome"], r["exit_code"], r["files"]) for r in records] == [
        ("old", "skipped", 0, []),
        ("new", "pending", 8, []),
    ]
    assert ran.code == 0
    assert ran.err == (
        "kiecli: skipped 1 task that done.txt lists\n"
        f"{MAYBE} download -w --archive done.txt --json new\n"
    )
    assert kie.requests == []
    _saved(kie, "new")
    assert kiecli(*line, "-q", "bad", "new") == Ran(0, "new-1.png\n", "")
    assert kiecli(*line, "old") == Ran(0, "", "kiecli: skipped 1 task that done.txt lists\n")


@pytest.mark.parametrize("stop", [[], ["--fail-fast"]])
def test_without_any_what_the_archive_lists_as_saved_ends_nothing(
    kiecli: Program, kie: Faults, here: Path, stop: list[str]
) -> None:
    (here / "done.txt").write_text("old saved\n")
    _saved(kie, "new")
    line = ["download", "-w", "-q", *stop, "--archive", "done.txt", "old", "new"]
    assert kiecli(*line) == Ran(0, "new-1.png\n", "")
