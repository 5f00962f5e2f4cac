"""What waiting costs: how soon a result is noticed, and for how many polls.

    python tests/benchmarks/waiting.py            both parts, less than two minutes
    python tests/benchmarks/waiting.py simulation without the real run

The simulation drives the real scheduler, poller and rate limiter on a fake clock, over durations
that real tasks took. The real run is `kiecli wait` with 300 tasks against the sandbox over HTTP:
what the server saw, and what the process cost beside a bare loop that polls as often.
"""

import json
import os
import random
import resource
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

import httpx

_ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(_ROOT))

from kiecli.polling.policy import WAIT_POLICY, IntervalFunction, Random, poll_interval  # noqa: E402
from kiecli.sandbox.server import SandboxServer  # noqa: E402
from kiecli.sandbox.simulation import SimulatedKie  # noqa: E402
from kiecli.sandbox.tasks import Link, Script  # noqa: E402
from tests.support.polls import Answer, PollRun, seen  # noqa: E402

# Seconds from creation to completion of recorded tasks: least, median and most, or what there is.
_DURATIONS = (
    12.4, 13.1, 24.7, 12.2, 13.7, 128.8, 15.2, 22.7, 66.1, 28.1, 29.2, 34.5, 25.4, 35.8, 130.5,
    46, 48, 56, 74, 56, 5, 20, 80, 112, 113, 127, 146, 166, 188, 155, 270, 628, 430, 453, 786, 774,
)  # fmt: skip
_LATENCY = 0.35
"""Seconds that recordInfo takes in the mean."""

_REAL_TASKS = 300
_STILL_RUNNING = 100
"""Of so many the first poll finds the task running: they are polled twice."""

_REAL_LIMIT = 120.0
_PAIRS = 5


def _flat(seconds: float) -> IntervalFunction:
    return lambda _elapsed, _interval, _random: seconds


def _exponential(elapsed: float, _interval: float | None, _random: Random) -> float:
    """Return pauses of 3 s, 4.5 s, 6.75 s and so on: half as much again each, as a function."""
    return min(3 + elapsed / 2, 30)


_INTERVALS: dict[str, IntervalFunction] = {
    "kiecli": poll_interval,
    "flat 3 s": _flat(3),
    "flat 10 s": _flat(10),
    "3 s x 1.5 to 30 s": _exponential,
}


class _Noticed(NamedTuple):
    """One task of a simulation."""

    duration: float
    lag: float
    polls: int


def _simulated(
    durations: Sequence[float], interval_function: IntervalFunction, seed: int
) -> Iterator[_Noticed]:
    """Wait for tasks that were all created just now; yield each as it is noticed."""
    ends = {str(n): duration for n, duration in enumerate(durations)}

    def script(task_id: str, now: float) -> tuple[Answer, float]:
        return seen("success" if now >= ends[task_id] else "generating"), _LATENCY

    run = PollRun(
        script,
        WAIT_POLICY._replace(timeout=7200),
        list(ends),
        random=random.Random(seed).uniform,
        interval_function=interval_function,
    ).to_its_end()
    polls = Counter(task_id for _, task_id in run.polls)
    for task_id, moment, _ in run.ends:
        yield _Noticed(ends[task_id], moment - ends[task_id], polls[task_id])


