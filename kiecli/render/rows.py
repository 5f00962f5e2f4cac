"""What is known of a task or a file on its way, and how much of it fits on one line. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, chop_cells

from kiecli import durations
from kiecli.render.text import sanitize, size

_SPEED_EVERY = 0.1  # seconds between two measurements at least
_SPEED_MEMORY = 3.0  # seconds over which a file's speed is smoothed
_STALLED = 3.0  # seconds without a byte after which no speed is worth showing
_ROOMY = 60  # columns from which a file's sizes and speed are shown in full
_MIN_NAME = 6


class TaskRow(NamedTuple):
    """A task that is waited for."""

    name: str
    """What people call it: its label, else its id."""
    state: str
    first: float
    """When it was looked at first, on the clock's `now`."""


class FileRow:
    """A file on its way.

    Attributes:
        name: Its path.
        have: Bytes that are there.
        total: Bytes that it will have, if that was told.
    """

    def __init__(self, name: str, have: int, total: int | None, now: float) -> None:
        self.name = sanitize(name)
        self.have = have
        self.total = total
        self._speed = 0.0
        self._measured = have
        self._at = now

    def move(self, have: int, total: int | None, now: float) -> None:
        """Take how much is there now."""
        self.have, self.total = have, total
        passed = now - self._at
        if have < self._measured:  # started again
            self._measured, self._at, self._speed = have, now, 0.0
        elif have > self._measured and passed >= _SPEED_EVERY:
            fresh = (have - self._measured) / passed
            weight = min(1.0, passed / _SPEED_MEMORY) if self._speed else 1.0
            self._speed += (fresh - self._speed) * weight
            self._measured, self._at = have, now

    def pause(self) -> None:
        """Take that no byte comes for a while."""
        self._speed = 0.0

    def speed(self, now: float) -> float:
        """Return bytes per second, 0 when it stands still."""
        return self._speed if now - self._at < _STALLED else 0.0

    def measure(self, now: float, width: int) -> str:
        """Return how far it is, how fast, and how many seconds are left, as far as there is room.

        Args:
            now: On the clock that `move` was told of.
            width: Columns of the terminal.
        """
        speed = self.speed(now)
        told = [self._far(roomy=width >= _ROOMY)]
        if speed and width >= _ROOMY:
            told.append(f"{size(speed)}/s")
        if speed and self.total is not None:
            told.append(durations.show(int((self.total - self.have) / speed)))
        return " ".join(told)

    def _far(self, *, roomy: bool) -> str:
        if not self.total:
            return size(self.have)
        if roomy:
            return f"{size(self.have)}/{size(self.total)}"
        return f"{100 * self.have // self.total}%"


def task_lines(rows: Sequence[TaskRow], now: float, width: int) -> list[str]:
    """Return a line a task, in columns; where there is little room, less of the id and no time."""
    columns = [[row.state for row in rows], [durations.show(int(now - row.first)) for row in rows]]
    if width - _width_of(columns) < _MIN_NAME:
        columns.pop()
    room = max(_MIN_NAME, width - _width_of(columns))
    names = [truncate_end(row.name, room) for row in rows]
    padded = [_padded(column) for column in (names, *columns)]
    return ["  ".join(cells).rstrip() for cells in zip(*padded, strict=True)]


def _width_of(columns: Sequence[Sequence[str]]) -> int:
    return sum(2 + max(map(cell_len, column)) for column in columns)


def _padded(column: Sequence[str]) -> list[str]:
    width = max(map(cell_len, column))
    return [cell + " " * (width - cell_len(cell)) for cell in column]


def truncate_end(text: str, width: int) -> str:
    """Return the text, its end cut off where it is too wide."""
    return text if cell_len(text) <= width else chop_cells(text, max(1, width - 3))[0] + "..."


def truncate_start(text: str, width: int) -> str:
    """Return the text, its beginning cut off where it is too wide: names differ at their ends."""
    if cell_len(text) <= width:
        return text
    return "..." + chop_cells(text[::-1], max(1, width - 3))[0][::-1]
