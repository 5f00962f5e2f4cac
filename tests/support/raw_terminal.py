"""A program on a terminal, whose output is kept as it is written: for shells and prompts."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

_LIMIT = 30.0  # seconds for a program to write what is waited for

# Makes the terminal on stdin the controlling one, which Ctrl-C comes from, then runs the program.
_ON_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class RawTerminal:
    """A program with a terminal as all its streams; leaving the block kills it.

    Attributes:
        text: All that was written so far.
    """

    def __init__(
        self, line: Sequence[str], environ: Mapping[str, str], cwd: Path | None = None
    ) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, *line],
            env=environ,
            cwd=cwd,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.text = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._ours, keys.encode())

    def await_text(self, text: str) -> None:
        """Read until the text was written."""
        while text not in self.text:
            assert self._read(), f"the output ended without {text!r}: {self.text!r}"

    def end(self) -> int:
        """Read to the end and return the exit code, negative for a signal."""
        while self._read():
            pass
        return self._process.wait(_LIMIT)

    def _read(self) -> bool:
        """Read a piece; return False at the end."""
        ready, _, _ = select.select([self._ours], [], [], _LIMIT)
        assert ready, f"nothing more was written after {self.text!r}"
        try:
            piece = os.read(self._ours, 65536)
        except OSError:  # how Linux reports that the other side is closed
            return False
        self.text += piece.decode(errors="replace").replace("\r\n", "\n")
        return bool(piece)
