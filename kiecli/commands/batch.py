"""What every run over tasks has in common: it looks at them, and tells how each came out."""

from collections.abc import Iterable, Iterator, Sequence

from kiecli import ids
from kiecli.errors import ExitCode, RateLimited, worst
from kiecli.ids import TaskSelection
from kiecli.network.logging import Exchange
from kiecli.outcome import Outcome, shell_command
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
    runtime: Runtime, output_options: OutputOptions, arguments: Sequence[str], argv: Sequence[str]
) -> TaskSelection:
    """Return the ids of the line; the key is none of them.

    Those that were just created are named at once: nobody else knows them, and whatever is wrong
    with the line is found out after this.

    Args:
        runtime: Streams, settings, clock and network.
        output_options: The flags `--json`, `--quiet` and `--verbose`.
        arguments: Ids, or `-`.
        argv: The command that takes the work up again, without ids.

    Raises:
        KieError: The line cannot be carried out as it is.
    """
    found = ids.read(arguments, runtime.stdin_bytes)
    runtime.resume_command = lambda: shell_command(argv, found.task_ids)
    for task_id in () if output_options.quiet else found.created:
        line = shell_command(argv, [task_id])
        runtime.err.line(f"kiecli: created {task_id}; if interrupted, continue with: {line}")
    ids.reject_api_key(found, runtime.config.value("api-key").text)
    return found


class TaskBatch:
    """One command over some tasks, from the first look to the exit code."""

    def __init__(
        self,
        runtime: Runtime,
        output_options: OutputOptions,
        found: TaskSelection,
        argv: Sequence[str],
        reporter: Reporter,
    ) -> None:
        """Take what is to be done.

        Args:
            runtime: Streams, settings, clock and network.
            output_options: The flags `--json`, `--quiet` and `--verbose`.
            found: The tasks.
            argv: The command that takes the work up again, without ids.
            reporter: What speaks on stderr.

        Raises:
            KieError: Settings or key cannot be used.
        """
        self.runtime = runtime
        self.client = runtime.client(output_options)
        self.task_ids = found.task_ids
        self.argv = tuple(argv)
        self.reporter = reporter
        self.outcomes: dict[str, Outcome] = {}
        runtime.resume_command = self._open_line

    def events(self, policy: PollPolicy) -> Iterator[object]:
        """Look at the tasks until all are settled; show what happens.

        Yields:
            The last snapshot of each task, and events of others that nobody has shown.
        """
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

    def record(self, outcome: Outcome) -> None:
        """Keep an outcome; say its error now, unless it is said together with others."""
        self.outcomes[outcome.task_id] = outcome
        error = outcome.error
        if error is None:
            return
        self.reporter.annotate(outcome)
        if not (error.fatal or outcome.exit_code in _LATER or outcome.files):
            self.reporter.error(error, about=outcome.task_id, resume_command=outcome.resume_command)

    def finish(self) -> ExitCode:
        """Say what many tasks have in common, once, and return the code of the whole run."""
        self.reporter.close()
        in_order = [self.outcomes[task_id] for task_id in self.task_ids]
        for outcomes in _group_by_error(in_order):
            first = outcomes[0]
            assert first.error is not None
            who = [outcome.task_id for outcome in outcomes]
            resume_command = shell_command(first.resume_argv, who) if first.resume_argv else ""
            alone = first.error.fatal or len(self.task_ids) == 1
            self.reporter.error(
                first.error, about="" if alone else named(who), resume_command=resume_command
            )
        return worst(outcome.exit_code for outcome in in_order)

    def _open_line(self) -> str:
        left = [task_id for task_id in self.task_ids if task_id not in self.outcomes]
        return shell_command(self.argv, left) if left else ""


def _group_by_error(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    """Return the outcomes that are said at the end, those with one reason together."""
    groups: dict[tuple[ExitCode, str], list[Outcome]] = {}
    for outcome in outcomes:
        error = outcome.error
        if error is not None and (error.fatal or outcome.exit_code in _LATER):
            groups.setdefault((outcome.exit_code, error.reason), []).append(outcome)
    return list(groups.values())
