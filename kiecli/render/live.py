"""The live block on a terminal: a row for each running task, a bar for each file.

Drawn by the main thread only, and erased at the end: only the lines printed above it stay.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from rich.live import Live
from rich.text import Text

from kiecli.clock import Clock
from kiecli.download.progress import (
    TransferAdvanced,
    TransferEvent,
    TransferRetrying,
    TransferStarted,
)
from kiecli.outcome import Outcome
from kiecli.polling.snapshot import Snapshot
from kiecli.render.block import Block
from kiecli.render.console import console
from kiecli.render.notices import state_of
from kiecli.render.reporter import LogReporter
from kiecli.render.rows import FileRow
from kiecli.render.spinner import SPINNER_DELAY
from kiecli.safe_text import sanitize
from kiecli.streams import ErrorOutput, Output

if TYPE_CHECKING:
    from kiecli.download.plan import SavedFile, Target

FRAME = 0.1
"""Seconds between two frames: a spinner looks smooth, and drawing takes little CPU time."""


class LiveReporter(LogReporter):
    """Draws a row for each task and a bar for each file; prints lines above them."""

    tick_interval = FRAME
    shows_growth = True

    def __init__(
        self,
        out: Output,
        err: ErrorOutput,
        clock: Clock,
        environ: Mapping[str, str],
        *,
        task_ids: Sequence[str] = (),
        name_of: Callable[[str], str] = str,
        watching: bool = False,
        timeout: float | None = None,
        uninterrupted: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Take the streams, and what the run is about.

        Args:
            out: Where results are written; above the block when it is the same terminal.
            err: The terminal to draw on.
            clock: For elapsed times.
            environ: For what rich reads there (TERM, COLORTERM, COLUMNS).
            task_ids: The tasks.
            name_of: Returns what people call a task, by its id.
            watching: Whether the run waits for them, so that each has a row.
            timeout: Seconds that it waits at most, or None.
            uninterrupted: Returns a context in which a frame is drawn as a whole.
        """
        super().__init__(out, err, clock, several=len(task_ids) > 1, name_of=name_of)
        names = {task_id: sanitize(name_of(task_id)) for task_id in task_ids}
        self._block = Block(names, clock.now(), watching=watching, timeout=timeout)
        self._uninterrupted = uninterrupted
        self._drawn_at = float("-inf")
        self._new_live = partial(
            Live,
            console=console(err, environ),
            transient=True,  # erased at the end: the lines above it say all that remains true
            auto_refresh=False,  # rich's own thread would draw while we print lines
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live = self._new_live()

    def write_stdout(self, text: str) -> None:
        """Write to stdout; above the block when both are on one terminal, in one piece with it."""
        if self._shares_stdout and self._live.is_started:
            self._above(text.removesuffix("\n"))
        else:
            super().write_stdout(text)

    def snapshot(self, snapshot: Snapshot) -> None:
        """Show the task's new state; print why it is retried for longer than a moment."""
        super().snapshot(snapshot)
        if snapshot.settled:  # it is counted, and drawn, when its result is out
            self._block.hide_task(snapshot.task_id)
            return
        now = self._clock.now()
        state = sanitize(state_of(snapshot))
        self._block.show_task(snapshot.task_id, state, now - snapshot.elapsed, now)
        self._draw()

    def task_finished(self, outcome: Outcome) -> None:
        """Count a task that has ended."""
        self._block.finish(outcome)
        super().task_finished(outcome)

    def transfer(self, event: TransferEvent) -> None:
        """Show a bar for a file that has started; print what delays it."""
        super().transfer(event)
        path, now = event.target.path, self._clock.now()
        row = self._block.files.get(path)
        match event:
            case TransferStarted(_, received, total):
                self._block.files[path] = FileRow(path, received, total, now)
            case TransferAdvanced(_, received, total):
                if row is not None:
                    row.advance(received, total, now)
            case TransferRetrying():  # pragma: no branch  the last of them
                if row is not None:
                    row.pause()

    def file_finished(self, target: "Target", saved: "SavedFile") -> None:
        """Remove the file's bar and print how it has ended."""
        self._block.files.pop(target.path, None)
        super().file_finished(target, saved)

    def tick(self) -> None:
        """Draw the next frame when it is time."""
        if self._clock.now() - self._drawn_at >= FRAME:
            self._draw()

    def close(self) -> None:
        """Erase the block and show the cursor again; the next frame would draw it anew."""
        with self._uninterrupted():
            self._live.stop()
            # A Live of rich that is started again erases as many lines as it had before.
            self._live = self._new_live()

    def _print(self, line: str) -> None:
        if self._live.is_started:
            self._above(line)
        else:
            super()._print(line)

    def _above(self, text: str) -> None:
        with self._uninterrupted():
            self._live.console.print(Text.from_ansi(text), soft_wrap=True)

    def _draw(self) -> None:
        self._drawn_at = now = self._clock.now()
        if not self._live.is_started:
            # In the background the keys that somebody types are on these lines.
            is_seen = self._err.is_in_foreground()
            if not (is_seen and self._block.is_worth_drawing(now, SPINNER_DELAY)):
                return
            with self._uninterrupted():
                self._live.start()
        terminal = self._live.console
        block = self._block.draw(
            terminal.width, terminal.height, now, ascii_only=terminal.options.ascii_only
        )
        with self._uninterrupted():
            self._live.update(block, refresh=True)
