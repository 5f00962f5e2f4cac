"""The tasks that a run leaves open once another task has decided it (--any, --fail-fast)."""

from collections.abc import Mapping, Sequence

from kiecli.api.models import Task
from kiecli.commands.stop_rule import StopRule
from kiecli.errors import TaskPending
from kiecli.outcome import Outcome
from kiecli.render.text import count
from kiecli.task_ids.task_selection import TaskSelection


class LeftOpen:
    """Tasks still running at Kie, and paid for, without anybody waiting for them.

    Attributes:
        task_ids: The tasks.
    """

    def __init__(
        self, stop: StopRule, selection: TaskSelection, argv: Sequence[str], task_ids: Sequence[str]
    ) -> None:
        """Take the tasks.

        Args:
            stop: The rule under which the run was decided.
            selection: The tasks of the line.
            argv: The command, without ids.
            task_ids: Those that are open.
        """
        self.task_ids = task_ids
        self._stop = stop
        self._selection = selection
        self._argv = stop.taken_from(argv)

    def outcomes(self, answers: Mapping[str, Task | None]) -> list[Outcome]:
        """Return their outcomes, which are no errors of the run.

        Args:
            answers: What Kie last answered about them, by id.
        """
        how = "succeeded" if self._stop is StopRule.ANY else "failed"
        error = TaskPending(f"not waited for any longer: another task has {how}")
        return [
            Outcome(
                task_id,
                answers.get(task_id),
                error,
                error.exit_code,
                self._argv,
                label=self._selection.labels.get(task_id),
            )
            for task_id in self.task_ids
        ]

    def note(self) -> str:
        """Return the line that says that they are still running, and how to wait for them."""
        is_one = len(self.task_ids) == 1
        are, them = ("is", "it") if is_one else ("are", "them")
        command = self._selection.resume_command(self._argv, self.task_ids)
        tasks = count(len(self.task_ids), "task")
        return f"{tasks} {are} still running at Kie, and paid for; to wait for {them}: {command}"
