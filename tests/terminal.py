"""A terminal that remembers what a person saw on it."""

import re
from itertools import pairwise

from tests.program import FakeStream

_TOKEN = re.compile(
    r"\x1b\[(?P<parameters>[?0-9;]*)(?P<final>[A-Za-z])|\x1b\](?P<link>.*?)\x1b\\|(?P<char>.)",
    re.DOTALL,
)


class FakeTerminal(FakeStream):
    """A stream that says it is a terminal.

    Args:
        columns: Where a line that is too long goes on below.
        encoding: What it can show.
    """

    def __init__(self, columns: int = 80, *, encoding: str = "utf-8") -> None:
        super().__init__(terminal=True, encoding=encoding)
        self.columns = columns
        self.screens: list[str] = []

    def write(self, text: str, /) -> object:
        written = super().write(text)
        self.screens.append(self.screen)
        return written

    @property
    def screen(self) -> str:
        """What is to be seen, without colour and without blanks at the ends of lines."""
        return self._seen()[0]

    @property
    def shows_cursor(self) -> bool:
        """Whether the cursor is visible."""
        return self._seen()[1]

    @property
    def links(self) -> list[str]:
        """The addresses of all links that can be clicked."""
        found = (token["link"] for token in _TOKEN.finditer(self.text))
        return [
            link.partition(";")[2].partition(";")[2] for link in found if link and link[-1] != ";"
        ]

    @property
    def frames(self) -> list[str]:
        """What was to be seen, one after the other, each once."""
        return [now for before, now in pairwise(["", *self.screens]) if now != before]

    def _seen(self) -> tuple[str, bool]:
        lines, row, column, cursor = [""], 0, 0, True
        for token in _TOKEN.finditer(self.text):
            char, final = token["char"], token["final"]
            if final == "A":
                row -= int(token["parameters"] or 1)
            elif final == "K":
                lines[row] = ""
            elif final in ("l", "h") and token["parameters"] == "?25":
                cursor = final == "h"
            elif char == "\r":
                column = 0
            elif char == "\n":
                row, column = row + 1, 0
            elif char is not None:
                assert char.isprintable(), f"{char!r} on a terminal"
                if column == self.columns:
                    row, column = row + 1, 0
                lines += [""] * (row + 1 - len(lines))
                lines[row] = f"{lines[row][:column]:{column}}{char}{lines[row][column + 1 :]}"
                column += 1
            lines += [""] * (row + 1 - len(lines))
        return "\n".join(line.rstrip() for line in lines).rstrip("\n"), cursor
