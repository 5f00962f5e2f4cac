"""What a run leaves to do, and the one line that does all of it. Pure."""

from collections.abc import Iterable, Sequence

from kiecli.errors import TaskPending
from kiecli.outcome import Outcome
from kiecli.render.text import resume_lead
from kiecli.task_ids.task_selection import TaskSelection


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
