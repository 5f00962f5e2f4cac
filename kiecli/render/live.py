"""One block on a terminal that is drawn over and over while a run goes on.

Drawn from the main thread only, never higher than about a third of the screen, and gone at the
end: what stays are lines above it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from kiecli import durations
from kiecli.clock import Clock
from kiecli.models import Task
from kiecli.render.human import console
from kiecli.render.notices import Notices, tally
from kiecli.render.screen import Screen, file_line
from kiecli.render.words import clean, count, size
from kiecli.streams import ErrorOutput, Output
from kiecli.watch import Snapshot

if TYPE_CHECKING:
    from kiecli.download import SavedFile, Target

FRAME = 0.1
"""Seconds between two drawings."""

_SPEED_MEMORY = 3.0  # seconds over which a file's speed is smoothed


class _TaskRow(NamedTuple):
    state: str
    first: float


class _FileRow:
    """A file on its way."""

    def __init__(self, target: "Target", have: int, total: int | None, now: float) -> None:
        self.name = target.path
        self.have = have
        self.total = total
        self.speed = 0.0
        self._measured = have
        self._at = now

    def move(self, have: int, total: int | None, now: float) -> None:
        self.have, self.total = have, total
        passed = now - self._at
        if have < self._measured:  # started again
            self._measured, self._at, self.speed = have, now, 0.0
        elif passed >= FRAME:
            fresh = (have - self._measured) / passed
            weight = min(1.0, passed / _SPEED_MEMORY) if self.speed else 1.0
            self.speed += (fresh - self.speed) * weight
            self._measured, self._at = have, now

    @property
    def left(self) -> float | None:
        """Seconds until it is there, if that can be told."""
        if self.total is None or self.speed <= 0:
            return None
        return (self.total - self.have) / self.speed


class LiveScreen(Screen):
    """Draws spinners for tasks and bars for files; says lines above them."""

    frame = FRAME

    def __init__(
        self,
        out: Output,
        err: ErrorOutput,
        clock: Clock,
        environ: Mapping[str, str],
        *,
        annotations: bool = False,
        task_ids: tuple[str, ...] = (),
    ) -> None:
        """Take the streams, and what is waited for.

        Args:
            out: Where `answer` writes; through the block's own console when it is the same place.
            err: The terminal to draw on.
            clock: For elapsed times.
            environ: For what rich reads there (TERM, COLORTERM, COLUMNS, NO_COLOR).
            annotations: Whether failures are also told to GitHub Actions.
            task_ids: The tasks to show from the start.
        """
        super().__init__(out, err, annotations=annotations)
        self._shared = out.same_place(err)
        self._clock = clock
        self._notices = Notices(clock.now())
        now = clock.now()
        self._tasks = {task_id: _TaskRow("asking", now) for task_id in task_ids}
        self._files: dict[str, _FileRow] = {}
        self._spinner = Spinner("dots")
        self._drawn_at = float("-inf")
        self._live = Live(
            console=console(err, environ),
            transient=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def answer(self, text: str) -> None:
        """Write to stdout; above the block when both are on one terminal, in one piece with it."""
        if self._shared and self._live.is_started:
            self._above(text.removesuffix("\n"))
        else:
            super().answer(text)

    def say(self, line: str) -> None:
        """Write a line above the block."""
        if self._live.is_started:
            self._above(line)
        else:
            super().say(line)

    def note(self, line: str) -> None:
        """Say something that is no error."""
        self.say(clean(f"kiecli: {line}"))

    def snapshot(self, snapshot: Snapshot[Task]) -> None:
        """Show the task's new state; say trouble that lasts."""
        for line in self._notices.of_trouble(snapshot):
            self.note(line)
        self._tasks.pop(snapshot.task_id, None)
        if not snapshot.settled:
            state = "not visible yet" if snapshot.answer is None else snapshot.answer.word
            first = self._clock.now() - snapshot.elapsed
            self._tasks[snapshot.task_id] = _TaskRow(clean(state), first)
        self._draw()

    def started(self, target: "Target", have: int, total: int | None) -> None:
        """Show a bar for the file."""
        self._files[target.path] = _FileRow(target, have, total, self._clock.now())

    def moved(self, target: "Target", have: int, total: int | None) -> None:
        """Move its bar."""
        row = self._files.get(target.path)
        if row is not None:
            row.move(have, total, self._clock.now())

    def trouble(self, target: "Target", reason: str) -> None:
        """Say what keeps it."""
        self.note(f"{target.path}: {reason}")

    def ended(self, target: "Target", saved: "SavedFile") -> None:
        """Take its bar away and say how it ended."""
        self._files.pop(target.path, None)
        super().ended(target, saved)
        if saved.error is None and not self._shared:
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
        files = list(self._files.values())[:height]
        rows: list[RenderableType] = [self._bars(files)] if files else []
        return Group(*rows, *self._task_lines(height - len(files)))

    def _task_lines(self, room: int) -> list[RenderableType]:
        shown = list(self._tasks.items())
        rest = []
        if len(shown) > max(room, 1):
            keep = max(room - 1, 0)
            rest, shown = shown[: len(shown) - keep], shown[len(shown) - keep :]
        lines = [self._task_line(task_id, row) for task_id, row in shown]
        if rest:
            more = tally([row.state for _, row in rest])
            lead = f"{len(rest)} more" if shown else count(len(rest), "task")
            lines.append(self._line(f"{lead}: {more}"))
        return list(lines)

    def _task_line(self, task_id: str, row: _TaskRow) -> Text:
        elapsed = durations.show(int(self._clock.now() - row.first))
        return self._line(f"{task_id}  {row.state}  {elapsed}")

    def _line(self, text: str) -> Text:
        frame = self._spinner.render(self._clock.now())
        line = Text.assemble(frame if isinstance(frame, Text) else "", " ", text)
        line.no_wrap, line.overflow = True, "ellipsis"
        return line

    def _bars(self, files: list[_FileRow]) -> Table:
        grid = Table.grid(padding=(0, 1), expand=False)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        grid.add_column(width=min(30, max(4, self._live.console.width // 4)))
        grid.add_column(no_wrap=True, overflow="ellipsis")
        for row in files:
            bar = ProgressBar(total=row.total, completed=row.have, pulse=row.total is None)
            grid.add_row(Text(clean(row.name)), bar, Text(_measure(row)))
        return grid


def _measure(row: _FileRow) -> str:
    whole = "" if row.total is None else f"/{size(row.total)}"
    speed = f" {size(row.speed)}/s" if row.speed else ""
    left = "" if row.left is None else f" {durations.show(int(row.left))}"
    return f"{size(row.have)}{whole}{speed}{left}"
