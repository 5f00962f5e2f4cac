"""The output formats of results on stdout in a pipe: one line writer, one function per format.

`commands/output.py` chooses the one of a run by its flags and streams.
"""

from collections.abc import Callable
from typing import Protocol

from kiecli.clock import iso_timestamp
from kiecli.outcome import Outcome
from kiecli.safe_text import sanitize, shell_word

Write = Callable[[str], None]
"""Writes whole lines to stdout."""


class ResultWriter(Protocol):
    """Writes outcomes to stdout in one format; `add` is called in the order of the output."""

    def add(self, outcome: Outcome) -> None:
        """Write the next outcome, or keep it for the end."""
        ...

    def close(self) -> None:
        """Write what was kept for the end."""
        ...


class LineWriter:
    """Writes the lines of each outcome at once."""

    def __init__(self, write: Write, lines: Callable[[Outcome], list[str]]) -> None:
        """Write with `write` the `lines` of each outcome, which have no line ends."""
        self._write = write
        self._lines = lines

    def add(self, outcome: Outcome) -> None:
        """Write its lines, if it has any."""
        if lines := self._lines(outcome):
            self._write("".join(f"{line}\n" for line in lines))

    def close(self) -> None:
        """Do nothing: all is written."""


class SafeTextWriter:
    """Writes bytes to a terminal as text without control characters (`-o -`)."""

    def __init__(self, write: Write) -> None:
        """Write with `write`."""
        from codecs import getincrementaldecoder

        self._write = write
        # Incremental: a chunk of a file may end within a character.
        self._decoder = getincrementaldecoder("utf-8")("replace")

    def write(self, data: bytes, /) -> object:
        """Write bytes; a character may be split between two calls."""
        self._write("\n".join(map(sanitize, self._decoder.decode(data).split("\n"))))
        return len(data)

    def flush(self) -> None:
        """Do nothing: all is written."""


def state_words(outcome: Outcome) -> list[str]:
    """Return the state alone (`status -q`)."""
    return [shell_word(outcome.state)]


def record_lines(outcome: Outcome) -> list[str]:
    """Return tab-separated fields without a header, empty where not known (`status`, piped)."""
    from kiecli.render.text import decimal

    task = outcome.task
    # Every line has all fields, also without a task: `cut` and `awk` count them.
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
