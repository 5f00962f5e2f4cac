"""Clocks that are set while the program runs: waiting goes by the one that nobody can set."""

from collections.abc import Callable

import httpx
import pytest

from tests.support.fakes import FakeClock
from tests.support.faults import Faults, record
from tests.support.program import Program, Ran

_HOURS = 2 * 3600.0


def _setting(clock: FakeClock, jump: float) -> Callable[[httpx.Request], httpx.Response]:
    """Return an answer that sets the clock as it is given."""

    def answer(_request: httpx.Request) -> httpx.Response:
        clock.wall_offset += jump
        return record("a", "waiting")

    return answer


@pytest.mark.parametrize("jump", [-_HOURS, _HOURS], ids=["back", "forward"])
def test_a_wait_takes_as_long_as_it_takes(
    jump: float, kiecli: Program, kie: Faults, clock: FakeClock
) -> None:
    kie.next("recordInfo", record("a", "waiting"), _setting(clock, jump))
    kie.task("a", urls=["https://files.test/a.png"])
    assert kiecli("wait", "a") == Ran(
        0,
        "https://files.test/a.png\n",
        "kiecli: a: waiting\nkiecli: a: success (took 13s, waited 4s), 1 result\n",
    )


@pytest.mark.parametrize("jump", [-_HOURS, _HOURS], ids=["back", "forward"])
def test_a_deadline_comes_when_it_was_to_come(
    jump: float, kiecli: Program, kie: Faults, clock: FakeClock
) -> None:
    kie.next("recordInfo", _setting(clock, jump))
    kie.task("a", "waiting")
    assert kiecli("wait", "-q", "-t", "10s", "a") == Ran(
        124,
        "",
        "kiecli: still waiting after 10s. The task is still running at Kie; to keep waiting: "
        "kiecli wait -t 10s a\n",
    )
    assert clock.now() == 10
