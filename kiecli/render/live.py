"""One block on a terminal that is drawn over and over while a run goes on.

Drawn from the main thread only, never higher than about a third of the screen, and gone at the
end: what stays are lines above it.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from kiecli.clock import Clock
from kiecli.download.progress import (
    TransferAdvanced,
    TransferEvent,
    TransferRetrying,
    TransferStarted,
)
from kiecli.polling.snapshot import Snapshot
from kiecli.render.notices import Notices, state_of
from kiecli.render.reporter import Reporter, file_line
from kiecli.render.rows import FileRow, TaskRow, task_lines, truncate_end, truncate_start
from kiecli.render.tables import console
from kiecli.render.text import count, counts, sanitize
from kiecli.streams import ErrorOutput, Output

if TYPE_CHECKING:
    from kiecli.download.plan import SavedFile, Target

Row = TypeVar("Row")

FRAME = 0.1
"""Seconds between two drawings."""

_ASKING = "not asked yet"  # the state of a task that no answer has come for
_MAX_BAR = 30
# The terminal's own colours: what is left to do is fainter than what is done, on white as on black.
_TO_COME, _THERE = "bright_black", "green"
_BAR_FROM = 40  # columns; below them a name is worth more than a bar


class LiveReporter(Reporter):
    """Draws spinners for tasks and bars for files; says lines above them."""

    tick_interval = FRAME
    shows_growth = True

    def __init__(
        self,
        out: Output,
        err: ErrorOutput,
        clock: Clock,
        environ: Mapping[str, str],
        *,
        task_ids: tuple[str, ...] = (),
        name_of: Callable[[str], str] = str,
    ) -> None:
        """Take the streams, and what is waited for.

        Args:
            out: Where `answer` writes; through the block's own console when it is the same place.
            err: The terminal to draw on.
            clock: For elapsed times.
            environ: For what rich reads there (TERM, COLORTERM, COLUMNS, NO_COLOR).
            task_ids: The tasks to show from the start.
            name_of: Returns what people call a task, by its id.
        """
        super().__init__(out, err)
        self._shared = out.same_place(err)
        self.tells_files = not self._shared
        self._clock = clock
        now = clock.now()
        self._notices = Notices(now, name_of)
        self._name_of = name_of
        self._tasks = {
            task_id: TaskRow(sanitize(name_of(task_id)), _ASKING, now) for task_id in task_ids
        }
        self._files: dict[str, FileRow] = {}
        canvas = console(err, environ)
        self._spinner = Spinner("line" if canvas.options.ascii_only else "dots")
        self._drawn_at = float("-inf")
        self._live = Live(
            console=canvas,
            transient=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def write_stdout(self, text: str) -> None:
        """Write to stdout; above the block when both are on one terminal, in one piece with it."""
        if self._shared and self._live.is_started:
            self._above(text.removesuffix("\n"))
        else:
            super().write_stdout(text)

    def say(self, line: str) -> None:
        """Write a line above the block."""
        if self._live.is_started:
            self._above(line)
        else:
            super().say(line)

    def note(self, line: str) -> None:
        """Say something that is no error."""
        self.say(sanitize(f"kiecli: {line}"))

    def snapshot(self, snapshot: Snapshot) -> None:
        """Show the task's new state; say trouble that lasts."""
        for line in self._notices.of_trouble(snapshot):
            self.note(line)
        if snapshot.settled:
            self._tasks.pop(snapshot.task_id, None)
        else:
            first = self._clock.now() - snapshot.elapsed
            state = sanitize(state_of(snapshot))
            name = sanitize(self._name_of(snapshot.task_id))
            self._tasks[snapshot.task_id] = TaskRow(name, state, first)
        self._draw()

    def transfer(self, event: TransferEvent) -> None:
        """Show a bar for a file that has started; say what delays it."""
        path, now = event.target.path, self._clock.now()
        row = self._files.get(path)
        match event:
            case TransferStarted(_, have, total):
                self._files[path] = FileRow(path, have, total, now)
            case TransferAdvanced(_, have, total):
                if row is not None:
                    row.move(have, total, now)
            case TransferRetrying(_, reason):
                if row is not None:
                    row.pause()
                for line in self._notices.of_file_trouble(path, reason):
                    self.note(line)

    def ended(self, target: "Target", saved: "SavedFile") -> None:
        """Take its bar away and say how it ended."""
        self._files.pop(target.path, None)
        super().ended(target, saved)
        if saved.error is None and self.tells_files:
            self.note(file_line(saved))

    def tick(self) -> None:
        """Draw the next frame when it is time."""
        if self._clock.now() - self._drawn_at >= FRAME:
            self._draw()

    def close(self) -> None:
        """Take the block away and give the cursor back."""
        self._live.stop()

    def _above(self, text: str) -> None:
        self._live.console.print(Text(text), soft_wrap=True)

    def _draw(self) -> None:
        self._drawn_at = self._clock.now()
        if not self._live.is_started:
            if not (self._tasks or self._files):
                return
            self._live.start()
        self._live.update(self._block(), refresh=True)

    def _block(self) -> RenderableType:
        height = max(3, self._live.console.height // 3)
        for_files = height - 1 if self._tasks else height
        for_tasks = height - min(len(self._files), for_files)
        return Group(*self._file_rows(for_files), *self._task_rows(for_tasks))

    def _file_rows(self, room: int) -> list[RenderableType]:
        shown, rest = _first(list(self._files.values()), room)
        rows = [self._bars(shown)] if shown else []
        return [*rows, *([Text(f"{len(rest)} more files")] if rest else [])]

    def _task_rows(self, room: int) -> list[RenderableType]:
        shown, rest = _first(list(self._tasks.values()), room)
        width = self._live.console.width - 2
        lines = task_lines(shown, self._clock.now(), width) if shown else []
        if rest:
            lead = f"{len(rest)} more" if shown else count(len(rest), "task")
            lines.append(f"{lead}: {counts([row.state for row in rest])}")
        return [self._spinning(truncate_end(line, width)) for line in lines]

    def _spinning(self, text: str) -> Text:
        tick_interval = self._spinner.render(self._clock.now())
        return Text.assemble(
            tick_interval if isinstance(tick_interval, Text) else "", " ", text, no_wrap=True
        )

    def _bars(self, files: list[FileRow]) -> Table:
        now, width = self._clock.now(), self._live.console.width
        measures = [row.measure(now, width) for row in files]
        bar_width = min(_MAX_BAR, width // 4) if width >= _BAR_FROM else 0
        room = width - max(map(len, measures)) - (bar_width + 2 if bar_width else 1)
        grid = Table.grid(padding=(0, 1), expand=False)
        for row, measure in zip(files, measures, strict=True):
            bar = ProgressBar(
                total=row.total,
                completed=row.have,
                pulse=row.total is None,
                width=bar_width,
                style=_TO_COME,
                complete_style=_THERE,
                pulse_style=_THERE,
            )
            name = Text(truncate_start(row.name, room), no_wrap=True)
            grid.add_row(name, *([bar] if bar_width else []), Text(measure, no_wrap=True))
        return grid


def _first(rows: list[Row], room: int) -> tuple[list[Row], list[Row]]:
    """Return the rows that have room, one line less where a line must tell of the others."""
    keep = len(rows) if len(rows) <= room else max(room - 1, 0)
    return rows[:keep], rows[keep:]
