"""The rows of the live block: a task or a file on its way, and what of it fits on a line. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, chop_cells
from rich.text import Text

from kiecli import durations, sizes
from kiecli.safe_text import sanitize

_SPEED_EVERY = 0.1  # seconds between two measurements at least
_SPEED_MEMORY = 3.0  # seconds over which a file's speed is smoothed
_STALLED = 3.0  # seconds without a byte after which no speed is worth showing
_ROOMY = 60  # columns from which a file's sizes and speed are shown in full
_MIN_NAME = 6  # columns of a name: the first characters of an id and three dots


class TaskRow(NamedTuple):
    """A task that is waited for; times are on the clock's `now`."""

    name: str
    """What people call it: its label, else its id."""
    state: str
    style: str
    """The colour of its state."""
    first: float
    """When it was asked about first."""
    changed: float
    """When its state became another."""


class FileRow:
    """A file on its way.

    Attributes:
        name: Its path.
        received: Bytes that are there.
        total: Bytes that it will have, or None where the host does not say.
    """

    def __init__(self, name: str, received: int, total: int | None, now: float) -> None:
        """Start with the bytes received by `now`, in monotonic seconds."""
        self.name = sanitize(name)
        self.received = received
        self.total = total
        self._speed = 0.0
        self._measured = received
        self._at = now

    def advance(self, received: int, total: int | None, now: float) -> None:
        """Update how much is there, and the speed."""
        self.received, self.total = received, total
        passed = now - self._at
        if received < self._measured:  # started again
            self._measured, self._at, self._speed = received, now, 0.0
        elif received > self._measured and passed >= _SPEED_EVERY:
            fresh = (received - self._measured) / passed
            weight = min(1.0, passed / _SPEED_MEMORY) if self._speed else 1.0
            self._speed += (fresh - self._speed) * weight
            self._measured, self._at = received, now

    def pause(self) -> None:
        """Show no speed: no byte comes for a while."""
        self._speed = 0.0

    def speed(self, now: float) -> float:
        """Return bytes per second, 0 when it stands still."""
        return self._speed if now - self._at < _STALLED else 0.0

    def measure(self, now: float, width: int) -> str:
        """Return how far it is, how fast, and how many seconds are left, as far as there is room.

        Args:
            now: On the clock that `advance` was called with.
            width: Columns of the terminal.
        """
        speed = self.speed(now)
        measures = [self._amount(roomy=width >= _ROOMY)]
        if speed and width >= _ROOMY:
            measures.append(f"{sizes.show(speed)}/s")
        if speed and self.total is not None:
            measures.append(durations.show(int((self.total - self.received) / speed)))
        return " ".join(measures)

    def _amount(self, *, roomy: bool) -> str:
        if not self.total:
            return sizes.show(self.received)
        if roomy:
            return f"{sizes.show(self.received)}/{sizes.show(self.total)}"
        return f"{100 * self.received // self.total}%"


def visible(rows: Sequence[TaskRow], room: int) -> tuple[list[TaskRow], list[TaskRow]]:
    """Return the rows to show and those that are only counted, in a line of its own.

    Where not all have room, those that have changed last are shown, the last one first.
    """
    if len(rows) <= room:
        return list(rows), []
    newest_first = sorted(rows, key=lambda row: -row.changed)
    shown = max(room - 1, 0)
    return newest_first[:shown], newest_first[shown:]


def task_lines(rows: Sequence[TaskRow], now: float, width: int) -> list[Text]:
    """Return a line a task, in columns; where there is little room, less of the id and no time."""
    times = [durations.show(int(now - row.first)) for row in rows]
    least = min(_MIN_NAME, max(cell_len(row.name) for row in rows))
    states = [truncate_end(row.state, width - 2 - least) for row in rows]
    state_width, time_width = max(map(cell_len, states)), max(map(cell_len, times))
    room = width - 4 - state_width - time_width
    if room < least:
        times, room = [""] * len(rows), width - 2 - state_width
    names = [truncate_end(row.name, room) for row in rows]
    name_width = max(map(cell_len, names))
    lines = []
    for row, name, state, time in zip(rows, names, states, times, strict=True):
        line = Text.assemble(
            f"{_padded(name, name_width)}  ",
            (_padded(state, state_width), row.style),
            f"  {_padded(time, time_width)}",
            no_wrap=True,
        )
        line.rstrip()
        lines.append(line)
    return lines


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def truncate_end(text: str, width: int) -> str:
    """Return the text, its end cut off where it is too wide."""
    return text if cell_len(text) <= width else chop_cells(text, max(1, width - 3))[0] + "..."


def truncate_start(text: str, width: int) -> str:
    """Return the text, its beginning cut off where it is too wide: names differ at their ends."""
    if cell_len(text) <= width:
        return text
    return "..." + chop_cells(text[::-1], max(1, width - 3))[0][::-1]
