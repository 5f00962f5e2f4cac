"""The event loop of `status`, `wait` and `download`: polls tasks, reports how each ends.

It returns the exit code of the run. What only errors need is imported when there are some: an
import takes most of a millisecond.
"""

import os
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from math import inf
from typing import TYPE_CHECKING, cast

from kiecli.errors import DeadlineExceeded, ExitCode
from kiecli.network.logging import Exchange
from kiecli.outcome import Outcome, combined_exit_code
from kiecli.polling.policy import PollPolicy
from kiecli.polling.poller import MAX_CONCURRENT_POLLS, PollCompleted, Poller
from kiecli.polling.scheduler import PollScheduler
from kiecli.polling.snapshot import Snapshot
from kiecli.render.formats import ResultWriter
from kiecli.render.reporter import Reporter
from kiecli.runtime import OutputOptions, Runtime
from kiecli.task_ids import task_selection
from kiecli.task_ids.task_selection import TaskSelection

if TYPE_CHECKING:
    from kiecli.commands.error_report import ErrorReport
    from kiecli.commands.stop_rule import LeftOpen
    from kiecli.download.progress import FileFinished, TaskSaved, TransferEvent
    from kiecli.task_ids.stdin_ids import StdinTasks

    DownloadEvent = FileFinished | TaskSaved | TransferEvent
    # A worker puts an exception into the queue which the main thread has to raise again.
    Event = PollCompleted | Exchange | DownloadEvent | BaseException


def select_tasks(
    runtime: Runtime, output_options: OutputOptions, arguments: Sequence[str]
) -> TaskSelection:
    """Parse and check the task arguments of a command, with ids from stdin for `-`.

    Args:
        runtime: Streams, settings, clock and network.
        output_options: The flags `--json`, `--quiet` and `--verbose`.
        arguments: Ids, `LABEL=ID`, or `-`.

    Raises:
        KieError: An argument or stdin is refused.
    """

    def stdin() -> "StdinTasks":
        from kiecli.commands.created_tasks import read_stdin

        return read_stdin(runtime, quiet=output_options.quiet)

    selection = task_selection.select_tasks(
        arguments,
        stdin,
        is_file=os.path.isfile,  # takes any text for a path, as pathlib does not
        api_keys=runtime.api_keys(),
        command=runtime.argv[0],
    )
    runtime.resume_command = lambda: selection.resume_command(
        resume_argv(runtime), selection.task_ids
    )
    return selection


def resume_argv(runtime: Runtime) -> tuple[str, ...]:
    """Return the argv of the resume command, to which task ids are added."""
    from kiecli.commands import command_line

    return command_line.resume_argv(runtime.argv)


