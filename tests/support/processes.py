"""The installed command as a process of its own: with its own surroundings, pipes and terminals.

kiecli = Installed(folder, url)
ran = kiecli("status", "demo-image")
with kiecli.start("wait", "demo-slow") as running:
    running.await_stderr("waiting")
    ran = running.end_by(signal.SIGINT)
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE
from typing import IO, Any, NamedTuple, Self

KEY = "sk-canary-5f1c0de5f1c0de5f1c0de5f1c0de"
"""The key that every process has; nothing may ever show it."""

PROGRAM = str(Path(sys.executable).with_name("kiecli"))
"""The command beside this Python: the one that was installed."""

_PIPES = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE}
_MAX_WAIT = 30.0  # seconds after which a process is given up

SOON = 5.0
"""Seconds to the end after a signal: kiecli promises half of one, but a machine may stand still."""
_PASSED_ON = ("PATH", "COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START", "SYSTEMROOT")


def until(true: Callable[[], object]) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + _MAX_WAIT
    while not true():
        assert time.monotonic() < end, "it has not come to that"
        time.sleep(0.01)


class Ran(NamedTuple):
    """How a process ended; a negative code is the signal that ended it."""

    code: int
    out: str
    err: str


class Running:
    """A process under way, leader of its own group; leaving the block kills what is left of it."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self._told = {1: b"", 2: b""}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if sys.platform == "win32":
            self.process.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def await_stderr(self, text: str) -> None:
        """Read stderr until the text stands there."""
        self._await(2, self.process.stderr, text)

    def await_stdout(self, text: str) -> None:
        """Read stdout until the text stands there."""
        self._await(1, self.process.stdout, text)

    def _await(self, number: int, stream: IO[bytes] | None, text: str) -> None:
        assert stream is not None
        until = time.monotonic() + _MAX_WAIT
        while text.encode() not in self._told[number]:
            ready, _, _ = select.select([stream], [], [], until - time.monotonic())
            piece = os.read(stream.fileno(), 65536) if ready else b""
            assert piece, f"no {text!r} in {self._told[number]!r}"
            self._told[number] += piece

    def send(self, signum: int) -> None:
        """Send a signal."""
        self.process.send_signal(signum)

    def end(self, timeout: float = _MAX_WAIT) -> Ran:
        """Wait for the end."""
        out, err = self.process.communicate(timeout=timeout)
        told = [self._told[1] + (out or b""), self._told[2] + (err or b"")]
        return Ran(self.process.returncode, *(text.decode() for text in told))

    def end_by(self, signum: int) -> Ran:
        """Send a signal and wait for the end, which must come soon."""
        self.send(signum)
        return self.end(SOON)


class Installed:
    """`kiecli` with clean surroundings: no variables but these, a home and a folder of its own.

    Attributes:
        environ: Its variables.
        folder: Where it runs.
    """

    def __init__(self, place: Path, url: str) -> None:
        self.folder = place / "here"
        self.home = place / "home"
        for made in (self.folder, self.home):
            made.mkdir()
        self.environ = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "KIE_API_KEY": KEY,
            "KIE_BASE_URL": url,
        }

    def variables(self, others: Mapping[str, str | None]) -> dict[str, str]:
        """Return its variables with others set, or unset where they are None."""
        merged = {**self.environ, **others}
        return {name: value for name, value in merged.items() if value is not None}

    def start(
        self,
        *words: str,
        program: Sequence[str] = (PROGRAM,),
        environ: Mapping[str, str | None] = {},
        **settings: Any,
    ) -> Running:
        """Start it.

        Args:
            words: Its arguments.
            program: What is started instead.
            environ: Variables to set, or to unset where they are None.
            settings: Of `subprocess.Popen`.
        """
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [*program, *words],
            env=self.variables(environ),
            cwd=self.folder,
            **{**_PIPES, "process_group": 0, **settings},
        )
        return Running(process)

    def __call__(self, *words: str, input: bytes = b"", **settings: Any) -> Ran:  # noqa: A002
        """Run it to its end."""
        with self.start(*words, **settings) as running:
            if running.process.stdin is not None:
                running.process.stdin.write(input)
            return running.end()

    def in_path(self) -> dict[str, str]:
        """Return the variable that lets a shell find this `kiecli`, and this Python."""
        return {"PATH": f"{Path(PROGRAM).parent}{os.pathsep}{self.environ['PATH']}"}

    def shell(self, line: str, **settings: Any) -> Ran:
        """Run a line of bash."""
        environ = {**self.in_path(), **settings.pop("environ", {})}
        return self(line, program=["bash", "-c"], environ=environ, **settings)


SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""Those that a person or a machine ends a run with."""
