"""`kill -9` at random moments: never a wrong file under the final name, and the part is used."""

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import httpx
import pytest

from kiecli.sandbox.files import etag
from tests.support.downloads import PNG
from tests.support.processes import Installed, Ran, Running, until
from tests.support.server import FaultyServer
from tests.support.wire import FileScript

NAME = "t1-1.png"
KILLS = int(os.environ.get("KIECLI_KILLS", "100"))
LONGEST = 120.0  # seconds in which as many kills are made as fit
# What follows a PNG's end does not matter: two files of one length that differ in every byte.
ONE = PNG + bytes(range(256)) * 20_000
OTHER = PNG + bytes(range(255, -1, -1)) * 20_000
MAX_PAUSE = 0.12  # seconds: half of what a whole file takes, so that parts are left to resume
# Whoever is killed cannot say what it ran.
UNMEASURED = {"COVERAGE_PROCESS_CONFIG": None, "COVERAGE_PROCESS_START": None}


class Moment(NamedTuple):
    """When to kill a run: by what it does, as the clock tells nothing on a busy machine."""

    at_ask: bool
    """Counted from its question to the host, instead of from its first byte."""
    pause: float
    """Seconds."""


def moments(kills: int) -> Iterator[Moment]:
    """Yield when to kill, over and over for as long as there is time."""
    draw = random.Random(kills)
    end = time.monotonic() + LONGEST
    for _ in range(kills):
        if time.monotonic() < end:
            yield Moment(draw.random() < 0.25, draw.uniform(0, MAX_PAUSE))


def dripped(body: bytes, *, if_range: bool = True) -> FileScript:
    """Return a file that takes about a quarter of a second."""
    return FileScript(body, drip=(len(body) // 50, 0.005), if_range=if_range)


def killed(kie: FaultyServer, kiecli: Installed, moment: Moment, runs: int = 1) -> None:
    """Start so many downloads, and kill one after the other, each at its moment."""
    with ExitStack() as stack:
        for running in [stack.enter_context(started(kiecli)) for _ in range(runs)]:
            await_progress(running, asked(kie) if moment.at_ask else written(kiecli))
            time.sleep(moment.pause)
            running.send(signal.SIGKILL)
            running.process.wait()


def started(kiecli: Installed) -> Running:
    return kiecli.start("download", "-q", "t1", environ=UNMEASURED)


def await_progress(running: Running, state: Callable[[], object]) -> None:
    """Wait until the state is another one, or the run has come to its end."""
    before = state()
    until(lambda: state() != before or running.process.poll() is not None)


def asked(kie: FaultyServer) -> Callable[[], int]:
    """Return what tells how often the host was asked."""
    return lambda: len(kie.faults.seen("file"))


def written(kiecli: Installed) -> Callable[[], int]:
    """Return what tells when the part was written to, 0 while it is empty or missing."""

    def last() -> int:
        try:
            part = (kiecli.folder / f"{NAME}.part").stat()
        except FileNotFoundError:
            return 0
        return part.st_mtime_ns if part.st_size else 0

    return last


def removed(kiecli: Installed, right: list[bytes]) -> None:
    """Remove the file if it is there; it must be one of the right ones."""
    target = kiecli.folder / NAME
    if target.exists():
        assert target.read_bytes() in right
        target.unlink()


def finished(kiecli: Installed, right: list[bytes]) -> None:
    """Let a run come to its end: it leaves one right file and nothing else."""
    ran = kiecli("download", "--json", "t1")
    (file,) = json.loads(ran.out)["files"]
    assert (ran.code, file["status"]) == (0, "saved")
    assert file["sha256"][:32] in [etag(body).strip('"') for body in right]
    assert [path.name for path in kiecli.folder.iterdir()] == [NAME]
    removed(kiecli, right)


def test_a_file_survives_a_hundred_kills(kie: FaultyServer, kiecli: Installed) -> None:
    kie.faults.task("t1", urls=[f"{kie.url}/a.png"])
    kie.faults.always("/a.png", dripped(ONE))
    kills = 0
    for moment in moments(KILLS):
        killed(kie, kiecli, moment)
        kills += 1
        removed(kiecli, [ONE])
    finished(kiecli, [ONE])
    taken_up = [seen for seen in kie.faults.seen("file") if "Range" in seen.headers]
    assert len(taken_up) > kills // 4


@pytest.mark.parametrize("script", [{"cuts": [5000], "end": "stall"}, {"drip": (500, 0.02)}])
def test_what_is_in_the_part_is_taken_up(
    kie: FaultyServer, kiecli: Installed, script: dict[str, Any]
) -> None:
    kie.faults.task("t1", urls=[f"{kie.url}/a.png"])
    kie.faults.always("/a.png", FileScript(PNG, **script))
    with started(kiecli) as running:
        until(written(kiecli))
        running.send(signal.SIGKILL)
        running.process.wait()
    have = (kiecli.folder / f"{NAME}.part").stat().st_size
    finished(kiecli, [PNG])
    assert have >= 500
    assert [seen.headers.get("Range") for seen in kie.faults.seen("file")] == [
        None,
        f"bytes={have}-",
    ]


@pytest.mark.parametrize("if_range", [True, False])
def test_a_file_that_changes_between_the_kills_of_two_runs_is_never_mixed(
    kie: FaultyServer, kiecli: Installed, if_range: bool
) -> None:
    draw = random.Random(2)
    bodies = [dripped(body, if_range=if_range) for body in (ONE, OTHER)]

    def either(request: httpx.Request) -> httpx.Response:
        return draw.choice(bodies)(request)

    kie.faults.task("t1", urls=[f"{kie.url}/a.png"])
    kie.faults.always("/a.png", either)
    for moment in moments(KILLS // 5):
        killed(kie, kiecli, moment, runs=2)
        removed(kiecli, [ONE, OTHER])
    finished(kiecli, [ONE, OTHER])


def test_a_folder_that_is_removed_between_two_runs_ends_with_a_whole_file(
    kie: FaultyServer, kiecli: Installed
) -> None:
    """`rm -rf out` while one run writes there, and a second run at once."""
    kie.faults.task("t1", urls=[f"{kie.url}/a.png"])
    # Long enough for the second run to have a part of its own when the first is complete.
    kie.faults.always("/a.png", FileScript(ONE, drip=(len(ONE) // 50, 0.03)))
    out = kiecli.folder / "out"
    for moment in moments(KILLS // 30):
        with ExitStack() as stack:
            runs = [stack.enter_context(kiecli.start("download", "-q", "-d", "out", "t1"))]
            await_progress(runs[0], asked(kie))
            time.sleep(moment.pause)
            shutil.rmtree(out, ignore_errors=True)
            runs.append(stack.enter_context(kiecli.start("download", "-q", "-d", "out", "t1")))
            for run in runs:
                assert run.end() == Ran(0, f"out/{NAME}\n", "")
                assert (out / NAME).read_bytes() == ONE
        assert [path.name for path in out.iterdir()] == [NAME]
        shutil.rmtree(out)
