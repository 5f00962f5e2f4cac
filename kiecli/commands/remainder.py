"""What a run leaves to do: errors that many tasks share, and the one line that does the rest.

Only a run in which something went wrong imports it.
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

# Together, a line for each reason: an outage meets every task alike.
_REPORTED_AT_END = (ExitCode.UNAVAILABLE, ExitCode.PENDING, ExitCode.DEADLINE)

# Seconds for which a task that was given up waits for others to report them together: those that
# began together are given up together, but for the jitter and the budget of requests.
_GROUP_WITHIN = 5.0


class Remainder:
    """The tasks of a run that another run can bring further.

    Attributes:
        outcomes: How they came out.
    """

    def __init__(self, selection: TaskSelection, outcomes: Iterable[Outcome]) -> None:
        """Find what is left.

        Args:
            selection: The tasks of the line.
            outcomes: How its tasks came out, in the order of the line.
        """
        self._selection = selection
        self.outcomes = [outcome for outcome in outcomes if outcome.resume_argv]

    @property
    def command(self) -> str:
        """The line to run; nothing where none helps."""
        if not self.outcomes:
            return ""
        # Tasks that are to be waited for need one option more, which does no harm to the others.
        argv = max((outcome.resume_argv for outcome in self.outcomes), key=len)
        return self._selection.resume_command(argv, [each.task_id for each in self.outcomes])

    def advice(self, lead: str = "") -> str:
        """Return the line to run and what it is for, to be printed behind all errors.

        Args:
            lead: What it is for; by default what the errors tell.
        """
        kinds = {outcome.error.kind for outcome in self.outcomes if outcome.error is not None}
        return f"{lead or resume_lead(kinds, len(self.outcomes))}: {self.command}"

    @property
    def is_only_pending(self) -> bool:
        """Whether all of it is tasks that nobody asked to wait for."""
        return all(isinstance(outcome.error, TaskPending) for outcome in self.outcomes)

    def is_all_in(self, outcomes: Sequence[Outcome]) -> bool:
        """Return whether there is something left, and all of it is among some outcomes."""
        ids = {outcome.task_id for outcome in outcomes}
        return bool(self.outcomes) and all(each.task_id in ids for each in self.outcomes)


class ErrorReport:
    """Prints the errors of a run's tasks: at once, or those with one reason together.

    Attributes:
        due: When `report_given_up` has something to do.
    """

    def __init__(self, reporter: Reporter) -> None:
        """Take what prints them."""
        self.due = inf
        self._reporter = reporter
        self._given_up: list[Outcome] = []
        self._reported: set[str] = set()

    def add(self, outcome: Outcome, now: float) -> None:
        """Print the error of a task now, or keep it; those who save print the errors of files."""
        error = outcome.error
        assert error is not None
        if not (error.fatal or outcome.exit_code in _REPORTED_AT_END or outcome.files):
            self._reporter.error(error, about=outcome.name)
        elif outcome.exit_code is ExitCode.UNAVAILABLE:
            self._given_up.append(outcome)
            self.due = min(self.due, now + _GROUP_WITHIN)

    def report_given_up(self, now: float, snapshots: Iterable[Snapshot]) -> None:
        """Print why tasks were given up while others go on; the line to run comes at the end.

        Args:
            now: The present moment.
            snapshots: What is known of all tasks.
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
            ended: How the tasks came out, in the order of the line.
            selection: The tasks of the line.
            runtime: For the line itself.
            may_advise: Whether the error of all that is left can have the line that does it.

        Returns:
            What is left to do, unless an error had the line that does all of it.
        """
        remainder = Remainder(selection, ended)
        has_line = False
        for group in _group_by_error(each for each in ended if each.task_id not in self._reported):
            error = group[0].error
            assert error is not None
            alone = error.fatal or len(selection.task_ids) == 1
            is_all = may_advise and remainder.is_all_in(group)
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
    """Print the one line that does all that is left, unless nobody needs it.

    Args:
        left_open: The tasks that a decided run leaves open, or None.
        remainder: Those that can be tried again, or None.
        lead: Returns what the line is for, or nothing for what the errors tell.
        reporter: Prints it.
        has_won: Whether a task has won (`--any`): then none needs to be tried again.
    """
    left = [] if remainder is None or has_won else remainder.outcomes
    if left_open is not None:
        line = left_open.line([outcome.task_id for outcome in left], lead)
        show = reporter.advise if left else reporter.note
        show(line)
    elif remainder is not None and left:
        # With --quiet, what nobody asked to wait for is left to the exit code.
        is_quiet = remainder.is_only_pending and not reporter.prints_pending
        if not is_quiet:
            reporter.advise(remainder.advice(lead()))
