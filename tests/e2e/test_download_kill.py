"""`kill -9` at random moments: never a wrong file under the final name, and the part is used."""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from kiecli.sandbox.files import etag
from tests.downloads import PNG
from tests.processes import Installed
from tests.server import FaultyServer
from tests.wire import FileScript

NAME = "t1-1.png"
KILLS = int(os.environ.get("KIECLI_KILLS", "100"))
LONGEST = 120.0  # seconds in which as many kills are made as fit
# What follows a PNG's end does not matter: two files of one length that differ in every byte.
ONE = PNG + bytes(range(256)) * 20_000
OTHER = PNG + bytes(range(255, -1, -1)) * 20_000


def dripped(body: bytes, *, if_range: bool = True) -> FileScript:
    """Return a file that takes about a second."""
    return FileScript(body, drip=(len(body) // 50, 0.02), if_range=if_range)


def killed(kiecli: Installed, after: float, runs: int = 1) -> None:
    """Start so many downloads and kill each, the first so many seconds after its start."""
    with ExitStack() as stack:
        for running in [
            stack.enter_context(kiecli.start("download", "-q", "t1")) for _ in range(runs)
        ]:
            try:
                running.process.wait(after)
            except subprocess.TimeoutExpired:
                running.send(signal.SIGKILL)
                running.process.wait()


def moments(kills: int) -> Iterator[float]:
    """Yield after how many seconds to kill, over and over for as long as there is time."""
    draw = random.Random(kills)
    until = time.monotonic() + LONGEST
    for _ in range(kills):
        if time.monotonic() < until:
            yield draw.uniform(0.1, 0.6)


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
        killed(kiecli, moment)
        kills += 1
        removed(kiecli, [ONE])
    finished(kiecli, [ONE])
    taken_up = [seen for seen in kie.faults.seen("file") if "Range" in seen.headers]
    assert len(taken_up) > kills // 4


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
        killed(kiecli, moment, runs=2)
        removed(kiecli, [ONE, OTHER])
    finished(kiecli, [ONE, OTHER])
