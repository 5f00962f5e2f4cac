"""The flags of `kiecli download`, and the checks that they fit each other."""

from collections.abc import Sequence
from typing import NamedTuple

from kiecli.api.models import Task
from kiecli.download.plan import SaveOptions, Target
from kiecli.errors import UsageError
from kiecli.outcome import shell_command
from kiecli.task_ids.task_selection import TaskSelection


class DownloadFlags(NamedTuple):
    """How results are to be saved: the flags of `download`, None where they were not given."""

    directory: str | None
    template: str | None
    """The file name template."""
    to_stdout: bool
    """Whether the one result goes to stdout."""
    wait: bool
    timeout: float
    """Seconds to wait at most; 0 is one poll."""
    interval: float | None
    """Seconds between two polls of a task, or None for the usual ones."""
    jobs: int
    """How many files are fetched at once."""
    overwrite: bool
    dry_run: bool
    archive: str | None
    """A file whose tasks are skipped, and to which those that are done are added."""
    write_metadata: bool
    stop: str
    """Which outcome of one task decides the run: `--any`, `--fail-fast` or neither."""


def check_line(flags: DownloadFlags, options: SaveOptions, selection: TaskSelection) -> None:
    """Check that the flags fit each other and the number of tasks.

    Raises:
        UsageError: They do not.
    """
    several = len(selection.task_ids) > 1
    # `-o -` names no file: its own error below is the better one.
    options.template.check(
        several_tasks=several and not flags.to_stdout, in_folder=flags.directory is not None
    )
    if flags.to_stdout and several:
        raise UsageError(
            f"-o - takes one task, got {len(selection.task_ids)}",
            hint="to save them as files, leave out -o -",
        )
    options.check_folder()


def check_for_stdout(
    task: Task, targets: Sequence[Target], selection: TaskSelection, *, is_terminal: bool
) -> None:
    """Check that what a task delivers can be written to stdout.

    Raises:
        UsageError: There are several results, or one is binary and stdout is a terminal.
    """
    if len(targets) > 1:
        line = shell_command(["download"], selection.arguments([task.task_id]))
        raise UsageError(
            f"-o - takes one result, and this task has {len(targets)}",
            hint=f"to save them as files: {line}",
        )
    # A text result has no URL; it is shown without what a terminal would obey.
    if is_terminal and targets[0].url is not None:
        raise UsageError(
            "-o - would write binary data to the terminal",
            hint="redirect it, or leave out -o - to save a file",
        )
