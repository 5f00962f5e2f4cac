"""Reporters print a run to stderr: errors only (`--quiet`), or a line for each event (a log)."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from kiecli.clock import Clock
from kiecli.errors import KieError, TaskPending
from kiecli.outcome import Outcome
from kiecli.polling.snapshot import Snapshot
from kiecli.streams import ErrorOutput, Output, Severity

if TYPE_CHECKING:
    from kiecli.download.plan import SavedFile, Target
    from kiecli.download.progress import TransferEvent
    from kiecli.network.logging import Exchange
    from kiecli.render.notices import Notices

_MAX_ANNOTATIONS = 10  # GitHub shows no more errors of one step, and drops the others
_SECOND = 1.0  # between ticks: often enough for a notice a minute, and rare enough to be idle


class Reporter:
    """Prints errors and nothing else (`--quiet`); the base of the other reporters."""

    tick_interval = float("inf")
    """Seconds between two calls of `tick` at most."""

    shows_growth = False
    """Whether it shows the progress of files; if not, only TransferRetrying is passed to it."""

    shows_files = False
    """Whether it shows files that were saved; if not, only those that failed are passed to it."""

    prints_pending = False
    """Whether an unfinished task (exit code 8) is worth a line."""

    def __init__(
        self,
        out: Output,
        err: ErrorOutput,
        *,
        errors_in_panel: bool = False,
    ) -> None:
        """Take the streams.

        Args:
            out: Where results are written.
            err: Where everything else is printed.
            errors_in_panel: Whether a panel on the same terminal shows the error of the task.
        """
        self._out = out
        self._err = err
        self._annotated: set[str] = set()
        self._errors_in_panel = errors_in_panel

    def write_stdout(self, text: str) -> None:
        """Write whole lines to stdout, beside whatever is drawn on stderr."""
        self._out.write(text)

    def error(
        self, error: KieError, *, about: str = "", resume_command: str = "", tasks: int = 1
    ) -> None:
        """Print what went wrong, in one line.

        Args:
            error: What happened.
            about: The tasks or the file that it happened to.
            resume_command: The line to run, where one helps.
            tasks: How many tasks it happened to.
        """
        if self._errors_in_panel or (isinstance(error, TaskPending) and not self.prints_pending):
            return
        from kiecli.render.text import annotation, error_text

        text = error_text(error, about=about, resume_command=resume_command, tasks=tasks)
        # One annotation for each task: its files may fail one after the other.
        is_new = (about or text) not in self._annotated and not isinstance(error, TaskPending)
        if is_new and self._err.takes_annotations and len(self._annotated) < _MAX_ANNOTATIONS:
            self._annotated.add(about or text)
            self._print(annotation(text))  # without a lead: the command must begin the line
        else:
            self._print(self._err.message(Severity.ERROR, text))

    def errors(self, error: KieError, names: Sequence[str], resume_command: str = "") -> None:
        """Print what went wrong with several tasks: in one line, but with an annotation for each.

        Args:
            error: What happened.
            names: What people call the tasks.
            resume_command: The line to run for all of them, where one helps.
        """
        from kiecli.render.text import named, resume_lead

        room = 0
        is_annotated = self._err.takes_annotations and not isinstance(error, TaskPending)
        if is_annotated and len(names) > 1:
            room = min(_MAX_ANNOTATIONS - len(self._annotated), len(names))
        for name in names[:room]:
            self.error(error, about=name)
        if rest := names[room:]:
            command = "" if room else resume_command
            self.error(error, about=named(rest), resume_command=command, tasks=len(rest))
        if room and resume_command:
            self.advise(f"{resume_lead({error.kind}, len(names))}: {resume_command}")

    def advise(self, text: str) -> None:
        """Print the command to run after an error; also with `--quiet`."""
        self._print(self._err.message(Severity.NOTE, text))

    def exchange(self, exchange: "Exchange") -> None:
        """Print a request and how it ended (`--verbose`)."""
        e = exchange
        task_id = "" if e.task_id == "-" else f" {e.task_id}"
        self.advise(f"{e.method} {e.host}{e.path}{task_id}: {e.outcome}, {e.milliseconds} ms")

    def note(self, text: str) -> None:
        """Print a message that is no error; not with `--quiet`."""

    def snapshot(self, snapshot: Snapshot) -> None:
        """Show the new state of a task."""

    def task_finished(self, outcome: Outcome) -> None:
        """Show that a task has ended."""

    def transfer(self, event: "TransferEvent") -> None:
        """Show the progress of a file, or why it is retried."""

    def file_finished(self, target: "Target", saved: "SavedFile") -> None:
        """Print how a file has ended, if it failed."""
        if saved.error is not None:
            self.error(saved.error, about=target.name)

    def tick(self) -> None:
        """Draw, or print that nothing has changed; called at least every `tick_interval`."""

    def close(self) -> None:
        """Restore the terminal."""

    def _print(self, line: str) -> None:
        self._err.line(line)


class LogReporter(Reporter):
    """Prints one line for each event, as for a log."""

    prints_pending = True
    shows_files = True

    def __init__(
        self,
        out: Output,
        err: ErrorOutput,
        clock: Clock,
        *,
        errors_in_panel: bool = False,
        watching: bool = False,
        several: bool = False,
        name_of: Callable[[str], str] = str,
    ) -> None:
        """Take the streams and the time.

        Args:
            out: Where results are written.
            err: Where everything else is printed.
            clock: For the signs of life.
            errors_in_panel: Whether a panel on the same terminal shows the error of the task.
            watching: Whether the run waits for tasks, so that changes of state are printed.
            several: Whether the run has several tasks, whose summary counts the files.
            name_of: Returns what people call a task, by its id.
        """
        super().__init__(out, err, errors_in_panel=errors_in_panel)
        self._clock = clock
        self._watching = watching
        self._several = several
        # Then what is printed to stdout need not be repeated here.
        self._shares_stdout = out.same_place(err)
        self._name_of = name_of
        if watching:
            self.tick_interval = _SECOND

    @cached_property
    def _notices(self) -> "Notices":
        # Made when first used: `status` usually ends without any.
        from kiecli.render.notices import Notices

        return Notices(self._name_of)

    def note(self, text: str) -> None:
        """Print a message that is no error."""
        self._print(self._err.message(Severity.NOTE, text))

    def snapshot(self, snapshot: Snapshot) -> None:
        """Print a change of state, and why a task is retried for longer than a moment."""
        if snapshot.retry is not None:
            was_seen = snapshot.answer is not None
            for line in self._notices.of_retry(snapshot.task_id, snapshot.retry, was_seen=was_seen):
                self.note(line)
        if self._watching:
            for line in self._notices.of_change(snapshot, self._clock.now()):
                self.note(line)

    def transfer(self, event: "TransferEvent") -> None:
        """Print what delays a file."""
        from kiecli.download.progress import TransferRetrying

        if isinstance(event, TransferRetrying):
            for line in self._notices.of_file_retry(event.target.path, event.reason):
                self.note(line)

    def file_finished(self, target: "Target", saved: "SavedFile") -> None:
        """Print how a file has ended, as far as the path on stdout does not say it already."""
        super().file_finished(target, saved)
        if saved.error is None and (saved.resumed or not self._shares_stdout):
            from kiecli.render.notices import file_line

            self.note(file_line(saved))

    def task_finished(self, outcome: Outcome) -> None:
        """Print which files of a single task were there, where only their paths are printed."""
        if outcome.files and self._shares_stdout and not self._several:
            from kiecli.render.notices import kept_line

            if line := kept_line(outcome.files):
                self.note(line)

    def tick(self) -> None:
        """Print a sign of life once a minute."""
        if self._watching:
            for line in self._notices.of_no_change(self._clock.now()):
                self.note(line)
