"""Waiting over real connections and threads."""

from tests.support.processes import Installed
from tests.support.server import FaultyServer
from tests.support.wire import silence


def test_polls_that_hang_keep_no_other_task_waiting(kie: FaultyServer, kiecli: Installed) -> None:
    """There are as many as all threads once were, and the rest is polled behind them."""
    hanging = [f"hanging-{n}" for n in range(32)]
    good = [f"good-{n}" for n in range(10)]
    for task_id in hanging:
        kie.faults.always("recordInfo", silence(), task_id=task_id)
    for task_id in good:
        kie.faults.task(task_id, urls=[f"{kie.url}/{task_id}.png"])
    ran = kiecli("wait", "-q", "-t", "3s", *hanging, *good)
    assert (ran.code, sorted(ran.out.splitlines())) == (
        6,
        [f"{kie.url}/{task_id}.png" for task_id in good],
    )
