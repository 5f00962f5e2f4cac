"""One archive for several kiecli at once."""

from itertools import chain

from tests.support.downloads import PNG
from tests.support.processes import Installed
from tests.support.server import FaultyServer

TASKS = 40


def test_three_at_once_lose_no_line_and_tear_none(kie: FaultyServer, kiecli: Installed) -> None:
    """Each has tasks of its own, and some that all of them have."""
    shared = [f"shared-{n}" for n in range(5)]
    own = [[f"own-{run}-{n}" for n in range(TASKS)] for run in range(3)]
    every = [*shared, *chain.from_iterable(own)]
    url = kie.faults.file("/a.png", PNG)
    for task_id in every:
        kie.faults.task(task_id, urls=[url])
    (kiecli.folder / "done.txt").write_text("# ended by nobody")
    running = [
        kiecli.start("download", "-q", "-j", "8", "--archive", "done.txt", *mine, *shared)
        for mine in own
    ]
    for one in running:
        with one:
            assert one.end().code == 0
    first, *lines = (kiecli.folder / "done.txt").read_text().splitlines()
    words = [line.split("\t") for line in lines]
    assert (first, {len(each) for each in words}) == ("# ended by nobody", {3})
    assert {each[1] for each in words} == {"saved"}
    assert {each[0] for each in words} == {*every}
    requests = len(kie.faults.requests)
    ran = kiecli("download", "--archive", "done.txt", *every)
    assert ran == (0, "", "kiecli: skipped 125 tasks that done.txt lists\n")
    assert len(kie.faults.requests) == requests
