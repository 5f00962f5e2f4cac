"""`--any` and `--fail-fast`: when one task decides a run, and what becomes of the others then."""

from collections.abc import Callable, Mapping, Sequence

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

    def line(self, others: Sequence[str] = (), lead: Callable[[], str] = str) -> str:
        """Return the line that says that they are still running, and how to wait for them.

        Args:
            others: Tasks that can be tried again, which the same line then does.
            lead: Returns what the line is for where there are others; by default `to continue`.
        """
        number = len(self.outcomes)
        are, them = ("is", "it") if number == 1 else ("are", "them")
        what = (lead() or "to continue") if others else f"to wait for {them}"
        left = {outcome.task_id for outcome in self.outcomes}.union(others)
        ids = [task_id for task_id in self._selection.task_ids if task_id in left]
        command = self._selection.resume_command(self._argv, ids)
        tasks = count(number, "task")
        return f"{tasks} {are} still running at Kie, and paid for; {what}: {command}"
