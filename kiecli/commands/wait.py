"""`kiecli wait`: polls all tasks until each has ended, and prints result URLs."""

from collections.abc import Sequence

from kiecli import outcome
from kiecli.api.models import Task
from kiecli.commands import output
from kiecli.commands.batch import TaskBatch, select_tasks
from kiecli.commands.stop_rule import StopRule
from kiecli.errors import ExitCode
from kiecli.outcome import Outcome
from kiecli.polling.policy import wait_policy
from kiecli.polling.snapshot import Snapshot
from kiecli.render.text import count, counts, humanize
from kiecli.runtime import OutputOptions, Runtime

_CAME_OUT = {
    "success": "succeeded",
    "failed": "failed",
    "pending": "not finished",
    "error": "unknown",
}


def wait(
    runtime: Runtime,
    output_options: OutputOptions,
    arguments: Sequence[str],
    *,
    timeout: float,
    interval: float | None,
    stop: StopRule = StopRule.NEVER,
) -> ExitCode:
    """Wait, show the URLs as tasks succeed, return the code.

    Args:
        runtime: Streams, settings, clock and network.
        output_options: The flags `--json`, `--quiet` and `--verbose`.
        arguments: Ids, or `-`.
        timeout: Seconds to wait at most; 0 is one poll.
        interval: Seconds between two polls of a task, or None for the usual ones.
        stop: Which outcome of one task decides the run.

    Raises:
        KieError: The line cannot be carried out at all.
    """
    selection = select_tasks(runtime, output_options, arguments)
    with output.reporter(runtime, output_options, selection, watching=True) as reporter:
        run = TaskBatch(runtime, output_options, selection, reporter, stop)
        answer = output.wait_answer(runtime, output_options, reporter)
        for event in run.events(wait_policy(timeout, interval)):
            assert isinstance(event, Snapshot)
            if run.is_decided and event.error is None:
                continue  # --any: the first answer to arrive has won
            ended = run.labelled(
                outcome.from_wait(event.task_id, event.answer, event.error, run.argv)
            )
            answer.add(ended)
            run.record(ended)
            _mention_what_has_no_url(run, ended)
        for left_open in run.leave_open():
            answer.add(left_open)
        code = run.finish()
        if runtime.err.is_terminal:
            _sum_up(run)
        return code


def _mention_what_has_no_url(run: TaskBatch, ended: Outcome) -> None:
    task = ended.task
    if ended.status == "success" and task is not None and not task.results:
        line = ended.command("download", "-o", "-")
        what = "no files" if task.inline_result is None else f"no files; to show its text: {line}"
        run.reporter.note(f"{ended.name}: succeeded with {what}")


def _sum_up(run: TaskBatch) -> None:
    """Say how many came out how, and which line saves the results until when."""
    outcomes = [run.outcomes[task_id] for task_id in run.task_ids]
    told = counts([_CAME_OUT[ended.status] for ended in outcomes])
    run.reporter.note(f"{count(len(outcomes), 'task')}: {told}")
    succeeded = [ended.task for ended in outcomes if ended.status == "success" and ended.task]
    with_files = [task for task in succeeded if task.results]
    if with_files:
        line = run.selection.resume_command(["download"], [task.task_id for task in with_files])
        run.reporter.note(f"to save the results{_until(run, with_files)}: {line}")


def _until(run: TaskBatch, tasks: list[Task]) -> str:
    """Return the time in which the first of the links is expected to die."""
    moments = [task.expires_at for task in tasks if task.expires_at is not None]
    left = min(moments, default=0.0) - run.runtime.clock.wall()
    return f" within {humanize(left)}" if left > 0 else ""
