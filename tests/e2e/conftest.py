"""What tests of the installed command share: a Kie with faults behind real sockets, and it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Installed
from tests.support.server import FaultyServer, serving

# They speak to sh, to signals and to pseudo-terminals; tests/windows is their other half.
collect_ignore_glob = ["test_*"] if sys.platform == "win32" else []


@pytest.fixture
def kie() -> Iterator[FaultyServer]:
    """The simulated Kie with its file host, on a port of its own."""
    with serving() as server:
        yield server


@pytest.fixture
def kiecli(kie: FaultyServer, tmp_path: Path) -> Installed:
    """The command, pointed at that Kie."""
    return Installed(tmp_path, kie.url)
