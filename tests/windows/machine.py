"""The installed kiecli on Windows: the real one, or the one that `tests/windows/setup` makes."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.processes import KEY, Installed, Ran, Running
from tests.support.systems import WINDOWS


class Machine(NamedTuple):
    """A Windows with kiecli on it."""

    python: tuple[str, ...]
    """Starts its Python."""
    kiecli: tuple[str, ...]
    """Starts kiecli.exe."""

    @classmethod
    def found(cls) -> "Machine":
        """Return the machine that is here, or skip the test."""
        if WINDOWS:
            script = Path(sys.executable).parent / "Scripts" / "kiecli.exe"
            if not script.exists():
                script = Path(sys.executable).with_name("kiecli.exe")
            return cls((sys.executable,), (str(script),))
        named = os.environ.get("KIECLI_WINDOWS")
        folder = Path(named) if named else Path(__file__).parents[2] / ".windows"
        if not (folder / "installed" / "Scripts" / "kiecli.exe").exists():
            pytest.skip(f"no Windows in {folder}: tests/windows/setup makes one")
        wine = str(folder / "wine")
        script = folder / "installed" / "Scripts" / "kiecli.exe"
        return cls((wine, str(folder / "installed" / "python.exe")), (wine, str(script)))


def path_there(path: Path) -> str:
    """Return how a program on that Windows names a path."""
    return str(path) if WINDOWS else "Z:" + str(path).replace("/", "\\")


class OnWindows(Installed):
    """`kiecli` there, called like the one on any other system."""

    def __init__(self, place: Path, url: str, machine: Machine) -> None:
        super().__init__(place, url)
        self.machine = machine
        self.environ |= {
            "KIECLI_CONFIG": path_there(self.home / "config.json"),
            "PYTHONUTF8": "0",  # as on a Windows that nobody has set up for Python
            "HOME": os.path.expanduser("~"),  # noqa: PTH111 - wine furnishes each new one: seconds
        }
        if WINDOWS:
            self.environ |= {name: os.environ[name] for name in ("TEMP", "LOCALAPPDATA")}

    def start(
        self,
        *words: str,
        program: Sequence[str] = (),
        environ: Mapping[str, str | None] = {},
        **settings: Any,
    ) -> Running:
        program = program or (*self.machine.python, "-m", "kiecli")
        return super().start(*words, program=program, environ=environ, **settings)

    def __call__(self, *words: str, **settings: Any) -> Ran:
        ran = super().__call__(*words, **settings)
        assert KEY not in ran.out + ran.err, "the key was shown"
        return ran

    @property
    def files(self) -> dict[str, bytes]:
        """What is in its folder now, folders below included."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def kill(self, running: Running) -> None:
        """End a process without a word, as the task manager does."""
        running.process.kill()
        running.process.wait(10)


_SKIPPED = re.compile(r"\x1b\[1C")  # how wine writes a space
_CONTROL = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x1b]*\x1b\\)|\r")


def seen(written: str) -> str:
    """Return what of a console's output is text, in the order in which it was written."""
    return _CONTROL.sub("", _SKIPPED.sub(" ", written))
