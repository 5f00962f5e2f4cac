"""What each command imports: most of the time that kiecli takes to be there goes into imports.

Every process here is what the console script is, with Python telling what it imports. The measured
figures are those of `tests/benchmarks/startup.py`; these tests keep what makes them so.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import FaultyServer, serving
from tests.support.systems import WINDOWS, needs_pty, open_terminal

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SCRIPT = ["-c", "from kiecli.__main__ import run; run()"]
LIMIT = 30.0
# There, a thread that reads a socket watches for Ctrl-C, and Typer writes through colorama.
SIGNALS = (
    {"socket", "_socket", "select", "selectors", "math", "colorama", "atexit"} if WINDOWS else set()
)
IMPORTED = re.compile(r"^import time: +\d+ \| +\d+ \| +(\S+)$", re.MULTILINE)
COMPLETION = {
    "_KIECLI_COMPLETE": "complete_bash",
    "COMP_WORDS": "kiecli st",
    "COMP_CWORD": "1",
}


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """A world without settings: HOME is an empty folder."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "xterm", **variables}


def imports(
    arguments: list[str], env: dict[str, str], stdout: int = subprocess.DEVNULL
) -> set[str]:
    """Run Python and return the modules that it imports."""
    process = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        cwd=BENCHMARKS.parents[1],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=LIMIT,
        check=True,
    )
    return set(IMPORTED.findall(process.stderr))


def strangers(modules: set[str]) -> set[str]:
    """Those that are not our own, as packages."""
    return {module.partition(".")[0] for module in modules} - {"kiecli"}


@pytest.fixture(scope="module")
def typer_alone(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What the smallest Typer app imports."""
    folder = tmp_path_factory.mktemp("home")
    return imports([str(BENCHMARKS / "minimal.py"), "greet", "you"], environment(folder))


@pytest.fixture
def kie() -> Iterator[FaultyServer]:
    """A Kie at loopback HTTP."""
    with serving() as server:
        yield server


@pytest.mark.parametrize(
    ("argv", "variables"),
    [
        (["--version"], {}),
        (["--help"], {}),
        (["status", "--help"], {}),
        ([], COMPLETION),  # Typer itself splits the line with shlex
        (["config", "get", "dir"], {"KIECLI_DIR": "/somewhere"}),
    ],
)
def test_what_asks_nobody_imports_little_beyond_typer(
    argv: list[str], variables: dict[str, str], typer_alone: set[str], tmp_path: Path
) -> None:
    modules = imports([*SCRIPT, *argv], environment(tmp_path, **variables))
    assert strangers(modules) - strangers(typer_alone) <= {"gc", "shlex", *SIGNALS}


@pytest.mark.parametrize(("argv", "variables"), [(["--version"], {}), ([], COMPLETION)])
def test_parsing_loads_neither_runs_nor_renderers(
    argv: list[str], variables: dict[str, str], tmp_path: Path
) -> None:
    modules = imports([*SCRIPT, *argv], environment(tmp_path, **variables))
    assert {
        name for name in modules if re.match(r"kiecli\.(commands|render|download|api)\b", name)
    } == set()


def test_the_config_folder_is_looked_up_only_when_no_variable_answers(tmp_path: Path) -> None:
    modules = imports([*SCRIPT, "config", "get", "dir"], environment(tmp_path))
    assert "platformdirs" in modules
    # ... and JSON is read only where there is a file.
    assert "json" not in modules


def test_status_in_a_pipe_imports_little_beyond_typer_and_httpx(
    kie: FaultyServer, tmp_path: Path
) -> None:
    env = environment(tmp_path, KIE_BASE_URL=kie.url, KIE_API_KEY="a-key-of-the-tests")
    url = f"{kie.url}/api/v1/jobs/recordInfo?taskId=demo-image"
    theirs = imports([str(BENCHMARKS / "asking.py"), url], env)
    ours = imports([*SCRIPT, "status", "demo-image"], env)
    assert strangers(ours) - strangers(theirs) <= {"gc", "queue", "_queue"}


def test_status_over_plain_http_makes_no_tls_context(kie: FaultyServer, tmp_path: Path) -> None:
    env = environment(tmp_path, KIE_BASE_URL=kie.url, KIE_API_KEY="a-key-of-the-tests")
    # Making one would fail.
    env["SSL_CERT_FILE"] = str(tmp_path / "is-not-there.pem")
    assert "httpx" in imports([*SCRIPT, "status", "demo-image"], env)


@needs_pty
def test_status_on_a_terminal_draws_without_what_only_moving_pictures_need(
    kie: FaultyServer, tmp_path: Path
) -> None:
    env = environment(tmp_path, KIE_BASE_URL=kie.url, KIE_API_KEY="a-key-of-the-tests")
    outside, terminal = open_terminal()
    try:
        modules = imports([*SCRIPT, "status", "demo-image"], env, stdout=terminal)
    finally:
        os.close(terminal)
        os.close(outside)
    assert "rich.panel" in modules
    ours = modules - imports(["-c", "import httpx"], env)  # its own command, where click is there
    assert ours & {"rich.live", "rich.progress", "rich.markdown", "platformdirs"} == set()


def test_what_waits_for_a_descriptor_needs_none_to_be_imported(tmp_path: Path) -> None:
    modules = imports(["-c", "import kiecli.download.downloader"], environment(tmp_path))
    assert "kiecli.download.descriptors" in modules
