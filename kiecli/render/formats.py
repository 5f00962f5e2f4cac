"""What stdout gets: an answer takes outcomes in the order in which they are to be shown."""

from collections.abc import Callable
from typing import Protocol

from kiecli.clock import iso_timestamp
from kiecli.outcome import Outcome
from kiecli.render.text import decimal
from kiecli.safe_text import sanitize, shell_word

Write = Callable[[str], None]
"""Takes whole lines for stdout."""


class ResultWriter(Protocol):
    """One way to show outcomes."""

    def add(self, outcome: Outcome) -> None:
        """Take the next outcome."""
        ...

    def close(self) -> None:
        """Show what only makes sense when all are there."""
        ...


class LineWriter:
    """Some lines an outcome, as it comes."""

    def __init__(self, write: Write, lines: Callable[[Outcome], list[str]]) -> None:
        self._write = write
        self._lines = lines

    def add(self, outcome: Outcome) -> None:
        """Write its lines, if it has any."""
        if lines := self._lines(outcome):
            self._write("".join(f"{line}\n" for line in lines))

    def close(self) -> None:
        """Do nothing: all has been said."""


class SafeTextWriter:
    """A place for bytes where a person reads: text, without what a terminal would obey."""

    def __init__(self, write: Write) -> None:
        from codecs import getincrementaldecoder

        self._write = write
        self._decoder = getincrementaldecoder("utf-8")("replace")

    def write(self, data: bytes, /) -> object:
        """Show bytes; a character may lie across two pieces."""
        self._write("\n".join(map(sanitize, self._decoder.decode(data).split("\n"))))
        return len(data)

    def flush(self) -> None:
        """Do nothing: all has been shown."""


def state_words(outcome: Outcome) -> list[str]:
    """Return the state alone (`status -q`)."""
    return [shell_word(outcome.state)]


def record_lines(outcome: Outcome) -> list[str]:
    """Return tab-separated fields without a header, empty where not known (`status`, piped)."""
    task = outcome.task
    if task is None:
        return [f"{outcome.task_id}\t{outcome.state}\t\t\t\t\t\t{sanitize(outcome.label or '')}"]
    fields = (
        task.task_id,
        outcome.state,
        task.model,
        iso_timestamp(task.created_at),
        None if task.duration is None else decimal(task.duration),
        str(len(task.results)),
        iso_timestamp(task.expires_at),
        outcome.label,
    )
    return ["\t".join(sanitize(field or "") for field in fields)]


def url_lines(outcome: Outcome) -> list[str]:
    """Return the URLs of a task that succeeded (`wait`)."""
    if outcome.status != "success" or outcome.task is None:
        return []
    return [_log_safe(sanitize(result.url)) for result in outcome.task.results]


def _log_safe(line: str) -> str:
    # GitHub Actions obeys `::command` at the start of a line; no web address begins like that.
    return f"%3A{line.lstrip()[1:]}" if line.lstrip().startswith("::") else line


def path_lines(outcome: Outcome) -> list[str]:
    """Return the paths of the files that are complete, in result order (`download`)."""
    return [file.path for file in outcome.files or () if file.status != "failed"]
