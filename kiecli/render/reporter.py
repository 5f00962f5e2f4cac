"""What stderr gets while a run goes on, where no block can be drawn: lines, or errors only."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from kiecli.clock import Clock
from kiecli.download.progress import TransferEvent, TransferRetrying
from kiecli.errors import KieError
from kiecli.outcome import Outcome
from kiecli.polling.snapshot import Snapshot
from kiecli.render.notices import Notices
from kiecli.render.text import annotation, error_line, sanitize, size
from kiecli.streams import ErrorOutput, Output

if TYPE_CHECKING:
    from kiecli.download.plan import SavedFile, Target
    from kiecli.network.logging import Exchange

_MAX_ANNOTATIONS = 10
_SECOND = 1.0


class Reporter:
    """Says errors and nothing else (`--quiet`); the base of the other screens."""

    tick_interval = float("inf")
    """Seconds after which it wants a `tick` at the latest."""

    tells_files = True
    """Whether each file that is saved gets a line, with its size, where notes are said."""

    shows_growth = False
    """Whether it has a use for events of files that start and advance."""

    def __init__(self, out: Output, err: ErrorOutput, *, annotations: bool = False) -> None:
        """Take the streams.

        Args:
            out: Where `answer` writes.
            err: Where everything else is said.
            annotations: Whether failures are also told to GitHub Actions.
        """
        self._out = out
        self._err = err
        self._annotations = _MAX_ANNOTATIONS if annotations else 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write_stdout(self, text: str) -> None:
        """Write whole lines to stdout, beside whatever is drawn on stderr."""
        self._out.write(text)

    def say(self, line: str) -> None:
        """Write a line to stderr."""
        self._err.line(line)

    def error(self, error: KieError, *, about: str = "", resume_command: str = "") -> None:
        """Say what went wrong, in one line."""
        self.say(error_line(error, about=about, resume_command=resume_command))

    def annotate(self, outcome: Outcome) -> None:
        """Mark a failed id in GitHub Actions, the first ten of them."""
        if self._annotations and outcome.error is not None:
            self._annotations -= 1
            line = error_line(
                outcome.error, about=outcome.name, resume_command=outcome.resume_command
            )
            self.say(annotation(line.removeprefix("kiecli: ")))

    def exchange(self, exchange: "Exchange") -> None:
        """Say what was requested (`--verbose`)."""
        e = exchange
        error_message = f"{e.method} {e.host}{e.path} {e.task_id} {e.outcome} {e.milliseconds} ms"
        self.say(sanitize(f"kiecli: {error_message}"))

    def note(self, line: str) -> None:
        """Say something that is no error, unless asked to be quiet."""

    def snapshot(self, snapshot: Snapshot) -> None:
        """Take what became known of a task."""

    def transfer(self, event: TransferEvent) -> None:
        """Take what happens to a file on its way."""

    def ended(self, target: "Target", saved: "SavedFile") -> None:
        """Take how a file has ended; a failure is said."""
        if saved.error is not None:
            self.error(saved.error, about=target.name)

    def tick(self) -> None:
        """Use a moment to draw or to give a sign of life."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class LogReporter(Reporter):
    """Says one line for each thing that happens."""

    def __init__(
        self,
        out: Output,
        err: ErrorOutput,
        clock: Clock,
        *,
        annotations: bool = False,
        watching: bool = False,
        name_of: Callable[[str], str] = str,
    ) -> None:
        """Take the streams and the time.

        Args:
            out: Where `answer` writes.
            err: Where everything else is said.
            clock: For the signs of life.
            annotations: Whether failures are also told to GitHub Actions.
            watching: Whether changes of state are worth a line: somebody waits for them.
            name_of: Returns what people call a task, by its id.
        """
        super().__init__(out, err, annotations=annotations)
        self._clock = clock
        self._follows = watching
        self._notices = Notices(clock.now(), name_of)
        if watching:
            self.tick_interval = _SECOND

    def note(self, line: str) -> None:
        """Say something that is no error."""
        self.say(sanitize(f"kiecli: {line}"))

    def snapshot(self, snapshot: Snapshot) -> None:
        """Say a change of state, and trouble that lasts."""
        for line in self._notices.of_trouble(snapshot):
            self.note(line)
        if self._follows:
            for line in self._notices.of_change(snapshot, self._clock.now()):
                self.note(line)

    def transfer(self, event: TransferEvent) -> None:
        """Say what delays a file."""
        match event:
            case TransferRetrying(target, reason):
                for line in self._notices.of_file_trouble(target.path, reason):
                    self.note(line)

    def ended(self, target: "Target", saved: "SavedFile") -> None:
        """Say how a file has ended."""
        super().ended(target, saved)
        if saved.error is None:
            self.note(file_line(saved))

    def tick(self) -> None:
        """Give a sign of life once a minute."""
        if self._follows:
            for line in self._notices.of_life(self._clock.now()):
                self.note(line)


class PanelReporter(LogReporter):
    """Leaves an error to the panel that is drawn of it on the same terminal."""

    def error(self, error: KieError, *, about: str = "", resume_command: str = "") -> None:
        """Say nothing."""


def file_line(saved: "SavedFile") -> str:
    """Return how a file was saved."""
    told = [] if saved.bytes is None else [size(saved.bytes)]
    told += [f"resumed at {size(saved.resumed)}"] if saved.resumed else []
    details = f" ({', '.join(told)})" if told else ""
    place = "to stdout" if saved.path == "-" else saved.path
    return f"{saved.status} {place}{details}"
