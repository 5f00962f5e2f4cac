"""What every run over tasks has in common: it looks at them, and tells how each came out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from kiecli import ids
from kiecli.errors import ExitCode, RateLimited, worst
from kiecli.ids import Asked
from kiecli.outcome import Outcome, shell_command
from kiecli.polling.policy import Policy
from kiecli.polling.poller import MOST_IN_FLIGHT
from kiecli.polling.scheduler import Snapshot
from kiecli.render.reporter import Screen
from kiecli.render.text import named
from kiecli.runtime import Runtime, Voice
from kiecli.transport import Exchange

# Said together at the end, a line for each reason: an outage meets every task alike.
_LATER = (ExitCode.UNAVAILABLE, ExitCode.UNFINISHED, ExitCode.DEADLINE)

_LONGEST_WAIT = 60.0  # seconds that a file waits for a fresh link's turn


class News(NamedTuple):
    """Something a worker has to tell, shown by the main thread."""

    tell: Callable[[Screen], None]


def asked(runtime: Runtime, voice: Voice, arguments: Sequence[str], words: Sequence[str]) -> Asked:
    """Return the ids of the line; the key is none of them.

    Those that were just created are named at once: nobody else knows them, and whatever is wrong
    with the line is found out after this.

    Args:
        runtime: Streams, settings, clock and network.
        voice: The flags `--json`, `--quiet` and `--verbose`.
        arguments: Ids, or `-`.
        words: The command that takes the work up again, without ids.

    Raises:
        KieError: The line cannot be carried out as it is.
    """
    found = ids.read(arguments, runtime.stdin_bytes)
    runtime.resume = lambda: shell_command(words, found.task_ids)
    for task_id in () if voice.quiet else found.created:
        line = shell_command(words, [task_id])
        runtime.err.line(f"kiecli: created {task_id}; if this line is interrupted: {line}")
    ids.refuse_key(found, runtime.config.value("api-key").text)
    return found


class Run:
    """One command over some tasks, from the first look to the exit code."""

    def __init__(
        self, runtime: Runtime, voice: Voice, found: Asked, words: Sequence[str], screen: Screen
    ) -> None:
        """Take what is to be done.

        Args:
            runtime: Streams, settings, clock and network.
            voice: The flags `--json`, `--quiet` and `--verbose`.
            found: The tasks.
            words: The command that takes the work up again, without ids.
            screen: What speaks on stderr.

        Raises:
            KieError: Settings or key cannot be used.
        """
        self.runtime = runtime
        self.client = runtime.client(voice)
        self.task_ids = found.task_ids
        self.words = tuple(words)
        self.screen = screen
        self.outcomes: dict[str, Outcome] = {}
        runtime.resume = self._open_line

    def events(self, policy: Policy) -> Iterator[object]:
        """Look at the tasks until all are settled; show what happens.

        Yields:
            The last snapshot of each task, and events of others that nobody has shown.
        """
        poller = self.runtime.poller(
            self.task_ids, policy, self.client.task, threads=MOST_IN_FLIGHT
        )
        for event in poller.events(self.screen.frame):
            yield from self.shown(event)

    def shown(self, event: object) -> Iterator[object]:
        """Show an event; yield it if it is more than something to show."""
        if event is None:
            self.screen.tick()
        elif isinstance(event, News):
            event.tell(self.screen)
        elif isinstance(event, Exchange):
            self.screen.exchange(event)
        elif isinstance(event, Snapshot):
            self.screen.snapshot(event)
            if event.settled:
                yield event
        else:
            yield event

    def fresh_link(self, url: str) -> str:
        """Ask for another link to a result, on the budget that the looks share.

        Raises:
            KieError: There is none.
        """
        clock, budget = self.runtime.clock, self.runtime.budget
        while (wait := budget.take(clock.now())) > 0:
            if wait > _LONGEST_WAIT:
                raise RateLimited("Kie is to be left alone", retry_after=wait)
            clock.sleep(wait)
        return self.client.fresh_link(url)

    def note(self, outcome: Outcome) -> None:
        """Keep an outcome; say its error now, unless it is said together with others."""
        self.outcomes[outcome.task_id] = outcome
        error = outcome.error
        if error is None:
            return
        self.screen.annotate(outcome)
        if not (error.ends_run or outcome.exit_code in _LATER or outcome.files):
            self.screen.error(error, about=outcome.task_id, again=outcome.again)

    def end(self) -> ExitCode:
        """Say what many tasks have in common, once, and return the code of the whole run."""
        self.screen.close()
        in_order = [self.outcomes[task_id] for task_id in self.task_ids]
        for outcomes in _alike(in_order):
            first = outcomes[0]
            assert first.error is not None
            who = [outcome.task_id for outcome in outcomes]
            again = shell_command(first.again_words, who) if first.again_words else ""
            alone = first.error.ends_run or len(self.task_ids) == 1
            self.screen.error(first.error, about="" if alone else named(who), again=again)
        return worst(outcome.exit_code for outcome in in_order)

    def _open_line(self) -> str:
        left = [task_id for task_id in self.task_ids if task_id not in self.outcomes]
        return shell_command(self.words, left) if left else ""


def _alike(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    """Return the outcomes that are said at the end, those with one reason together."""
    groups: dict[tuple[ExitCode, str], list[Outcome]] = {}
    for outcome in outcomes:
        error = outcome.error
        if error is not None and (error.ends_run or outcome.exit_code in _LATER):
            groups.setdefault((outcome.exit_code, error.reason), []).append(outcome)
    return list(groups.values())
