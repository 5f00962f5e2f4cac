"""`kiecli wait`: polls all tasks until each has ended, and prints result URLs."""

from collections.abc import Sequence
from contextlib import closing
from math import inf

from kiecli import outcome
from kiecli.api.models import Task
from kiecli.commands import output
from kiecli.commands.batch import TaskBatch, select_tasks
from kiecli.errors import ExitCode
from kiecli.outcome import Outcome
from kiecli.polling.policy import WAIT_POLICY
from kiecli.polling.snapshot import Snapshot
from kiecli.render.text import humanize, named
from kiecli.runtime import OutputOptions, Runtime


def wait(
    runtime: Runtime,
    output_options: OutputOptions,
    arguments: Sequence[str],
    *,
    timeout: float,
    interval: float | None,
    stop: str = "",
) -> ExitCode:
    """Run `kiecli wait`: poll until all tasks have ended, print result URLs, return the exit code.

    Args:
        runtime: Streams, settings, clock and network.
        output_options: The flags `--json`, `--quiet` and `--verbose`.
        arguments: Ids, or `-`.
        timeout: Seconds to wait at most; 0 is one poll.
        interval: Seconds between two polls of a task, or None for the usual ones.
        stop: Which outcome of one task decides the run: `--any`, `--fail-fast` or neither.

    Raises:
        KieError: The line cannot be carried out at all.
    """
    selection = select_tasks(runtime, output_options, arguments)
    policy = WAIT_POLICY._replace(timeout=timeout, interval=interval)
    with closing(
        output.reporter(runtime, output_options, selection, watching=True, timeout=timeout)
    ) as reporter:
        writer = output.wait_writer(runtime, output_options, reporter.write_stdout)
        batch = TaskBatch(runtime, output_options, selection, reporter, writer, stop)
        for event in batch.events(policy):
            assert isinstance(event, Snapshot)
            if batch.decided is not None and event.error is None:
                continue  # --any: the first answer to arrive has won
            ended = batch.record(outcome.from_wait(event.task_id, event.answer, event.error))
            _note_if_no_urls(batch, ended)
        # A log has a line for each task already; the live block on a terminal is gone at the end.
        code = batch.finish(summarize=runtime.err.is_terminal)
        _note_save_command(batch)
        return code


def _note_if_no_urls(batch: TaskBatch, ended: Outcome) -> None:
    """Print that a success has no files, so that its missing line on stdout is no riddle."""
    task = ended.task
    if ended.status == "success" and task is not None and not task.results:
        line = ended.command("download", "-o", "-")
        what = "no files" if task.inline_result is None else f"no files; to show its text: {line}"
        batch.reporter.note(f"{ended.name}: succeeded with {what}")


def _note_save_command(batch: TaskBatch) -> None:
    """Print the command that saves the results, or that their links have expired."""
    outcomes = [batch.outcomes[task_id] for task_id in batch.selection.task_ids]
    wall = batch.runtime.clock.wall()
    tasks = [ended.task for ended in outcomes if ended.status == "success" and ended.task]
    left = {task.task_id: _left(task, wall) for task in tasks if task.results}
    expired = [batch.selection.name(task_id) for task_id in left if left[task_id] <= 0]
    if expired:
        batch.reporter.note(f"{named(expired)}: the links have probably expired")
    alive = {task_id: seconds for task_id, seconds in left.items() if seconds > 0}
    # A script that has the URLs needs no advice; a person does, before the links die.
    if alive and batch.runtime.err.is_terminal:
        soonest = min(alive.values())
        within = f" within {humanize(soonest)}" if soonest < inf else ""
        change = " with 'download --wait' in place of 'wait'"
        line = batch.selection.resume_command(["download"], list(alive), change=change)
        batch.reporter.note(f"to save the results{within}: {line}")


def _left(task: Task, wall: float) -> float:
    """Return the seconds until the links are expected to die; infinity when that is not known."""
    left = task.seconds_left(wall)
    return inf if left is None else left
