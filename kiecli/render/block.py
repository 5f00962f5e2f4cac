"""What the live block shows at one moment: files with bars, tasks with states, and a last row.

It takes a third of the screen at most: what stays, results and errors, is more worth seeing.
"""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kiecli.outcome import Outcome
from kiecli.render.notices import NO_ANSWER
from kiecli.render.rows import FileRow, TaskRow, task_lines, truncate_end, truncate_start, visible
from kiecli.render.spinner import frame
from kiecli.render.summary import ElapsedTime, OutcomeCounter, progress_lines
from kiecli.render.text import counts

_MIN_HEIGHT = 3  # rows, however low the screen: a file, a task and the last row
_MAX_BAR = 30  # columns
_BAR_FROM = 40  # columns of the screen; below them a name is worth more than a bar
# The terminal's own colours: what is left to do is fainter than what is done, on white as on black.
_REMAINING, _RECEIVED = "bright_black", "green"

ASKING = "asking Kie"
"""The state of a task whose first request waits for its turn, or for its answer."""

_STYLES = {ASKING: "bright_black", NO_ANSWER: "bold red"}
_RUNNING = "bold yellow"


class Block:
    """The rows, kept up to date by the reporter that draws them; times are on the clock's `now`."""

    def __init__(
        self, names: Mapping[str, str], now: float, *, watching: bool, timeout: float | None
    ) -> None:
        """Begin with all tasks of a run.

        Args:
            names: What people call each task, by its id.
            now: When the run began.
            watching: Whether it waits for them: then each has a row.
            timeout: Seconds that it waits at most, or None.
        """
        self.files: dict[str, FileRow] = {}
        self.counter = OutcomeCounter(len(names))
        self._names = names
        self._tasks: dict[str, TaskRow] = {}
        self._began = now
        self._timeout = timeout
        for task_id in names if watching else ():
            self.show_task(task_id, ASKING, now, now)

    def show_task(self, task_id: str, state: str, first: float, now: float) -> None:
        """Show the state of a task that was asked about first at `first`."""
        before = self._tasks.get(task_id)
        changed = before.changed if before is not None and before.state == state else now
        style = _STYLES.get(state, _RUNNING)
        name = self._names.get(task_id, task_id)
        self._tasks[task_id] = TaskRow(name, state, style, first, changed)

    def hide_task(self, task_id: str) -> None:
        """Remove a task's row, because it is over or its files have bars."""
        self._tasks.pop(task_id, None)

    def finish(self, outcome: Outcome) -> None:
        """Count a task that has ended."""
        self.counter.add(outcome)

    def is_worth_drawing(self, now: float, delay: float) -> bool:
        """Return whether there is something to see, or has been nothing for too long."""
        silent = self.counter.left > 0 and now - self._began >= delay
        return bool(self._tasks or self.files) or silent

    def draw(self, width: int, screen_height: int, now: float, *, ascii_only: bool) -> Group:
        """Return all rows.

        Args:
            width: Columns of the screen.
            screen_height: Rows of the screen.
            now: The present moment.
            ascii_only: Whether the screen shows nothing else.
        """
        if not (self._tasks or self.files or self.counter.left):
            return Group()
        height = max(_MIN_HEIGHT, screen_height // 3) - 1
        for_files = height - 1 if self._tasks else height
        for_tasks = height - min(len(self.files), for_files)
        spinner = f"{frame(now - self._began, ascii_only=ascii_only)} "
        tasks = self._task_rows(spinner, for_tasks, width, now)
        lead = "  " if tasks else spinner
        return Group(
            *self._file_rows(for_files, width, now),
            *tasks,
            self._last_row(lead, width, now, " - " if ascii_only else " \u00b7 "),
        )

    def _file_rows(self, room: int, width: int, now: float) -> list[RenderableType]:
        files = list(self.files.values())
        shown = files if len(files) <= room else files[: max(room - 1, 0)]
        rows: list[RenderableType] = [_bars(shown, width, now)] if shown else []
        left = len(files) - len(shown)
        return [*rows, *([Text(f"{left} more files", no_wrap=True)] if left else [])]

    def _task_rows(self, spinner: str, room: int, width: int, now: float) -> list[Text]:
        shown, rest = visible(list(self._tasks.values()), room)
        lines = task_lines(shown, now, width - len(spinner)) if shown else []
        if rest:
            text = f"{len(rest)} {'more' if shown else 'waited for'}: "
            text += counts([row.state for row in rest])
            lines.append(Text(truncate_end(text, width - len(spinner)), no_wrap=True))
        return [Text.assemble(spinner, line, no_wrap=True) for line in lines]

    def _last_row(self, lead: str, width: int, now: float, separator: str) -> Text:
        # Saving has no deadline, so none is shown when nothing is waited for any more.
        timeout = self._timeout if self._tasks else None
        forms = progress_lines(self.counter, ElapsedTime(now - self._began, timeout), separator)
        room = width - len(lead)
        fitting = next((form for form in forms if len(form) <= room), forms[-1])
        return Text(lead + truncate_end(fitting, room), no_wrap=True)


def _bars(files: list[FileRow], width: int, now: float) -> Table:
    measures = [row.measure(now, width) for row in files]
    bar_width = min(_MAX_BAR, width // 4) if width >= _BAR_FROM else 0
    room = width - max(map(len, measures)) - (bar_width + 2 if bar_width else 1)
    grid = Table.grid(padding=(0, 1), expand=False)
    for row, measure in zip(files, measures, strict=True):
        name = Text(truncate_start(row.name, room), no_wrap=True)
        bar = [_bar(row, bar_width)] if bar_width else []
        grid.add_row(name, *bar, Text(measure, no_wrap=True))
    return grid


def _bar(row: FileRow, width: int) -> ProgressBar:
    return ProgressBar(
        total=row.total,
        completed=row.received,
        pulse=row.total is None,
        width=width,
        style=_REMAINING,
        complete_style=_RECEIVED,
        pulse_style=_RECEIVED,
    )