def _many(count: int, interval_function: IntervalFunction) -> list[_Noticed]:
    """Return about a thousand tasks, waited for so many at a time."""
    noticed: list[_Noticed] = []
    for seed in range(max(3, 1000 // count)):
        durations = random.Random(seed).choices(_DURATIONS, k=count)
        noticed += _simulated(durations, interval_function, seed)
    return noticed


def _simulation() -> None:
    print("Simulation: seconds from a task's end to the answer with it; polls a task\n")
    print(f"{'tasks':>5}  {'interval':<18}{'mean lag':>9}{'max lag':>11}{'max %':>9}{'polls':>8}")
    for count in (1, 30, 300):
        for name, interval_function in _INTERVALS.items():
            noticed = _many(count, interval_function)
            max_lag = max(each.lag for each in noticed)
            max_share = max(each.lag / each.duration for each in noticed if each.duration > 40)
            print(
                f"{count:>5}  {name:<18}{mean(each.lag for each in noticed):>9.2f}{max_lag:>11.2f}"
                f"{max_share:>9.1%}{mean(each.polls for each in noticed):>8.1f}"
            )
        print()
    print(
        f"An answer takes {_LATENCY} s. Max %: of the duration, for tasks of more than 40 s. 300 "
        "tasks share\n8 polls a second: a round takes 37.5 s, whatever the interval would be.\n"
    )


def _serve() -> None:
    """Serve tasks until stdin ends; print the URL first, and when each poll came in at the end."""
    moments: list[float] = []
    lock = threading.Lock()

    class Recording(SimulatedKie):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            with lock:
                moments.append(time.monotonic())
            return super().__call__(request)

    def kie_at(url: str) -> SimulatedKie:
        kie = Recording(url, now=time.time)
        for n, task_id in enumerate(_real_ids()):
            age = 0.0 if n < _STILL_RUNNING else 60.0
            kie.add(task_id, Script("wan/2-7-image", {"prompt": "x"}, age=age, result=_result))
        return kie

    server = SandboxServer(0, kie_at)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.url, flush=True)
    sys.stdin.read()
    print(json.dumps(moments))


def _result(link: Link) -> object:
    # One that lists nothing would be polled again for a quarter of a minute.
    return {"resultUrls": [link("a.png")]}


def _real_ids() -> list[str]:
    return [f"benchmark-{n:03}" for n in range(_REAL_TASKS)]


@contextmanager
def _server() -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run a server until the block is left; give it with its URL."""
    with subprocess.Popen(
        [sys.executable, __file__, "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            yield server, server.stdout.readline().strip()
        finally:
            server.kill()


def _max_in_a_second(moments: Sequence[float]) -> int:
    return max(n - bisect_left(moments, m - 1) for n, m in enumerate(moments, start=1))


class _Run(NamedTuple):
    """What a program that polls cost, and what its server saw."""

    code: int
    seconds: float
    usage: resource.struct_rusage
    start_up: float
    """Seconds of processor time of a run with a single poll."""
    moments: list[float]
    """When each poll came in."""

    @property
    def cpu(self) -> float:
        """Seconds of processor time."""
        return _cpu(self.usage)

    @property
    def cpu_of_a_poll(self) -> float:
        """Seconds of processor time of each poll but the first, which start-up has."""
        return (self.cpu - self.start_up) / (len(self.moments) - 1)


def _run(argv: Sequence[str], one_poll: Sequence[str]) -> _Run:
    """Run a Python program against a server of its own, and the same with a single poll."""
    with _server() as (server, url):
        code, seconds, usage = _spent(argv, url)
        printed, _ = server.communicate(timeout=30)
    with _server() as (server, url):
        start_up = median(_cpu(_spent(one_poll, url)[2]) for _ in range(5))
        server.communicate(timeout=30)
    return _Run(code, seconds, usage, start_up, sorted(json.loads(printed)))


def _spent(argv: Sequence[str], url: str) -> tuple[int, float, resource.struct_rusage]:
    """Run a Python program; return its exit code, its seconds and what it used."""
    began = time.monotonic()
    program = subprocess.Popen(
        [sys.executable, *argv],
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(_ROOT),
            "KIE_BASE_URL": url,
            "KIE_API_KEY": "benchmark-key-0000",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    guard = threading.Timer(_REAL_LIMIT, program.kill)
    guard.start()
    _, status, usage = os.wait4(program.pid, 0)
    guard.cancel()
    program.returncode = os.waitstatus_to_exitcode(status)
    return program.returncode, time.monotonic() - began, usage


def _cpu(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def _real_run() -> None:
    tasks = f"{_REAL_TASKS} tasks, {_STILL_RUNNING} of them still running"
    print(f"Real run: kiecli wait with {tasks}, over HTTP\n")
    wait, loop = ["-m", "kiecli", "wait"], [str(Path(__file__).with_name("bare_polling.py"))]
    polls = _REAL_TASKS + _STILL_RUNNING
    # Side by side, so that what else the machine does slows both; each works for 2 % of the time.
    with ThreadPoolExecutor(2 * _PAIRS) as threads:
        pairs = [
            (
                threads.submit(_run, [*wait, *_real_ids()], [*wait, _real_ids()[-1]]),
                threads.submit(_run, [*loop, str(polls)], [*loop, "1"]),
            )
            for _ in range(_PAIRS)
        ]
    runs = [(ours.result(), bare.result()) for ours, bare in pairs]
    assert all(bare.code == 0 for _, bare in runs)
    ratios = sorted(ours.cpu_of_a_poll / bare.cpu_of_a_poll for ours, bare in runs)
    ours, bare = runs[0]
    moments = ours.moments
    rows = {
        "exit code": f"{ours.code}",
        "wall time": f"{ours.seconds:.1f} s",
        "polls": f"{len(moments)} ({len(moments) / _REAL_TASKS:.2f} a task)",
        "polls a second, mean": f"{(len(moments) - 1) / (moments[-1] - moments[0]):.2f}",
        "polls in one second, max": f"{_max_in_a_second(moments)}",
        "peak memory": f"{ours.usage.ru_maxrss / 1024:.0f} MiB",
        "CPU time": f"{ours.cpu:.2f} s",
        "CPU time a poll, start-up aside": f"{ours.cpu_of_a_poll * 1000:.2f} ms",
        "  of a bare httpx loop": f"{bare.cpu_of_a_poll * 1000:.2f} ms, so"
        f" {median(ratios):.2f} x in the median of {_PAIRS} ({ratios[0]:.2f} to {ratios[-1]:.2f};"
        " target 1.20)",
    }
    for name, value in rows.items():
        print(f"  {name:<33}{value}")


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    if arguments == ["serve"]:
        _serve()
        return
    _simulation()
    if arguments != ["simulation"]:
        _real_run()


if __name__ == "__main__":
    main(sys.argv[1:])
