"""The tasks that the command before the pipe has just created, and paid for.

They are named whatever is wrong with the line: a wrong option or a missing key may not lose them.
"""

from collections.abc import Callable, Sequence

from kiecli.commands.command_line import arguments_of, mended_argv, reads_stdin, resume_argv
from kiecli.errors import KieError
from kiecli.outcome import shell_command
from kiecli.runtime import Runtime
from kiecli.task_ids.stdin_ids import StdinTasks, may_hold_created, read_tasks
from kiecli.task_ids.task_selection import TaskSelection
from kiecli.task_ids.usable_tasks import usable_tasks


def created_lines(selection: TaskSelection, argv: Sequence[str], lead: str) -> list[str]:
    """Return the lines about the tasks that were just created; nothing where there is none.

    Args:
        selection: The tasks of a line; all of them are in the line that continues.
        argv: The command that continues with them, without tasks.
        lead: When to run it, such as `to continue`.
    """
    created = selection.arguments(selection.created)
    line = f"{lead}: {shell_command(argv, selection.arguments(selection.task_ids))}"
    if len(created) == 1:
        return [f"created {created[0]}; {line}"]
    return [*(f"created {task}" for task in created), *([line] if created else [])]


def created_after_refusal(
    argv: Sequence[str], runtime: Runtime, is_right: Callable[[Sequence[str]], bool], message: str
) -> list[str]:
    """Return the lines about created tasks when the line is refused; nothing is raised.

    Args:
        argv: The arguments after the program's name.
        runtime: For stdin, which is read unless somebody types it.
        is_right: Returns whether a line without tasks can be parsed.
        message: What is wrong; it may name the option at fault.
    """
    command = mended_argv(argv, is_right, message)
    # Not what somebody types: they would have to end it before they see what is wrong.
    if reads_stdin(argv) and not runtime.stdin_is_terminal:
        _name_on_signal(runtime, command)
        try:
            runtime.stdin_bytes()
        except KieError:
            pass  # it is what the run ended with
    return created_lines(_usable_tasks(argv, runtime), command, "to continue")


def read_stdin(runtime: Runtime, *, quiet: bool) -> StdinTasks:
    """Return the tasks that stdin names; a signal meanwhile names what was created so far.

    Args:
        runtime: Streams, and the line itself.
        quiet: Whether somebody who types is left without a word.
    """
    _name_on_signal(runtime, resume_argv(runtime.argv))
    if runtime.stdin_is_terminal and not quiet:
        runtime.announce_typing("task ids")
    runtime.stdin_tasks = read_tasks(runtime.stdin_bytes())
    return runtime.stdin_tasks


def _name_on_signal(runtime: Runtime, command: Sequence[str]) -> None:
    """Have a signal name the tasks: who reads what a loop creates may wait there for long."""

    def line() -> str:
        selection = _usable_tasks(runtime.argv, runtime)
        tasks = selection.arguments(selection.task_ids)
        return shell_command(command, tasks) if selection.created else ""

    runtime.resume_command = line


def _usable_tasks(argv: Sequence[str], runtime: Runtime) -> TaskSelection:
    arguments, stdin = arguments_of(argv), runtime.stdin_tasks
    if stdin is None:
        data = runtime.stdin_so_far()
        # After a signal there is half a second, and megabytes of other things take longer to parse.
        if not (may_hold_created(data) or any("taskId" in each for each in arguments)):
            return TaskSelection(())
        stdin = read_tasks(data)
    return usable_tasks(arguments, stdin, runtime.api_keys())


def name_created(selection: TaskSelection, runtime: Runtime, lead: str) -> None:
    """Print the tasks that were just created, once in a run.

    Args:
        selection: The tasks of the line.
        runtime: Streams, and the line itself.
        lead: When to run the line that continues with them.
    """
    # Twice would look like two tasks.
    if not runtime.created_are_named:
        for line in created_lines(selection, resume_argv(runtime.argv), lead):
            runtime.err.note(line)
        runtime.created_are_named = True
