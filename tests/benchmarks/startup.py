"""How long kiecli takes to be there: ratios against the least that a Typer tool can do.

Run it with the Python of an environment that kiecli is installed in:

    python tests/benchmarks/startup.py
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[2]))  # it is run as a script

from tests.benchmarks.figures import (
    HERE,
    Cost,
    Costs,
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

ROUNDS = 25
KIECLI = script("kiecli")
MINIMAL = [sys.executable, str(HERE / "minimal.py")]


def starting() -> list[Figure]:
    """Return what it takes to start, without any request."""
    env = environment(KIECLI_DIR="/tmp")
    completing = {"COMP_WORDS": "kiecli st", "COMP_CWORD": "1"}
    costs = interleaved(
        {
            "run": partial(run, [*MINIMAL, "greet", "you"], env),
            "help": partial(run, [*MINIMAL, "--help"], env),
            "kiecli --version": partial(run, [KIECLI, "--version"], env),
            "kiecli --help": partial(run, [KIECLI, "--help"], env),
            "TAB": partial(run, [KIECLI], env | completing | {"_KIECLI_COMPLETE": "complete_bash"}),
            "kiecli config get dir": partial(run, [KIECLI, "config", "get", "dir"], env),
        },
        ROUNDS,
    )
    a_run = partial(_row, costs, "run", "a minimal Typer app")
    its_help = partial(_row, costs, "help", "its --help")
    return [
        a_run("kiecli --version", 0.95),
        a_run("TAB", 0.95),
        a_run("kiecli --help", 0.95),
        its_help("kiecli --help", 0.95),
        a_run("kiecli config get dir", 1.05),
    ]


def _row(costs: dict[str, Costs], reference: str, against: str, name: str, target: float) -> Figure:
    return milliseconds(name, costs[name], costs[reference], target, against)


def asking(folder: Path, certificate_and_key: tuple[Path, Path]) -> list[Figure]:
    """Return what one `status` takes, over HTTP and over HTTPS."""
    figures: list[Figure] = []
    for scheme, files in (("http", ()), ("https", certificate_and_key)):
        with process("serve", folder, *files) as port:
            base = f"{scheme}://127.0.0.1:{port}"
            trusting = {"SSL_CERT_FILE": str(files[0])} if files else {}
            figures += _status(scheme.upper(), base, environment(KIE_BASE_URL=base, **trusting))
    return figures


def _status(scheme: str, base: str, env: dict[str, str]) -> list[Figure]:
    task_id = "image.1.1"
    url = f"{base}/api/v1/jobs/recordInfo?taskId={task_id}"
    cases: dict[str, Callable[[], Cost]] = {
        "kiecli": partial(run, [KIECLI, "status", task_id], env),
        "script": partial(run, [sys.executable, str(HERE / "asking.py"), url], env),
    }
    costs = interleaved(cases, ROUNDS)
    ours, script_s = costs["kiecli"], costs["script"]
    name, against = f"kiecli status ID, {scheme}", "a script with typer and httpx"
    return [
        milliseconds(name, ours, script_s, 0.95, against),
        memory(f"  its memory, {scheme}", ours, script_s, 1.10, against),
    ]


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = certificate(folder)
        show("start-up", [*starting(), *asking(folder, files)])


if __name__ == "__main__":
    main()
