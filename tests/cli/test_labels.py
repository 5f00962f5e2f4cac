"""Labels: a user's own names for tasks, shown wherever a task is named for people."""

import json
from pathlib import Path
from signal import SIGINT

import httpx
import pytest

from kiecli.errors import Interrupted
from kiecli.system.syntax import SHELL
from tests.support.creation import creation
from tests.support.faults import Faults, envelope
from tests.support.program import Program, Ran
from tests.support.systems import native
from tests.support.terminal import FakeTerminal

WIDE = {"COLUMNS": "200"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a run starts in."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_files_are_called_by_the_label(kiecli: Program, here: Path) -> None:
    ran = kiecli("download", "-q", "hero=demo-image", "my song=demo-audio", "demo-text")
    names = ["hero-1.png", "my-song-1.wav", "my-song-2.wav", "demo-text-1.json"]
    assert ran == Ran(0, "".join(f"{name}\n" for name in names), "")
    assert {path.name for path in here.iterdir()} == set(names)


@pytest.mark.usefixtures("here")
def test_a_template_can_have_the_label(kiecli: Program) -> None:
    argv = ["-n", "-o", "{label}/{prompt}.{ext}"]
    path = native("hero/Layered-hills-under-a-low-sun,-flat-colours.png")
    assert kiecli("download", *argv, "hero=demo-image").out == f"{path}\n"


@pytest.mark.parametrize("tasks", [["a=x", "b=y"], ["x", "y"]])
def test_several_tasks_need_a_template_that_tells_them_apart(
    kiecli: Program, tasks: list[str]
) -> None:
    assert kiecli("download", "-o", "{n}.{ext}", *tasks) == Ran(
        2,
        "",
        "kiecli: several tasks cannot share --output {n}.{ext}."
        f" Add {{label}}, as in: -o {SHELL.quote('{n}-{label}.{ext}')}\n",
    )


def test_a_line_in_a_pipe_has_the_label_last_and_an_answer_has_it_in_json(
    kiecli: Program, kie: Faults
) -> None:
    kie.task("bare", "waiting")
    fields = [
        line.split("\t") for line in kiecli("status", "my hero=bare", "nope").out.splitlines()
    ]
    assert [(each[0], len(each), each[-1]) for each in fields] == [
        ("bare", 8, "my hero"),
        ("nope", 8, ""),
    ]
    shown = kiecli("status", "--json", "my hero=bare", "demo-image").out.splitlines()
    assert [json.loads(line)["label"] for line in shown] == ["my hero", None]


@pytest.mark.usefixtures("here")
def test_kieclis_own_json_brings_its_labels_along(kiecli: Program) -> None:
    shown = kiecli("wait", "--json", "-q", "hero=demo-image", "demo-text").out
    ran = kiecli("download", "-q", "-", stdin=shown)
    assert ran == Ran(0, "hero-1.png\ndemo-text-1.json\n", "")


def test_a_map_from_stdin_labels_what_was_just_created(kiecli: Program, kie: Faults) -> None:
    kie.always("recordInfo", httpx.Response(502))
    stdin = json.dumps({"hero": json.loads(creation("new1")), "foot er": "old"})
    assert kiecli("wait", "-t", "0", "-", stdin=stdin) == Ran(
        6,
        "",
        "kiecli: created hero=new1; if interrupted, continue with: "
        f"kiecli wait -t 0 hero=new1 {SHELL.quote('foot er=old')}\n"
        "kiecli: hero, foot er: Kie answered with an error page (HTTP 502)."
        f" To try again: kiecli wait -t 0 hero=new1 {SHELL.quote('foot er=old')}\n",
    )


def test_messages_of_a_wait_name_the_label(kiecli: Program, kie: Faults) -> None:
    kie.next("recordInfo", envelope(422, "recordInfo is null"), task_id="demo-video")
    ran = kiecli("wait", "-t", "3s", "clip=demo-video", "x=demo-fail", "t=demo-text", "nope=nope")
    named = [line.split(": ")[1] for line in ran.err.splitlines()]
    assert set(named) == {"clip", "x", "t", "nope"}
    assert (
        "kiecli: t: succeeded with no files; to show its text: kiecli download -o - t=demo-text\n"
        in ran.err
    )
    assert ran.err.endswith("to keep waiting: kiecli wait -t 3s clip=demo-video\n")


def test_a_signal_keeps_the_labels(kiecli: Program) -> None:
    kiecli.event_queue.put_at(5.0, Interrupted(SIGINT))
    ran = kiecli("download", "-q", "-w", "hero=demo-slow", "demo-fail")
    assert ran.err.endswith("to continue: kiecli download -w hero=demo-slow\n")


@pytest.mark.usefixtures("here")
def test_a_file_that_cannot_be_saved_names_the_label(kiecli: Program) -> None:
    ran = kiecli("download", "-q", "hero=demo-expired")
    assert ran.err.startswith("kiecli: hero: could not save hero-1.png: ")
    assert "demo-expired" not in ran.err.partition("\n")[0]


def test_an_annotation_names_the_label(kiecli: Program) -> None:
    ran = kiecli("wait", "-q", "hero=demo-fail", GITHUB_ACTIONS="true")
    [annotation] = [line for line in ran.err.splitlines() if line.startswith("::")]
    assert annotation.startswith("::error title=kiecli::hero: Kie says the task failed (422)")


def test_the_live_block_and_the_summary_name_the_label(kiecli: Program) -> None:
    screen = FakeTerminal(200)
    kiecli("wait", "my clip=demo-video", "hero=demo-image", err=screen, environ=WIDE)
    block = [line.split("  ")[0] for line in screen.frames[0].splitlines()]
    assert block[:2] == ["\u280b my clip", "\u280b hero"]
    clip = SHELL.quote("my clip=demo-video")
    assert screen.screen.endswith(f": kiecli download {clip} hero=demo-image")


def test_a_result_that_does_not_fit_on_stdout_gets_the_line_with_the_label(kiecli: Program) -> None:
    assert kiecli("download", "-o", "-", "hero=demo-images") == Ran(
        2,
        "",
        "kiecli: hero: -o - takes one result, and this task has 6."
        " To save them as files: kiecli download hero=demo-images\n",
    )


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["hero=a", "hero=b"],
            (
                "argument 1 and argument 2 name two tasks, both as 'hero'."
                " Give each task a label of its own"
            ),
        ),
        (["a=b", "a"], "the label 'a' is the id of another task"),
        (["a/b=c"], None),
    ],
)
def test_a_label_in_the_way_is_refused_before_any_request(
    kiecli: Program, kie: Faults, argv: list[str], message: str | None
) -> None:
    ran = kiecli("status", *argv)
    if message is None:
        assert ran.code == 5
    else:
        assert ran == Ran(2, "", f"kiecli: {message}\n")
        assert kie.requests == []
