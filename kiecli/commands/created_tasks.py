"""Prints the ids of tasks that the command before the pipe has just created: they are paid for.

Whatever else goes wrong: a wrong option, a missing key or Ctrl-C must not lose them.
"""

from collections.abc import Callable, Sequence

from kiecli.commands.command_line import arguments_of, corrected_argv, reads_stdin, resume_argv
from kiecli.errors import KieError
from kiecli.outcome import shell_command
from kiecli.runtime import Runtime
from kiecli.task_ids.stdin_ids import StdinTasks, may_hold_created, read_tasks
from kiecli.task_ids.task_selection import TaskSelection
from kiecli.task_ids.usable_tasks import usable_tasks


def created_messages(selection: TaskSelection, argv: Sequence[str], lead: str) -> list[str]:
    """Return messages that name each created task, and the command that continues with all tasks.

    Args:
        selection: The tasks of the command line; without created ones there are no messages.
        argv: The command that continues, without task ids.
        lead: When to run it, such as `to continue`.
    """
    created = selection.arguments(selection.created)
    line = f"{lead}: {shell_command(argv, selection.arguments(selection.task_ids))}"
    if len(created) == 1:
        return [f"created {created[0]}; {line}"]
    return [*(f"created {task}" for task in created), *([line] if created else [])]


def created_messages_after_error(
    argv: Sequence[str], runtime: Runtime, is_valid: Callable[[Sequence[str]], bool], message: str
) -> list[str]:
    """Return the messages about created tasks for a command line that was refused; never raises.

    Args:
        argv: The arguments after the program's name.
        runtime: For stdin, which is read unless it is a terminal.
        is_valid: Returns whether an argv without task ids can be parsed.
        message: The error; it may name the option at fault.
    """
    command = corrected_argv(argv, is_valid, message)
    # Not what somebody types: they would have to end it before they see what is wrong.
    if reads_stdin(argv) and not runtime.stdin_is_terminal:
        _print_created_on_signal(runtime, command)
        try:
            runtime.stdin_bytes()
        except KieError:
            pass  # the run has ended with this error already
    return created_messages(_usable_tasks(argv, runtime), command, "to continue")


def read_stdin(runtime: Runtime, *, quiet: bool) -> StdinTasks:
    """Read and parse stdin; a signal meanwhile prints the tasks that were created so far.

    Args:
        runtime: Streams and argv.
        quiet: Do not print on a terminal what is being read and which keys end it.
    """
    _print_created_on_signal(runtime, resume_argv(runtime.argv))
    if runtime.stdin_is_terminal and not quiet:
        runtime.announce_typing("task ids")
    runtime.stdin_tasks = read_tasks(runtime.stdin_bytes())
    return runtime.stdin_tasks


def _print_created_on_signal(runtime: Runtime, command: Sequence[str]) -> None:
    """Let a signal print the created tasks: a loop that creates them may fill stdin for minutes."""

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
    """Print the ids of created tasks, at most once in a run.

    Args:
        selection: The tasks of the command line.
        runtime: Streams and argv.
        lead: When to run the command that continues with them.
    """
    # Printed twice, one task would look like two.
    if not runtime.created_are_named:
        for line in created_messages(selection, resume_argv(runtime.argv), lead):
            runtime.err.note(line)
        runtime.created_are_named = True
