"""What tests of the whole program share."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from kiecli.sandbox.simulation import SimulatedKie
from tests.support.fakes import FakeClock
from tests.support.faults import Faults
from tests.support.program import KEY, Program

# Modules of one system and their tests have its name.
collect_ignore_glob = ["*/test_posix_*" if sys.platform == "win32" else "*/test_windows_*"]

# The same examples in every run: what a search finds is written down as an example of its own.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

BASE_URL = "https://kie.test"


@pytest.fixture
def clock() -> FakeClock:
    """Time that passes only when somebody waits."""
    return FakeClock()


@pytest.fixture
def kie(clock: FakeClock) -> Iterator[Faults]:
    """The simulated Kie and its file host; whatever is scripted must be asked for."""
    faults = Faults(SimulatedKie(BASE_URL, now=clock.wall), now=clock.now)
    yield faults
    faults.check()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that the program runs in."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def kiecli(kie: Faults, clock: FakeClock, tmp_path: Path) -> Program:
    """The program, with a key and nothing else set."""
    return Program(
        kie,
        clock,
        {
            "KIE_API_KEY": KEY,
            "KIE_BASE_URL": BASE_URL,
            "KIECLI_CONFIG": str(tmp_path / "config.json"),
            "TERM": "xterm-256color",
            "COLUMNS": "80",
            "LINES": "24",
        },
    )
