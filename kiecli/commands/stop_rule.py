"""`--any` and `--fail-fast`: when one task decides a run, and what becomes of the others then."""

from collections.abc import Callable, Mapping, Sequence

from kiecli.errors import ExitCode, TaskNotFound, TaskPending
from kiecli.outcome import Outcome
from kiecli.polling.snapshot import Snapshot
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
    """Tasks that nobody waits for any longer; most are still running at Kie, and paid for.

    Attributes:
        outcomes: How they came out, which is no error of the run.
    """

    def __init__(
        self,
        rule: str,
        selection: TaskSelection,
        argv: Sequence[str],
        task_ids: Sequence[str],
        snapshots: Mapping[str, Snapshot],
    ) -> None:
        """Take the tasks.

        Args:
            rule: The option under which the run was decided.
            selection: The tasks of the line.
            argv: The command, without ids.
            task_ids: Those that are open.
            snapshots: What is known of them, by id; nothing of one that was not answered about.
        """
        self._selection = selection
        # Without the option: a line that takes them up is to wait for all of them.
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

    def line(self, others: Sequence[str] = (), lead: Callable[[], str] = str) -> str:
        """Return the line that says what is known of them, and how to take them up.

        Args:
            others: Tasks that can be tried again, which the same line then does.
            lead: Returns what the line is for where there are others; by default `to continue`.
        """
        what = (lead() or "to continue") if others else self._purpose()
        left = {outcome.task_id for outcome in self.outcomes}.union(others)
        ids = [task_id for task_id in self._selection.task_ids if task_id in left]
        command = self._selection.resume_command(self._argv, ids)
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
    """Return what says of a number of tasks what is known of one."""
    if snapshot is None:
        return _unknown
    if snapshot.answer is not None:
        return _succeeded if snapshot.answer.finished else _running
    retry = snapshot.retry
    return _invisible if retry and isinstance(retry.reason, TaskNotFound) else _unknown


def _running(number: int) -> str:
    are = "is" if number == 1 else "are"
    return f"{count(number, 'task')} {are} still running at Kie, and paid for"


def _unknown(number: int) -> str:
    return f"{count(number, 'task')} may still be running at Kie, and paid for"


def _succeeded(number: int) -> str:
    return f"{count(number, 'task')} {'has' if number == 1 else 'have'} succeeded, too"


def _invisible(number: int) -> str:
    return f"{count(number, 'task')} {'is' if number == 1 else 'are'} not visible yet"
