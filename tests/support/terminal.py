"""A terminal that remembers what a person saw on it."""

import re

from tests.support.program import FakeStream

_TOKEN = re.compile(
    r"\x1b\[(?P<parameters>[?0-9;]*)(?P<final>[A-Za-z])|\x1b\](?P<link>.*?)\x1b\\|(?P<char>.)",
    re.DOTALL,
)


class FakeTerminal(FakeStream):
    """A stream that says it is a terminal; it fails at what would upset a real one.

    Args:
        columns: A line that is longer goes on below.
        encoding: What it can show.

    Attributes:
        frames: What was to be seen, one after the other, without repetition.
        links: The addresses of all links that can be clicked.
        shows_cursor: Whether the cursor is visible.
    """

    def __init__(self, columns: int = 80, *, encoding: str = "utf-8") -> None:
        super().__init__(terminal=True, encoding=encoding)
        self.frames: list[str] = []
        self.links: list[str] = []
        self.shows_cursor = True
        self._columns = columns
        self._lines = [""]
        self._row = self._column = 0

    def write(self, text: str, /) -> object:
        for token in _TOKEN.finditer(text):
            self._take(token)
        if self.screen != (self.frames or [""])[-1]:
            self.frames.append(self.screen)
        return super().write(text)

    @property
    def screen(self) -> str:
        """What is to be seen, without colour and without blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in self._lines).rstrip("\n")

    def _take(self, token: re.Match[str]) -> None:
        if token["char"] is not None:
            self._put(token["char"])
        elif token["link"] is not None:
            url = token["link"].partition(";")[2].partition(";")[2]
            self.links += [url] if url else []
        elif token["final"] == "A":
            self._row -= int(token["parameters"] or 1)
        elif token["final"] == "K":
            self._lines[self._row] = ""
        elif token["parameters"] == "?25":
            self.shows_cursor = token["final"] == "h"

    def _put(self, char: str) -> None:
        if char == "\r":
            self._column = 0
        elif char == "\n":
            self._go_down()
        else:
            assert char.isprintable(), f"{char!r} on a terminal"
            if self._column == self._columns:
                self._go_down()
            line = self._lines[self._row]
            before, after = line[: self._column], line[self._column + 1 :]
            self._lines[self._row] = f"{before:{self._column}}{char}{after}"
            self._column += 1

    def _go_down(self) -> None:
        self._row, self._column = self._row + 1, 0
        self._lines += [""] * (self._row + 1 - len(self._lines))
