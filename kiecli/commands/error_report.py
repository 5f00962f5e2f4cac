"""Errors grouped by reason, and the one resume command for all tasks that another run can finish.

Imported only when something went wrong, for the sake of start-up.
"""

from collections.abc import Callable, Iterable, Sequence
from math import inf

from kiecli.commands.created_tasks import name_created
from kiecli.commands.stop_rule import LeftOpen
from kiecli.errors import ExitCode, TaskPending
from kiecli.outcome import Outcome
from kiecli.polling.snapshot import Snapshot
from kiecli.render.reporter import Reporter
from kiecli.render.text import resume_lead
from kiecli.runtime import Runtime
from kiecli.task_ids.task_selection import TaskSelection

# Reported together, in one line for each reason: an outage ends all tasks with the same error.
_REPORTED_AT_END = (ExitCode.UNAVAILABLE, ExitCode.PENDING, ExitCode.DEADLINE)

# Seconds for which the error of a task that was given up is held back, to report it together with
# others: those that began together are given up within the time that jitter and rate limiter add.
_GROUP_WITHIN = 5.0


class Remainder:
    """The tasks of a run that can be resumed, and the command that resumes them.

    Attributes:
        outcomes: Their outcomes, in the order of the command line.
    """

    def __init__(self, selection: TaskSelection, outcomes: Iterable[Outcome]) -> None:
        """Pick the outcomes that can be resumed.

        Args:
            selection: The tasks of the command line.
            outcomes: Their outcomes, in the order of the command line.
        """
        self._selection = selection
        self.outcomes = [outcome for outcome in outcomes if outcome.resume_argv]

    @property
    def command(self) -> str:
        """The command that resumes all of them; empty if there are none."""
        if not self.outcomes:
            return ""
        # The longest has `--wait` for tasks still running, which does no harm to the others.
        argv = max((outcome.resume_argv for outcome in self.outcomes), key=len)
        is_any_pending = any(isinstance(each.error, TaskPending) for each in self.outcomes)
        task_ids = [each.task_id for each in self.outcomes]
        change = " with --wait" if is_any_pending else ""
        return self._selection.resume_command(argv, task_ids, change=change)

    def advice(self, lead: str = "") -> str:
        """Return the message with the resume command that is printed after all errors.

        Args:
            lead: What the command is for; by default derived from the errors.
        """
        kinds = {outcome.error.kind for outcome in self.outcomes if outcome.error is not None}
        return f"{lead or resume_lead(kinds, len(self.outcomes))}: {self.command}"

    @property
    def is_only_pending(self) -> bool:
        """Whether all of them are just still running, in a run that was not asked to wait."""
        return all(isinstance(outcome.error, TaskPending) for outcome in self.outcomes)

    @property
    def has_created(self) -> bool:
        """Whether one of them was just created: its id may be known nowhere else."""
        return self._selection.has_created(outcome.task_id for outcome in self.outcomes)

    def is_all_in(self, outcomes: Sequence[Outcome]) -> bool:
        """Return True if there are resumable tasks and all of them are among `outcomes`."""
        ids = {outcome.task_id for outcome in outcomes}
        return bool(self.outcomes) and all(each.task_id in ids for each in self.outcomes)


class ErrorReport:
    """Prints the errors of a run's tasks: at once, or those with the same reason together.

    Attributes:
        due: When to call `report_given_up`, on the clock's `now`.
    """

    def __init__(self, reporter: Reporter) -> None:
        """Start without any errors; `reporter` prints them."""
        self.due = inf
        self._reporter = reporter
        self._given_up: list[Outcome] = []
        self._reported: set[str] = set()

    def add(self, outcome: Outcome, now: float) -> None:
        """Print the error of a task now, or hold it back; errors of files are printed already."""
        error = outcome.error
        assert error is not None
        if not (error.fatal or outcome.exit_code in _REPORTED_AT_END or outcome.files):
            self._reporter.error(error, about=outcome.name)
        elif outcome.exit_code is ExitCode.UNAVAILABLE:
            self._given_up.append(outcome)
            self.due = min(self.due, now + _GROUP_WITHIN)

    def report_given_up(self, now: float, snapshots: Iterable[Snapshot]) -> None:
        """Print the errors held back while other tasks go on; the resume command comes at the end.

        Args:
            now: The present moment.
            snapshots: The last snapshot of every task.
        """
        if now < self.due:
            return
        self.due = inf
        # Where Kie answers nobody it is one outage: one message for all tasks, at their end.
        if any(snapshot.answer is not None for snapshot in snapshots):
            for group in _group_by_error(self._given_up):
                self._print(group)
            self._reported.update(outcome.task_id for outcome in self._given_up)
            self._given_up.clear()

    def close(
        self,
        ended: Sequence[Outcome],
        selection: TaskSelection,
        runtime: Runtime,
        *,
        may_advise: bool,
    ) -> Remainder | None:
        """Print the errors that were left for the end.

        Args:
            ended: The outcomes, in the order of the command line.
            selection: The tasks of the command line.
            runtime: For argv.
            may_advise: Whether an error shared by all resumable tasks may have the command.

        Returns:
            The resumable tasks, or None if an error was printed with the command for all of them.
        """
        remainder = Remainder(selection, ended)
        has_line = False
        for group in _group_by_error(each for each in ended if each.task_id not in self._reported):
            error = group[0].error
            assert error is not None
            alone = error.fatal or len(selection.task_ids) == 1
            is_printed = self._reporter.prints_pending or not isinstance(error, TaskPending)
            is_all = may_advise and is_printed and remainder.is_all_in(group)
            command = remainder.command if is_all else ""
            if alone:
                self._reporter.error(error, resume_command=command)
            else:
                self._print(group, command)
            has_line = has_line or is_all
        if selection.created and any(each.error is not None and each.error.fatal for each in ended):
            name_created(selection, runtime, "to continue")
        return None if has_line else remainder

    def _print(self, group: Sequence[Outcome], resume_command: str = "") -> None:
        error = group[0].error
        assert error is not None
        self._reporter.errors(error, [outcome.name for outcome in group], resume_command)


def _group_by_error(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    groups: dict[tuple[ExitCode, str], list[Outcome]] = {}
    for outcome in outcomes:
        error = outcome.error
        if error is not None and (error.fatal or outcome.exit_code in _REPORTED_AT_END):
            groups.setdefault((outcome.exit_code, error.reason), []).append(outcome)
    return list(groups.values())


def advise(
    left_open: LeftOpen | None,
    remainder: Remainder | None,
    lead: Callable[[], str],
    reporter: Reporter,
    *,
    has_won: bool,
) -> None:
    """Print the one resume command for all tasks that are left, if there is any use for it.

    Args:
        left_open: The tasks that a decided run leaves open, or None.
        remainder: The resumable tasks whose command is not printed yet, or None.
        lead: Returns what the command is for; an empty string derives that from the errors.
        reporter: Prints it.
        has_won: Whether a task has succeeded under `--any`: failed ones need no retry then.
    """
    left = [] if remainder is None or has_won else remainder.outcomes
    if left_open is not None:
        message = left_open.message([outcome.task_id for outcome in left], lead)
        # An error's resume command is printed with --quiet too; that of open tasks alone is not.
        show = reporter.advise if left else reporter.note
        show(message)
    elif remainder is not None and left:
        # With --quiet, exit code 8 alone says that tasks are still running.
        is_quiet = remainder.is_only_pending and not reporter.prints_pending
        if remainder.has_created or not is_quiet:
            reporter.advise(remainder.advice(lead()))
