"""`--archive FILE` in a run: skips the tasks that the archive lists, adds those that are done."""

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
            selection: The tasks of the command line.
            dry_run: Only read it.

        Raises:
            UsageError: It cannot be read, or not be written.
        """
        # Before the first request: an archive that cannot be read is wrong usage, exit code 2.
        listed = archive.read()
        self._archive = archive
        self._selection = selection
        self._dry_run = dry_run
        self.outcomes = {
            task_id: listed[task_id] for task_id in selection.task_ids if task_id in listed
        }
        """The listed tasks, each with the word after its id: `saved`, `failed` or another."""
        self.left = selection.without(self.outcomes)
        """The tasks that are not listed."""
        # Where nothing is left nothing will be added: a read-only file is good enough then.
        if self.left.task_ids and not dry_run:
            archive.check_writable()

    def report_skipped(
        self, stop: str, runtime: Runtime, reporter: Reporter, writer: ResultWriter
    ) -> bool:
        """Write the skipped tasks; return whether that ends the run.

        It does if all tasks are listed, or under `--any` if a listed one was saved.

        Args:
            stop: Which outcome of one task decides the run: `--any`, `--fail-fast` or neither.
            runtime: For argv.
            reporter: Prints how many were skipped.
            writer: Takes an outcome for each.
        """
        # They come before all other outcomes: they are known before the first request.
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
            reporter.note(left_open.message())
            return True
        return not self.left.task_ids

    def add(self, outcome: Outcome, reporter: Reporter) -> Outcome:
        """Add a task to the archive if it is done for good: saved, or failed at Kie.

        Returns:
            Its outcome, with an error if it could not be added.
        """
        word = "" if self._dry_run else _archive_word(outcome)
        if not word:
            return outcome
        try:
            self._archive.add(outcome.task_id, word)
        except SaveError as error:
            reporter.error(error)
            # An error of the task itself matters more than one of the archive.
            if outcome.error is None:
                return outcome._replace(error=error, exit_code=error.exit_code)
        return outcome


def _archive_word(outcome: Outcome) -> str:
    """Return the word for a task in the archive; empty if another run may do more for it."""
    task = outcome.task
    if task is None:
        return ""
    if task.phase is Phase.FAILED:
        return FAILED  # for good: asking again costs a request and changes nothing
    return SAVED if outcome.error is None else ""
