"""What tests of the installed kiecli on Windows share."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest

from tests.support.server import FaultyServer, serving
from tests.windows.machine import Machine, OnWindows


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """The Windows that is here, running.

    wine's services start with the first program and keep its pipes open until they end.
    """
    found = Machine.found()
    line = [*found.python, "-c", "import sys; print('here', flush=True); sys.stdin.read()"]
    with subprocess.Popen(line, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        first.stdout.readline()
        yield found
        first.stdin.close()
        first.stdout.close()


@pytest.fixture
def kie(machine: Machine) -> Iterator[FaultyServer]:  # noqa: ARG001 - none is needed without it
    """The simulated Kie with its file host, on a port of its own."""
    with serving() as server:
        yield server


@pytest.fixture
def kiecli(kie: FaultyServer, tmp_path: Path, machine: Machine) -> OnWindows:
    """The command there, pointed at that Kie."""
    return OnWindows(tmp_path, kie.url, machine)
