"""A terminal for real processes: a pseudo-terminal, and a screen that does what it is told.

The screen knows what kiecli and rich use, and fails on anything else.
"""

import codecs
import fcntl
import os
import re
import select
import struct
import termios
import time
from collections.abc import Mapping
from typing import Any

from tests.support.processes import Installed, Ran, Running

_MAX_WAIT = 30.0
_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f]+)"
    r"|(?P<control>[\r\n])"
    r"|\x1b\[(?P<arguments>[0-9;]*)(?P<command>[A-Za-z])"
    r"|\x1b\[\?25(?P<cursor>[hl])"
    r"|\x1b\]8;[^;\x1b]*;[^\x1b]*\x1b\\"
)
_UNFINISHED = re.compile(r"\x1b(\[[?0-9;]*|\][^\x1b]*\x1b?)?\Z")


class Screen:
    """What somebody sees, with all that has scrolled out of sight.

    Attributes:
        columns: Its width.
        lines: How many of its rows are in sight.
        cursor: Whether it is shown.
        raw: All that was written, as it came.
    """

    def __init__(self, columns: int, lines: int) -> None:
        self.columns = columns
        self.lines = lines
        self.cursor = True
        self.raw = ""
        self._rest = ""
        self._rows = [""]
        self._goes_on = [False]
        self._x = self._y = 0

    @property
    def said(self) -> list[str]:
        """Lines as they were written, those that had to be wrapped in one piece."""
        said, line = [], ""
        for row, goes_on in zip(self._rows, self._goes_on, strict=True):
            line += row
            if not goes_on:
                said.append(line.rstrip())
                line = ""
        return said

    @property
    def seen(self) -> list[str]:
        """The rows in sight."""
        return [row.rstrip() for row in self._rows[self._top :]]

    def feed(self, text: str) -> None:
        """Take what a process has written."""
        self.raw += text
        text = self._rest + text
        at = 0
        while at < len(text):
            token = _TOKEN.match(text, at)
            if token is None:
                break
            self._obey(token)
            at = token.end()
        self._rest = text[at:]
        assert not self._rest or _UNFINISHED.match(self._rest), f"unknown: {self._rest[:40]!r}"

    @property
    def _top(self) -> int:
        return max(0, len(self._rows) - self.lines)

    def _obey(self, token: "re.Match[str]") -> None:
        if token["text"]:
            for char in token["text"]:
                self._put(char)
        elif token["control"] == "\r":
            self._x = 0
        elif token["control"] == "\n":
            self._down()
        elif token["cursor"]:
            self.cursor = token["cursor"] == "h"
        elif token["command"]:
            self._command(token["command"], token["arguments"])

    def _command(self, command: str, arguments: str) -> None:
        if command == "A":
            self._y = max(self._top, self._y - int(arguments or 1))
        elif command == "K":
            assert arguments == "2", "only whole lines are erased"
            self._rows[self._y], self._goes_on[self._y] = "", False
        else:
            assert command == "m", f"unknown: CSI {arguments}{command}"

    def _put(self, char: str) -> None:
        if self._x == self.columns:
            self._goes_on[self._y] = True
            self._x = 0
            self._down()
        row = self._rows[self._y].ljust(self._x)
        self._rows[self._y] = row[: self._x] + char + row[self._x + 1 :]
        self._x += 1

    def _down(self) -> None:
        self._y += 1
        if self._y == len(self._rows):
            self._rows.append("")
            self._goes_on.append(False)


class OnTerminal(Running):
    """A process whose stderr, and stdout unless it is piped, are a terminal.

    Attributes:
        screen: What is to be seen there.
    """

    def __init__(
        self,
        kiecli: Installed,
        *words: str,
        columns: int = 80,
        lines: int = 24,
        piped: bool = False,
        environ: Mapping[str, str | None] = {},
    ) -> None:
        self.screen = Screen(columns, lines)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        settings: dict[str, Any] = {} if piped else {"stdout": theirs}
        # A session of its own: no other terminal may be asked for a password.
        settings |= {"stdin": theirs, "stderr": theirs}
        settings |= {"start_new_session": True, "process_group": -1}
        started = kiecli.start(*words, environ=environ, **settings)
        super().__init__(started.process)
        os.close(theirs)

    def await_screen(self, text: str) -> None:
        """Look until the text stands on the screen."""
        until = time.monotonic() + _MAX_WAIT
        while not any(text in line for line in self.screen.said):
            assert time.monotonic() < until, f"no {text!r} in {self.screen.said}"
            assert self._read(until), f"no {text!r} in {self.screen.said}"

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._ours, text.encode())

    def _read(self, until: float) -> bool:
        """Read a piece; tell whether there may be more."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, until - time.monotonic()))
        assert ready, f"nothing more was written after {self.screen.said}"
        try:
            piece = os.read(self._ours, 65536)
        except OSError:  # how Linux tells that the other side has closed
            return False
        self.screen.feed(self._decoder.decode(piece))
        return True

    def end(self, timeout: float = _MAX_WAIT) -> Ran:
        """Read to the end; what was said on the terminal stands in `screen`."""
        until = time.monotonic() + timeout
        while self._read(until):
            pass
        ran = super().end(timeout)
        os.close(self._ours)
        return ran
