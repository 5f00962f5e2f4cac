"""`--archive FILE` in a run: listed tasks are left out, and those that are done are added."""

from collections.abc import Sequence

from kiecli.api.models import Phase
from kiecli.commands.left_open import LeftOpen
from kiecli.commands.stop_rule import StopRule
from kiecli.download.archive import FAILED, SAVED, Archive
from kiecli.errors import SaveError
from kiecli.outcome import Outcome
from kiecli.render.formats import ResultWriter
from kiecli.render.reporter import Reporter
from kiecli.render.text import count
from kiecli.task_ids.task_selection import TaskSelection


class ArchivedTasks:
    """The tasks of a run that an archive lists, and the archive itself."""

    def __init__(self, archive: Archive | None, selection: TaskSelection, *, dry_run: bool) -> None:
        """Read the archive, and find out whether it can be written.

        Args:
            archive: None where the line has none: then no task is listed, and none added.
            selection: The tasks of the line.
            dry_run: Only read it.

        Raises:
            UsageError: It cannot be read, or not be written.
        """
        listed = {} if archive is None else archive.read()
        self._archive = None if dry_run else archive
        self._selection = selection
        self._path = "" if archive is None else archive.path
        self.outcomes = {
            task_id: listed[task_id] for task_id in selection.task_ids if task_id in listed
        }
        """How each task that is listed came out: `saved`, `failed`, or another word of the line."""
        if self._archive is not None and self.left.task_ids:
            self._archive.check_writable()

    @property
    def left(self) -> TaskSelection:
        """The tasks that are not listed."""
        return self._selection.without(self.outcomes)

    @property
    def has_saved(self) -> bool:
        """Whether one of the tasks that are listed was saved."""
        return SAVED in self.outcomes.values()

    def show(self, reporter: Reporter, answer: ResultWriter) -> None:
        """Show the tasks that are listed: one note, and an object each."""
        for task_id in self.outcomes:
            answer.add(
                Outcome(
                    task_id,
                    files=(),
                    label=self._selection.labels.get(task_id),
                    is_skipped=True,
                )
            )
        if self.outcomes:
            tasks = count(len(self.outcomes), "task")
            reporter.note(f"skipped {tasks} that {self._path} lists")

    def leave_open(self, argv: Sequence[str], reporter: Reporter, answer: ResultWriter) -> None:
        """Show the tasks that are not listed as left open: a listed one has won (--any)."""
        left_open = LeftOpen(StopRule.ANY, self._selection, argv, self.left.task_ids)
        for outcome in left_open.outcomes({}):
            answer.add(outcome._replace(files=()))
        reporter.note(left_open.note())

    def add(self, outcome: Outcome, reporter: Reporter) -> Outcome:
        """Add a task that is done for good.

        Returns:
            The outcome of the task; a saved one that could not be added has an error.
        """
        word = _archive_word(outcome)
        if self._archive is None or not word:
            return outcome
        try:
            self._archive.add(outcome.task_id, word)
        except SaveError as error:
            reporter.error(error)
            if outcome.error is None:
                return outcome._replace(error=error, exit_code=error.exit_code)
        return outcome


def _archive_word(outcome: Outcome) -> str:
    """Return what an archive says of a task, nothing where another run may do more for it."""
    task = outcome.task
    if task is None:
        return ""
    if task.phase is Phase.FAILED:
        return FAILED
    return SAVED if outcome.files and outcome.error is None else ""
