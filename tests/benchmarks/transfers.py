"""How long kiecli takes to save results: ratios against curl and aria2c.

Run it with the Python of an environment that kiecli is installed in, curl beside it:

    python tests/benchmarks/transfers.py

The files are saved to a memory file system where there is one, so that no disk is measured.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))  # it is run as a script

from tests.benchmarks.figures import (
    HERE,
    Cost,
    Figure,
    environment,
    interleaved,
    memory,
    milliseconds,
    run,
    script,
    show,
)
from tests.benchmarks.hosts import certificate, process

ROUNDS = 5
ROUNDS_OF_MANY = (
    15  # a run takes less than a second, in which other work on the machine weighs more
)
BIG = 1024 * 1024 * 1024
SMALL = 300_000
MANY = 200
ROUND_TRIP = 0.040
KIECLI = script("kiecli")
_CURL = ["curl", "--silent", "--show-error", "--no-progress-meter"]


class Link(NamedTuple):
    """How to reach the host, and who asks it."""

    scheme: str
    port: int
    """Of the host itself: the API is asked there."""
    relay: int
    """Of the host behind the round trip."""
    env: dict[str, str]
    out: Path

    def url(self, port: int, name: str) -> str:
        """Return the address of a file."""
        return f"{self.scheme}://127.0.0.1:{port}/{name}"


class Targets(NamedTuple):
    """The ratios to reach."""

    one: float
    bare: float = 1.05
    """Of many files, against the bare transfer in Python."""
    checksum: float = 1.5
    memory: float = 40.0
    """MiB, whatever the size of the file."""


TARGETS = {"http": Targets(one=0.9), "https": Targets(one=1.15)}


def one_file(link: Link) -> list[Figure]:
    """Return what one large file takes."""
    url = link.url(link.port, "big/1.bin")
    save = [KIECLI, "download", "-q", "--overwrite", "-d", str(link.out), f"big.1.{link.port}"]
    cases = {
        "kiecli": [*save],
        "kiecli --json": [*save, "--json"],
        "curl": [*_CURL, "-o", f"{link.out}/curl", url],
    }
    costs = interleaved({name: partial(_saved, link, line) for name, line in cases.items()}, ROUNDS)
    target, about = TARGETS[link.scheme], f"1 GiB, {link.scheme.upper()}"
    ours, checked, curl = costs["kiecli"], costs["kiecli --json"], costs["curl"]
    return [
        milliseconds(about, ours, curl, target.one, "curl"),
        milliseconds(f"{about}, --json", checked, curl, target.checksum, "curl"),
        memory(f"  memory, {about}", ours, target.memory, 1.0, "40 MiB"),
        memory(f"  memory, {about}, --json", checked, target.memory, 1.0, "40 MiB"),
    ]


def many_files(link: Link) -> list[Figure]:
    """Return what many small files take over a link with a round trip."""
    task = f"small.{MANY}.{link.relay}"
    cases = {"kiecli": [KIECLI, "download", "-q", "-j", "16", "-d", str(link.out), task]}
    lists = link.out.with_name("lists")
    cases["curl"] = _curl(link, lists)
    base = link.env["KIE_BASE_URL"]
    cases["bare"] = [sys.executable, str(HERE / "fetching.py"), base, task, str(link.out)]
    if shutil.which("aria2c"):
        cases["aria2c"] = _aria2c(link, lists)
    costs = interleaved(
        {name: partial(_saved, link, line) for name, line in cases.items()}, ROUNDS_OF_MANY
    )
    target, ours = TARGETS[link.scheme], costs["kiecli"]
    name = f"{MANY} x 300 kB, 40 ms, {link.scheme.upper()}"
    figures = [milliseconds(name, ours, costs["bare"], target.bare, "the bare transfer in Python")]
    beside = {"curl": "curl -Z --parallel-max 16", "aria2c": "aria2c -j16"}
    return figures + [
        milliseconds(f"  {name}", ours, costs[other], inf, against)
        for other, against in beside.items()
        if other in costs
    ]


def _curl(link: Link, lists: Path) -> list[str]:
    config = lists.with_suffix(".curl")
    lines = (f'url = "{url}"\noutput = "{link.out}/{n}"\n' for n, url in _urls(link))
    config.write_text("".join(lines))
    return [*_CURL, "-Z", "--parallel-max", "16", "-K", str(config)]


def _aria2c(link: Link, lists: Path) -> list[str]:
    listed = lists.with_suffix(".aria2c")
    listed.write_text("".join(f"{url}\n  out={n}\n" for n, url in _urls(link)))
    line = f"aria2c -q -j16 -x1 -s1 --no-conf --file-allocation=none -d {link.out} -i {listed}"
    trusted = link.env.get("SSL_CERT_FILE")  # curl and kiecli look there for themselves
    return [*line.split(), *([f"--ca-certificate={trusted}"] if trusted else [])]


def _urls(link: Link) -> Iterator[tuple[int, str]]:
    for n in range(1, MANY + 1):
        yield n, link.url(link.relay, f"small/{n}.bin")


def _saved(link: Link, line: Sequence[str]) -> Cost:
    """Run a command into an empty folder."""
    shutil.rmtree(link.out, ignore_errors=True)
    link.out.mkdir()
    return run(line, link.env)


@contextmanager
def linked(folder: Path, files: Sequence[Path]) -> Iterator[Link]:
    """Serve a folder, directly and a round trip away, until the block is left."""
    scheme = "https" if files else "http"
    with ExitStack() as stack:
        port = stack.enter_context(process("serve", folder / "served", *files))
        relay = stack.enter_context(process("relay", port, ROUND_TRIP / 2))
        trusting = {"SSL_CERT_FILE": str(files[0])} if files else {}
        env = environment(KIE_BASE_URL=f"{scheme}://127.0.0.1:{port}", **trusting)
        yield Link(scheme, port, relay, env, folder / "out")


def _make_files(served: Path) -> None:
    served.mkdir()
    block = os.urandom(1024 * 1024)
    (served / "small").write_bytes(block[:SMALL])
    with (served / "big").open("wb") as file:
        for _ in range(BIG // len(block)):
            file.write(block)


def main() -> None:
    """Print the tables."""
    folder_in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    benches: list[Callable[[Link], list[Figure]]] = [many_files, one_file]
    with TemporaryDirectory(dir=folder_in_memory) as name:
        folder = Path(name)
        _make_files(folder / "served")
        for files in ((), certificate(folder)):
            with linked(folder, files) as link:
                show(f"transfers, {link.scheme}", [row for bench in benches for row in bench(link)])


if __name__ == "__main__":
    main()