class TaskBatch:
    """One run over some tasks, from the first poll to the exit code.

    Attributes:
        outcomes: The tasks that have ended so far, by id.
        decided: The exit code once the outcome of one task has ended the run (`--any`,
            `--fail-fast`), so that no other is begun; else None.
        held: The tasks whose outcomes are not on stdout yet, since others come before them.
    """

    def __init__(
        self,
        runtime: Runtime,
        output_options: OutputOptions,
        selection: TaskSelection,
        reporter: Reporter,
        writer: ResultWriter,
        stop: str = "",
    ) -> None:
        """Prepare the run; nothing is requested yet.

        Args:
            runtime: Streams, settings, clock and network.
            output_options: The flags `--json`, `--quiet` and `--verbose`.
            selection: The tasks.
            reporter: Prints to stderr.
            writer: Writes outcomes to stdout.
            stop: Which outcome of one task decides the run: `--any`, `--fail-fast` or neither.

        Raises:
            KieError: There is no key, or a setting cannot be used.
        """
        self.runtime = runtime
        self.client = runtime.client(output_options)
        self.selection = selection
        self.reporter = reporter
        self.outcomes: dict[str, Outcome] = {}
        self.decided: ExitCode | None = None
        self.held: Container[str] = ()
        self._writer = writer
        self._stop = stop
        self._snapshots: dict[str, Snapshot] = {}
        self._late: list[Snapshot] = []
        self._errors: ErrorReport | None = None  # once there is one
        self._names_created = not output_options.quiet
        runtime.resume_command = self._resume_command

    def events(
        self, policy: PollPolicy, is_saving: Callable[[], bool] = lambda: False
    ) -> "Iterator[Snapshot | DownloadEvent]":
        """Poll the tasks until all are settled or the run is decided; report what happens.

        Args:
            policy: How often and how long to poll.
            is_saving: Returns True while files are being saved; the loop waits for them.

        Yields:
            The last snapshot of each task, and the events of files being saved.
        """
        if self.selection.created and self._names_created:  # their ids are printed nowhere else
            from kiecli.commands.created_tasks import name_created

            name_created(self.selection, self.runtime, "if interrupted, continue with")
        runtime, reporter, clock = self.runtime, self.reporter, self.runtime.clock
        poller = Poller(
            PollScheduler(self.selection.task_ids, policy, clock.now(), runtime.random),
            self.client.task,
            rate_limiter=runtime.rate_limiter,
            workers=runtime.workers(MAX_CONCURRENT_POLLS),
            clock=clock,
        )
        while (is_polling := self.decided is None and not poller.done) or is_saving():
            wake = poller.start_due() if is_polling else inf
            wake = min(wake, clock.now() + reporter.tick_interval)
            if self._errors is not None:
                self._errors.report_given_up(clock.now(), self._snapshots.values())
                wake = min(wake, self._errors.due)
            # The queue is of a lower layer, which knows no types; nothing else is put into it.
            event = cast("Event | None", runtime.event_queue.get(wake))
            match event:
                case PollCompleted():  # after the decision an answer changes nothing
                    yield from self._report_settled(poller.receive(event) if is_polling else ())
                case Exchange():
                    reporter.exchange(event)
                case BaseException():
                    raise event
                case None:  # `wait ... | head -1` must not go on until it has another line
                    if not is_saving():
                        runtime.out.check_reader(clock.now())
                case _:
                    yield event
            if self.decided is None:
                yield from self._report_settled(poller.expire())
            reporter.tick()
        yield from self._late if self.decided is None else ()

    def _report_settled(self, snapshots: Iterable[Snapshot]) -> Iterator[Snapshot]:
        """Report snapshots to the reporter, and yield those of tasks that have ended."""
        for snapshot in snapshots:
            self._snapshots[snapshot.task_id] = snapshot
            self.reporter.snapshot(snapshot)
            if self._stop and isinstance(snapshot.error, DeadlineExceeded):
                self._late.append(snapshot)  # left open if another, still being saved, decides
            elif snapshot.settled:
                yield snapshot

    def record(self, outcome: Outcome) -> Outcome:
        """Write and keep the outcome of a task; report its error now, or with others at the end.

        Returns:
            The outcome, with the label of its task and the resume command added.
        """
        outcome = outcome._replace(label=self.selection.labels.get(outcome.task_id))
        if outcome.can_resume and not outcome.resume_argv:
            outcome = outcome._replace(resume_argv=resume_argv(self.runtime))
        # Written first: if stdout fails, the resume command still names this task.
        self._writer.add(outcome)
        self.outcomes[outcome.task_id] = outcome
        if self._stop and self.decided is None:
            from kiecli.commands.stop_rule import is_met

            if is_met(self._stop, outcome):
                self.decided = outcome.exit_code
        self.reporter.task_finished(outcome)
        if outcome.error is not None:
            from kiecli.commands.error_report import ErrorReport

            self._errors = self._errors or ErrorReport(self.reporter)
            self._errors.add(outcome, self.runtime.clock.now())
        return outcome

    def finish(self, *, summarize: bool = False, lead: Callable[[], str] = str) -> ExitCode:
        """Report errors held back, the summary and the resume command; return the exit code.

        Args:
            summarize: Whether to print how many of several tasks came out how.
            lead: Returns what to print before the resume command, where no error has printed it.
        """
        ids = self.selection.task_ids
        ended = [self.outcomes[task_id] for task_id in ids if task_id in self.outcomes]
        left_open = self._leave_open() if len(ended) < len(ids) else None
        self.reporter.close()
        remainder = None  # with tasks left open, one command at the end resumes everything
        if self._errors is not None:
            remainder = self._errors.close(
                ended, self.selection, self.runtime, may_advise=left_open is None
            )
        if summarize and len(ids) > 1:
            from kiecli.render.summary import summary

            self.reporter.note(summary([self.outcomes[task_id] for task_id in ids]))
        if left_open is not None or remainder is not None:
            from kiecli.commands.error_report import advise

            advise(left_open, remainder, lead, self.reporter, has_won=self.decided is ExitCode.DONE)
        if self.decided is not None:
            return self.decided
        return combined_exit_code(outcome.exit_code for outcome in ended)

    def _leave_open(self) -> "LeftOpen":
        """Write and keep the outcomes of the tasks that a decided run leaves open."""
        from kiecli.commands.stop_rule import LeftOpen

        open_ids = [each for each in self.selection.task_ids if each not in self.outcomes]
        argv = resume_argv(self.runtime)
        left_open = LeftOpen(self._stop, self.selection, argv, open_ids, self._snapshots)
        for outcome in left_open.outcomes:
            self.outcomes[outcome.task_id] = outcome
            self._writer.add(outcome)
        return left_open

    def _resume_command(self) -> str:
        """Return the resume command of a run that is interrupted now; empty if all is done."""
        ended = self.outcomes
        done = {each for each in ended if each not in self.held and not ended[each].resume_argv}
        left = [task_id for task_id in self.selection.task_ids if task_id not in done]
        return self.selection.resume_command(resume_argv(self.runtime), left) if left else ""
