"""What every run over tasks has in common: it looks at them, and tells how each came out."""

import os
from collections.abc import Iterable, Iterator, Sequence

from kiecli.commands import task_ids
from kiecli.commands.command_line import STDIN, resume_argv
from kiecli.commands.task_ids import TaskSelection
from kiecli.errors import ExitCode, RateLimited, worst
from kiecli.network.logging import Exchange
from kiecli.outcome import Outcome
from kiecli.polling.policy import PollPolicy
from kiecli.polling.poller import MAX_CONCURRENT_POLLS
from kiecli.polling.scheduler import Snapshot
from kiecli.render.reporter import Reporter
from kiecli.render.text import named
from kiecli.runtime import OutputOptions, Runtime

# Said together at the end, a line for each reason: an outage meets every task alike.
_LATER = (ExitCode.UNAVAILABLE, ExitCode.PENDING, ExitCode.DEADLINE)

_MAX_WAIT = 60.0  # seconds that a file waits for a fresh link's turn


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
        runtime.err.line("kiecli: reading task ids from the terminal; end with Ctrl-D")
    argv = resume_argv(runtime.argv)
    is_file = os.path.isfile  # takes any text for a path, as pathlib does not
    checks = task_ids.Checks(is_file, runtime.api_keys(), command=argv[0])
    selection = task_ids.select_tasks(arguments, runtime.stdin_bytes, checks)
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
            runtime.err.line(f"kiecli: {line}")
        runtime.created_are_named = True


class TaskBatch:
    """One command over some tasks, from the first look to the exit code."""

    def __init__(
        self,
        runtime: Runtime,
        output_options: OutputOptions,
        selection: TaskSelection,
        reporter: Reporter,
    ) -> None:
        """Take what is to be done.

        Args:
            runtime: Streams, settings, clock and network.
            output_options: The flags `--json`, `--quiet` and `--verbose`.
            selection: The tasks.
            reporter: What speaks on stderr.

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
        runtime.resume_command = self._open_line
        self._names_created = not output_options.quiet

    def events(self, policy: PollPolicy) -> Iterator[object]:
        """Look at the tasks until all are settled; show what happens.

        Yields:
            The last snapshot of each task, and events of others that nobody has shown.
        """
        if self._names_created:  # nobody else knows them
            name_created(self.runtime, self.selection, self.argv, "if interrupted, continue with")
        poller = self.runtime.poller(
            self.task_ids, policy, self.client.task, threads=MAX_CONCURRENT_POLLS
        )
        for event in poller.events(self.reporter.tick_interval):
            yield from self.dispatch(event)

    def dispatch(self, event: object) -> Iterator[object]:
        """Show an event; yield it if it is more than something to show."""
        if event is None:
            self.reporter.tick()
        elif isinstance(event, Exchange):
            self.reporter.exchange(event)
        elif isinstance(event, Snapshot):
            self.reporter.snapshot(event)
            if event.settled:
                yield event
        else:
            yield event

    def fresh_link(self, url: str) -> str:
        """Ask for another link to a result, on the budget that the looks share.

        Raises:
            KieError: There is none.
        """
        clock, rate_limiter = self.runtime.clock, self.runtime.rate_limiter
        while (wait := rate_limiter.acquire(clock.now())) > 0:
            if wait > _MAX_WAIT:
                raise RateLimited("rate limited by Kie", retry_after=wait)
            clock.sleep(wait)
        return self.client.fresh_link(url)

    def labelled(self, outcome: Outcome) -> Outcome:
        """Return an outcome with the user's name for its task."""
        return outcome._replace(label=self.selection.labels.get(outcome.task_id))

    def record(self, outcome: Outcome) -> None:
        """Keep an outcome; say its error now, unless it is said together with others."""
        self.outcomes[outcome.task_id] = outcome
        error = outcome.error
        if error is None:
            return
        self.reporter.annotate(outcome)
        if not (error.fatal or outcome.exit_code in _LATER or outcome.files):
            self.reporter.error(error, about=outcome.name, resume_command=outcome.resume_command)

    def finish(self) -> ExitCode:
        """Say what many tasks have in common, once, and return the code of the whole run."""
        self.reporter.close()
        in_order = [self.outcomes[task_id] for task_id in self.task_ids]
        for outcomes in _group_by_error(in_order):
            first = outcomes[0]
            assert first.error is not None
            who = [outcome.name for outcome in outcomes]
            resume_command = (
                self.selection.resume_command(
                    first.resume_argv, [outcome.task_id for outcome in outcomes]
                )
                if first.resume_argv
                else ""
            )
            alone = first.error.fatal or len(self.task_ids) == 1
            self.reporter.error(
                first.error, about="" if alone else named(who), resume_command=resume_command
            )
        if any(outcome.error is not None and outcome.error.fatal for outcome in in_order):
            name_created(self.runtime, self.selection, self.argv, "to continue")
        return worst(outcome.exit_code for outcome in in_order)

    def _open_line(self) -> str:
        left = [task_id for task_id in self.task_ids if task_id not in self.outcomes]
        return self.selection.resume_command(self.argv, left) if left else ""


def _group_by_error(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    """Return the outcomes that are said at the end, those with one reason together."""
    groups: dict[tuple[ExitCode, str], list[Outcome]] = {}
    for outcome in outcomes:
        error = outcome.error
        if error is not None and (error.fatal or outcome.exit_code in _LATER):
            groups.setdefault((outcome.exit_code, error.reason), []).append(outcome)
    return list(groups.values())
