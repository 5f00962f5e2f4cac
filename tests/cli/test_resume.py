"""The line to run: it does all of what is left, or there is none."""

import io
from signal import SIGINT
from typing import Any

import httpx
import pytest

from kiecli.errors import Interrupted
from tests.support.faults import Faults
from tests.support.program import FakeStream, Program, Ran
from tests.support.terminal import FakeTerminal


def test_tasks_that_are_late_in_two_states_have_one_line(kiecli: Program, kie: Faults) -> None:
    kie.task("a", "waiting")
    kie.task("b", "generating")
    assert kiecli("wait", "-q", "-t", "5s", "hero=a", "b") == Ran(
        124,
        "",
        "kiecli: hero: still waiting after 5s. The task is still running at Kie\n"
        "kiecli: b: still generating after 5s. The task is still running at Kie\n"
        "kiecli: to keep waiting: kiecli wait -t 5s hero=a b\n",
    )


def test_what_is_late_and_what_could_not_be_saved_have_one_line(
    kiecli: Program, kie: Faults
) -> None:
    kie.always("/a.png", httpx.Response(500))
    kie.task("a", urls=["https://kie.test/a.png"])
    kie.task("b", "generating")
    ran = kiecli("download", "-q", "-w", "-t", "5s", "a", "hero=b")
    late, *errors, line = ran.err.splitlines()
    assert ran.code == 7
    assert late.startswith("kiecli: a: could not save a-1.png: ")
    assert errors == ["kiecli: hero: still generating after 5s. The task is still running at Kie"]
    assert line == "kiecli: to continue: kiecli download -w -t 5s a hero=b"


@pytest.mark.parametrize("flags", [(), ("-q",)])
def test_an_unfinished_task_is_no_error(
    kiecli: Program, kie: Faults, flags: tuple[str, ...]
) -> None:
    kie.task("a", "waiting")
    kie.task("b", "generating")
    loud = (
        "kiecli: a: not finished yet: waiting\n"
        "kiecli: b: not finished yet: generating\n"
        "kiecli: 2 tasks: 2 not finished (a, b)\n"
        "kiecli: to wait for them: kiecli download --wait a b\n"
    )
    assert kiecli("download", *flags, "a", "b") == Ran(8, "", "" if flags else loud)


def test_a_signal_names_also_what_could_not_be_saved(kiecli: Program, kie: Faults) -> None:
    kie.always("/a.png", httpx.Response(500))
    kie.task("a", urls=["https://kie.test/a.png"])
    kiecli.event_queue.put_at(600.0, Interrupted(SIGINT))
    ran = kiecli("download", "-q", "-w", "-t", "1h", "hero=a", "demo-slow", "demo-fail")
    assert ran.err.endswith("to continue: kiecli download -w -t 1h hero=a demo-slow\n")


@pytest.mark.usefixtures("folder")
def test_a_signal_after_the_last_task_has_no_line(kiecli: Program) -> None:
    class Interrupting(io.BytesIO):
        """What takes stderr, and the signal comes with the summary."""

        def write(self, data: Any, /) -> int:
            if b"2 tasks:" in bytes(data):
                raise Interrupted(SIGINT)
            return super().write(data)

    err = FakeStream()
    err.buffer = Interrupting()  # type: ignore[assignment]
    ran = kiecli("download", "demo-image", "demo-text", err=err)
    assert (ran.code, ran.err.splitlines()[-1]) == (130, "kiecli: interrupted")


MANY = [f"t{n}" for n in range(201)]


def test_too_many_tasks_are_waited_for_by_the_same_line_with_wait(
    kiecli: Program, kie: Faults
) -> None:
    for task_id in MANY:
        kie.task(task_id, "generating")
    assert kiecli("download", *MANY).err.splitlines()[0] == (
        "kiecli: t0, t1, t2 and 198 more: not finished yet: generating."
        " To wait for them: run the same line again with --wait; what is saved is kept"
    )


def test_too_many_tasks_that_are_left_open_need_the_same_line_without_the_option(
    kiecli: Program, kie: Faults
) -> None:
    for task_id in MANY:
        kie.task(task_id, "generating")
    ran = kiecli("wait", "--any", "demo-image", *MANY)
    assert ran.err.splitlines()[-1] == (
        "kiecli: 201 tasks may still be running at Kie, and paid for; to wait for them:"
        " run the same line again without --any; what is saved is kept"
    )


def test_too_many_tasks_that_were_waited_for_are_saved_by_download(
    kiecli: Program, kie: Faults
) -> None:
    for task_id in MANY:
        kie.task(task_id, urls=["https://kie.test/1.png"])
    ran = kiecli("wait", *MANY, err=FakeTerminal(400))
    assert ran.err.splitlines()[-1] == (
        "to save the results within 23h59m: run the same line again"
        " with 'download --wait' in place of 'wait'; what is saved is kept"
    )
