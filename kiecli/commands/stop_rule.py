"""`--any` and `--fail-fast`: when one task's outcome ends a run, and what becomes of the others."""

from collections.abc import Callable, Mapping, Sequence

from kiecli.errors import ExitCode, TaskNotFound, TaskPending
from kiecli.outcome import Outcome
from kiecli.polling.snapshot import Snapshot
from kiecli.render.text import count
from kiecli.task_ids.task_selection import TaskSelection

ANY, FAIL_FAST = "--any", "--fail-fast"
"""The rules, named by the options that ask for them; an empty string stands for neither."""

# All final outcomes but success. Not wrong usage (2), which is no task's; nor 8 and 124: such a
# task is still running.
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
    """The tasks that a decided run no longer waits for; most still run at Kie, and are paid for.

    Attributes:
        outcomes: Their outcomes, pending; they do not change the exit code of the run.
    """

    def __init__(
        self,
        rule: str,
        selection: TaskSelection,
        argv: Sequence[str],
        task_ids: Sequence[str],
        snapshots: Mapping[str, Snapshot],
    ) -> None:
        """Make the outcomes of the tasks that are left open.

        Args:
            rule: The option that decided the run.
            selection: The tasks of the command line.
            argv: The resume command, without task ids.
            task_ids: The tasks that are left open.
            snapshots: The last snapshot of each, by id; tasks without any answer have none.
        """
        self._selection = selection
        self._rule = rule
        # Without the option: the resume command is to wait for all of them.
        self._argv = tuple(word for word in argv if word != rule)
        self._snapshots = [snapshots.get(task_id) for task_id in task_ids]
        how = "succeeded" if rule == ANY else "failed"
        error = TaskPending(f"not waited for any longer: another task has {how}")
        self.outcomes = [
            Outcome(
                task_id,
                None if snapshot is None else snapshot.answer,
                error,
                error.exit_code,
                self._argv,
                label=selection.labels.get(task_id),
            )
            for task_id, snapshot in zip(task_ids, self._snapshots, strict=True)
        ]

    def message(self, others: Sequence[str] = (), lead: Callable[[], str] = str) -> str:
        """Return the message with their states, counted, and the command that resumes them.

        Args:
            others: Failed tasks that can be retried, which the same command then does.
            lead: Returns what the command is for if there are others; by default `to continue`.
        """
        what = (lead() or "to continue") if others else self._purpose()
        left = {outcome.task_id for outcome in self.outcomes}.union(others)
        ids = [task_id for task_id in self._selection.task_ids if task_id in left]
        change = f" without {self._rule}"
        command = self._selection.resume_command(self._argv, ids, change=change)
        states = [_state(snapshot) for snapshot in self._snapshots]
        groups = [form(states.count(form)) for form in dict.fromkeys(states)]
        return f"{'; '.join(groups)}; {what}: {command}"

    def _purpose(self) -> str:
        is_one = len(self.outcomes) == 1
        succeeded = [_state(snapshot) is _succeeded for snapshot in self._snapshots]
        if all(succeeded):
            return f"to get {'its' if is_one else 'their'} results"
        if any(succeeded):
            return "to continue"
        return f"to wait for {'it' if is_one else 'them'}"


def _state(snapshot: Snapshot | None) -> Callable[[int], str]:
    """Return the function that puts into words how many tasks are in the state of this one."""
    if snapshot is None:
        return _unknown
    if snapshot.answer is not None:
        return _succeeded if snapshot.answer.finished else _running
    retry = snapshot.retry
    return _invisible if retry and isinstance(retry.reason, TaskNotFound) else _unknown


def _running(number: int) -> str:
    are = "is" if number == 1 else "are"
    return f"{count(number, 'task')} {are} still running at Kie, and paid for"


# Nothing is claimed of a task that Kie has not answered about: it may not even exist.
def _unknown(number: int) -> str:
    return f"{count(number, 'task')} may still be running at Kie, and paid for"


def _succeeded(number: int) -> str:
    return f"{count(number, 'task')} {'has' if number == 1 else 'have'} succeeded, too"


def _invisible(number: int) -> str:
    return f"{count(number, 'task')} {'is' if number == 1 else 'are'} not visible yet"
