"""What every run over tasks has in common: it polls them, and reports how each came out."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from kiecli.api.models import Task
from kiecli.commands.command_line import resume_argv
from kiecli.commands.events import FileFinished, WorkerFailed, next_event
from kiecli.commands.left_open import LeftOpen
from kiecli.commands.remainder import Remainder
from kiecli.commands.stop_rule import StopRule
from kiecli.download.progress import TransferAdvanced, TransferRetrying, TransferStarted
from kiecli.errors import ExitCode, worst
from kiecli.network.logging import Exchange
from kiecli.outcome import Outcome
from kiecli.polling.policy import PollPolicy
from kiecli.polling.poller import PollCompleted
from kiecli.polling.snapshot import Snapshot
from kiecli.render.reporter import Reporter
from kiecli.render.summary import summary
from kiecli.render.text import named
from kiecli.runtime import OutputOptions, Runtime
from kiecli.task_ids import task_selection
from kiecli.task_ids.task_id import STDIN
from kiecli.task_ids.task_selection import TaskSelection

# Reported together at the end, a line for each reason: an outage meets every task alike.
_LATER = (ExitCode.UNAVAILABLE, ExitCode.PENDING, ExitCode.DEADLINE)


def select_tasks(
    runtime: Runtime, output_options: OutputOptions, arguments: Sequence[str]
) -> TaskSelection:
    """Return the tasks of the line, all of them checked.

    Args:
        runtime: Streams, settings, clock and network.
        output_options: The flags `--json`, `--quiet` and `--verbose`.
        arguments: Ids, `LABEL=ID`, or `-`.

    Raises:
        KieError: The line cannot be carried out as it is.
    """
    if STDIN in arguments and runtime.stdin_is_terminal and not output_options.quiet:
        runtime.announce_typing("task ids")
    argv = resume_argv(runtime.argv)
    is_file = os.path.isfile  # takes any text for a path, as pathlib does not
    checks = task_selection.Checks(is_file, runtime.api_keys(), command=argv[0])
    selection = task_selection.select_tasks(arguments, runtime.stdin_bytes, checks)
    runtime.resume_command = lambda: selection.resume_command(argv, selection.task_ids)
    return selection


def name_created(
    runtime: Runtime, selection: TaskSelection, argv: Sequence[str], lead: str
) -> None:
    """Print the tasks that were just created, once in a run.

    Args:
        runtime: Streams.
        selection: The tasks of the line.
        argv: The command that continues with them, without tasks.
        lead: When to run it.
    """
    if selection.created and not runtime.created_are_named:
        from kiecli.commands.created_tasks import created_lines

        for line in created_lines(selection, argv, lead):
            runtime.err.note(line)
        runtime.created_are_named = True


class TaskBatch:
    """One command over some tasks, from the first poll to the exit code."""

    def __init__(
        self,
        runtime: Runtime,
        output_options: OutputOptions,
        selection: TaskSelection,
        reporter: Reporter,
        stop: StopRule = StopRule.NEVER,
    ) -> None:
        """Take what is to be done.

        Args:
            runtime: Streams, settings, clock and network.
            output_options: The flags `--json`, `--quiet` and `--verbose`.
            selection: The tasks.
            reporter: What is shown on stderr.
            stop: Which outcome of one task decides the run.

        Raises:
            KieError: Settings or key cannot be used.
        """
        self.runtime = runtime
        self.client = runtime.client(output_options)
        self.selection = selection
        self.task_ids = selection.task_ids
        self.argv = resume_argv(runtime.argv)
        self.reporter = reporter
        self.outcomes: dict[str, Outcome] = {}
        self._stop = stop
        self._decided: ExitCode | None = None
        self._answers: dict[str, Task | None] = {}
        self._left_open = LeftOpen(stop, selection, self.argv, [])
        runtime.resume_command = self._open_line
        self._names_created = not output_options.quiet

    @property
    def is_decided(self) -> bool:
        """Whether the outcome of one task has decided the run, so that no other is begun."""
        return self._decided is not None

    def events(
        self, policy: PollPolicy, is_saving: Callable[[], bool] = lambda: False
    ) -> Iterator[Snapshot | FileFinished]:
        """Poll the tasks until all are settled or the run is decided; show what happens.

        Args:
            policy: What is wanted of the polls.
            is_saving: Returns whether files are being saved, which is waited for in any case.

        Yields:
            The last snapshot of each task, and files as they finish.
        """
        if self._names_created:  # their ids stand nowhere else
            name_created(self.runtime, self.selection, self.argv, "if interrupted, continue with")
        poller = self.runtime.poller(self.task_ids, policy, self.client)
        clock, event_queue = self.runtime.clock, self.runtime.event_queue
        while (is_polling := not (poller.done or self.is_decided)) or is_saving():
            wake = poller.start_due() if is_polling else float("inf")
            event = next_event(event_queue, min(wake, clock.now() + self.reporter.tick_interval))
            match event:
                case PollCompleted() if is_polling:
                    yield from self._shown(poller.receive(event))
                case Exchange():
                    self.reporter.exchange(event)
                case TransferStarted() | TransferAdvanced() | TransferRetrying():
                    self.reporter.transfer(event)
                case FileFinished():
                    yield event
                case WorkerFailed(error):
                    raise error
            if not self.is_decided:
                yield from self._shown(poller.expire())
            self.reporter.tick()

    def _shown(self, snapshots: Iterable[Snapshot]) -> Iterator[Snapshot]:
        for snapshot in snapshots:
            self._answers[snapshot.task_id] = snapshot.answer
            self.reporter.snapshot(snapshot)
            if snapshot.settled:
                yield snapshot

    def labelled(self, outcome: Outcome) -> Outcome:
        """Return an outcome with the user's name for its task."""
        return outcome._replace(label=self.selection.labels.get(outcome.task_id))

    def record(self, outcome: Outcome) -> None:
        """Keep an outcome; report its error now, unless it is reported together with others."""
        self.outcomes[outcome.task_id] = outcome
        if self._decided is None and self._stop.is_met(outcome):
            self._decided = outcome.exit_code
        self.reporter.finished(outcome)
        error = outcome.error
        if error is None:
            return
        if not (error.fatal or outcome.exit_code in _LATER or outcome.files):
            self.reporter.error(error, about=outcome.name)

    def leave_open(self) -> list[Outcome]:
        """Record the tasks that a decided run leaves open, and return their outcomes.

        They are no errors: nothing annotates them, and they do not count for the exit code.
        """
        open_ids = [task_id for task_id in self.task_ids if task_id not in self.outcomes]
        self._left_open = LeftOpen(self._stop, self.selection, self.argv, open_ids)
        outcomes = self._left_open.outcomes(self._answers)
        self.outcomes.update((outcome.task_id, outcome) for outcome in outcomes)
        return outcomes

    def finish(self, *, summarize: bool = False, lead: str = "") -> ExitCode:
        """Report what many tasks have in common, once, and return the code of the whole run.

        Args:
            summarize: Whether to print how many of several tasks came out how.
            lead: What to print before the line that does what is left, where no error has it.
        """
        self.reporter.close()
        left_open = self._left_open.task_ids
        ended = [self.outcomes[each] for each in self.task_ids if each not in left_open]
        remainder = Remainder(self.selection, ended)
        groups = _group_by_error(ended)
        for outcomes in groups:
            self._report(outcomes, remainder)
        if any(outcome.error is not None and outcome.error.fatal for outcome in ended):
            name_created(self.runtime, self.selection, self.argv, "to continue")
        if summarize and len(self.outcomes) > 1:
            self.reporter.note(summary([self.outcomes[task_id] for task_id in self.task_ids]))
        if left_open:
            self.reporter.note(self._left_open.note())
        if not any(map(remainder.is_all_in, groups)):
            self._advise(remainder, lead)
        return worst(each.exit_code for each in ended) if self._decided is None else self._decided

    def _report(self, outcomes: Sequence[Outcome], remainder: Remainder) -> None:
        """Report the error of some tasks, with the line to run if that is all that is left."""
        first = outcomes[0]
        assert first.error is not None
        alone = first.error.fatal or len(self.task_ids) == 1
        self.reporter.error(
            first.error,
            about="" if alone else named([outcome.name for outcome in outcomes]),
            resume_command=remainder.command if remainder.is_all_in(outcomes) else "",
            tasks=len(outcomes),
        )

    def _advise(self, remainder: Remainder, lead: str) -> None:
        """Print the line that does all that is left, unless nobody needs it."""
        has_won = self._stop is StopRule.ANY and self._decided is not None
        is_quiet = remainder.is_only_pending and not self.reporter.prints_pending
        if remainder.outcomes and not (has_won or is_quiet):
            self.reporter.advise(remainder.advice(lead))

    def _open_line(self) -> str:
        ended = self.outcomes
        left = [each for each in self.task_ids if each not in ended or ended[each].resume_argv]
        return self.selection.resume_command(self.argv, left) if left else ""


def _group_by_error(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    """Return the outcomes that are reported at the end, those with one reason together."""
    groups: dict[tuple[ExitCode, str], list[Outcome]] = {}
    for outcome in outcomes:
        error = outcome.error
        if error is not None and (error.fatal or outcome.exit_code in _LATER):
            groups.setdefault((outcome.exit_code, error.reason), []).append(outcome)
    return list(groups.values())
