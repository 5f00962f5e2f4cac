"""`--archive FILE` in a run: listed tasks are left out, and those that are done are added."""

from kiecli.api.models import Phase
from kiecli.commands.command_line import resume_argv
from kiecli.commands.stop_rule import ANY, LeftOpen
from kiecli.download.archive import FAILED, SAVED, Archive
from kiecli.errors import SaveError
from kiecli.outcome import Outcome
from kiecli.render.formats import ResultWriter
from kiecli.render.reporter import Reporter
from kiecli.render.text import count
from kiecli.runtime import Runtime
from kiecli.task_ids.task_selection import TaskSelection


class ArchivedTasks:
    """The tasks of a run that an archive lists, and the archive itself."""

    def __init__(self, archive: Archive, selection: TaskSelection, *, dry_run: bool) -> None:
        """Read the archive, and find out whether it can be written.

        Args:
            archive: The file.
            selection: The tasks of the line.
            dry_run: Only read it.

        Raises:
            UsageError: It cannot be read, or not be written.
        """
        # All at once, before the first request: a file that cannot be read is wrong usage.
        listed = archive.read()
        self._archive = archive
        self._selection = selection
        self._dry_run = dry_run
        self.outcomes = {
            task_id: listed[task_id] for task_id in selection.task_ids if task_id in listed
        }
        """How each task that is listed came out: `saved`, `failed`, or another word of the line."""
        self.left = selection.without(self.outcomes)
        """The tasks that are not listed."""
        # Where nothing is left nothing will be added: a read-only file is good enough then.
        if self.left.task_ids and not dry_run:
            archive.check_writable()

    def is_all(self, stop: str, runtime: Runtime, reporter: Reporter, writer: ResultWriter) -> bool:
        """Show the tasks that are listed: one note, and an object each.

        Args:
            stop: Which outcome of one task decides the run: `--any`, `--fail-fast` or neither.
            runtime: For the line to run.
            reporter: Prints the note.
            writer: Takes the objects.

        Returns:
            Whether the run is over: all tasks are listed, or a saved one has won (`--any`).
        """
        # First of all objects: they are known before anything was asked.
        for task_id in self.outcomes:
            label = self._selection.labels.get(task_id)
            writer.add(Outcome(task_id, label=label, is_skipped=True))
        if self.outcomes:
            tasks = count(len(self.outcomes), "task")
            reporter.note(f"skipped {tasks} that {self._archive.path} lists")
        if self.left.task_ids and stop == ANY and SAVED in self.outcomes.values():
            argv = resume_argv(runtime.argv)
            left_open = LeftOpen(ANY, self._selection, argv, self.left.task_ids, {})
            for outcome in left_open.outcomes:
                writer.add(outcome)
            reporter.note(left_open.line())
            return True
        return not self.left.task_ids

    def add(self, outcome: Outcome, reporter: Reporter) -> Outcome:
        """Add a task that is done for good.

        Returns:
            The outcome of the task; a saved one that could not be added has an error.
        """
        word = "" if self._dry_run else _archive_word(outcome)
        if not word:
            return outcome
        try:
            self._archive.add(outcome.task_id, word)
        except SaveError as error:
            reporter.error(error)
            # An error that the task has already weighs more than that of its line.
            if outcome.error is None:
                return outcome._replace(error=error, exit_code=error.exit_code)
        return outcome


def _archive_word(outcome: Outcome) -> str:
    """Return what an archive says of a task, nothing where another run may do more for it."""
    task = outcome.task
    if task is None:
        return ""
    if task.phase is Phase.FAILED:
        return FAILED  # for good: asking again costs a request and changes nothing
    return SAVED if outcome.files and outcome.error is None else ""
