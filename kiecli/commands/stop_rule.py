"""`--any` and `--fail-fast`: when one task decides a run, and what becomes of the others then."""

from collections.abc import Mapping, Sequence

from kiecli.api.models import Task
from kiecli.errors import ExitCode, TaskPending
from kiecli.outcome import Outcome
from kiecli.render.text import count
from kiecli.task_ids.task_selection import TaskSelection

ANY, FAIL_FAST = "--any", "--fail-fast"
"""The rules, named by the options that ask for them; an empty string stands for neither."""

# All ends but success. Wrong usage (2) is of the line, not of a task; a task that is not finished
# (8, 124) has not ended.
_FAILURES = frozenset(
    {
        ExitCode.FAILED,
        ExitCode.REFUSED,
        ExitCode.NOT_FOUND,
        ExitCode.UNAVAILABLE,
        ExitCode.SAVE_FAILED,
    }
)


def is_met(rule: str, outcome: Outcome) -> bool:
    """Return True if the outcome of one task decides the run."""
    if rule == ANY:
        return outcome.exit_code is ExitCode.DONE
    return outcome.exit_code in _FAILURES


class LeftOpen:
    """Tasks still running at Kie, and paid for, without anybody waiting for them.

    Attributes:
        outcomes: How they came out, which is no error of the run.
    """

    def __init__(
        self,
        rule: str,
        selection: TaskSelection,
        argv: Sequence[str],
        task_ids: Sequence[str],
        answers: Mapping[str, Task | None],
    ) -> None:
        """Take the tasks.

        Args:
            rule: The option under which the run was decided.
            selection: The tasks of the line.
            argv: The command, without ids.
            task_ids: Those that are open.
            answers: What Kie last answered about them, by id.
        """
        self._selection = selection
        self._task_ids = task_ids
        # Without the option: a line that takes them up is to wait for all of them.
        self._argv = tuple(word for word in argv if word != rule)
        how = "succeeded" if rule == ANY else "failed"
        error = TaskPending(f"not waited for any longer: another task has {how}")
        self.outcomes = [
            Outcome(
                task_id,
                answers.get(task_id),
                error,
                error.exit_code,
                self._argv,
                label=selection.labels.get(task_id),
            )
            for task_id in task_ids
        ]

    def note(self) -> str:
        """Return the line that says that they are still running, and how to wait for them."""
        is_one = len(self._task_ids) == 1
        are, them = ("is", "it") if is_one else ("are", "them")
        command = self._selection.resume_command(self._argv, self._task_ids)
        tasks = count(len(self._task_ids), "task")
        return f"{tasks} {are} still running at Kie, and paid for; to wait for {them}: {command}"
