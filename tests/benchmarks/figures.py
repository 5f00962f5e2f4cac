"""What the benchmarks share: runs that take turns, medians of pairs, a table of ratios."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from math import inf
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).parent


class Cost(NamedTuple):
    """What one run took."""

    wall: float
    """Seconds."""
    memory: float
    """The most memory it held, in MiB."""
    processor: float
    """Seconds of processor time."""


Costs = Sequence[Cost]
"""What the runs of one case took, in the order of the rounds."""


class Figure(NamedTuple):
    """A row of the table."""

    name: str
    ours: Sequence[float]
    """What kiecli took in each round."""
    reference: Sequence[float]
    """What it is compared with took in the same rounds."""
    target: float
    """The ratio to reach; infinite where the reference only stands beside it."""
    unit: str
    against: str
    """What the reference is."""

    @property
    def ratio(self) -> float:
        """How many times the reference it takes, in the median of the rounds.

        What else the machine does meets both halves of a pair alike.
        """
        pairs = zip(self.ours, self.reference, strict=True)
        return median(ours / reference for ours, reference in pairs)


def run(line: Sequence[str], env: Mapping[str, str], *, code: int = 0) -> Cost:
    """Run a command to its end and return what it took.

    This process must stay small: Linux counts the memory of whoever starts a process as its own.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        line, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != code:
        sys.exit(f"exit code {process.returncode}: {' '.join(line)}")
    return Cost(wall, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime)


def interleaved(cases: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, Costs]:
    """Run all cases in turn, once to warm up and then so many rounds; return what each took."""
    costs: dict[str, list[Cost]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name, case in cases.items():
            cost = case()
            if number:
                costs[name].append(cost)
    return dict(costs)


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print the table."""
    width = max(len(figure.name) for figure in figures)
    print(f"{title:{width}}  {'kiecli':>9}  {'reference':>9}  {'ratio':>5}  {'target':>6}")
    for figure in figures:
        ours, reference = (
            f"{median(values):.1f} {figure.unit}" for values in (figure.ours, figure.reference)
        )
        target = "" if figure.target == inf else f"{figure.target:.2f}"
        verdict = "" if figure.ratio <= figure.target else "  MISSED"
        print(
            f"{figure.name:{width}}  {ours:>9}  {reference:>9}  {figure.ratio:>5.2f}"
            f"  {target:>6}  {figure.against}{verdict}",
            flush=True,
        )


def milliseconds(name: str, ours: Costs, reference: Costs, target: float, against: str) -> Figure:
    """Return a row about wall time."""
    return Figure(
        name,
        [cost.wall * 1000 for cost in ours],
        [cost.wall * 1000 for cost in reference],
        target,
        "ms",
        against,
    )


def memory(name: str, ours: Costs, reference: Costs | float, target: float, against: str) -> Figure:
    """Return a row about memory, against that of another program or a number of MiB."""
    limits = (
        [reference] * len(ours)
        if isinstance(reference, float)
        else [cost.memory for cost in reference]
    )
    return Figure(name, [cost.memory for cost in ours], limits, target, "MiB", against)


# What would make Python compile everything anew in each run, and what would choose certificates
# for one program and not for the other.
_DROPPED = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH"}
_DROPPED |= {"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"}


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment as a user would have it, with some variables more."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _DROPPED and not name.lower().endswith("_proxy")
    }
    return kept | {"KIE_API_KEY": "benchmark-key-0000", **more}


def script(name: str) -> str:
    """Return the path of a command that is installed beside the running Python."""
    return str(Path(sys.executable).with_name(name))
