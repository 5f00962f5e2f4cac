"""The tasks that the command before the pipe has just created, and paid for.

They are named whatever is wrong with the line: a wrong option or a missing key may not lose them.
"""

from collections.abc import Sequence

from kiecli.commands.command_line import reads_stdin, resume_argv, safe_argv
from kiecli.errors import KieError
from kiecli.outcome import shell_command
from kiecli.runtime import Runtime
from kiecli.task_ids.stdin_ids import find_created
from kiecli.task_ids.task_id import label_error
from kiecli.task_ids.task_selection import TaskSelection


def created_tasks(argv: Sequence[str], data: bytes) -> TaskSelection:
    """Return the tasks of all createTask answers; nothing is raised.

    Args:
        argv: The arguments after the program's name. JSON is wrong there, but its task is paid for.
        data: What stdin holds.
    """
    typed = [word.encode(errors="surrogateescape") for word in argv if "taskId" in word]
    found = [task for each in (*typed, data) for task in find_created(each)]
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for task in found:
        # A label that is refused, or that two tasks share, would be refused in the next line too.
        fits = task.label is not None and label_error(task.label, task.place) is None
        if task.label is not None and fits and task.label not in taken:
            taken.add(labels.setdefault(task.task_id, task.label))
    ids = tuple(dict.fromkeys(task.task_id for task in found))
    return TaskSelection(ids, labels, created=ids)


def created_lines(selection: TaskSelection, argv: Sequence[str], lead: str) -> list[str]:
    """Return the lines about the tasks that were just created; nothing where there is none.

    Args:
        selection: The tasks of a line.
        argv: The command that continues with them, without tasks.
        lead: When to run it, such as `to continue`.
    """
    tasks = selection.arguments(selection.created)
    line = f"{lead}: {shell_command(argv, tasks)}"
    if len(tasks) == 1:
        return [f"created {tasks[0]}; {line}"]
    return [*(f"created {task}" for task in tasks), *([line] if tasks else [])]


def created_after_refusal(argv: Sequence[str], runtime: Runtime, *, can_repeat: bool) -> list[str]:
    """Return the lines about created tasks when the line is refused; nothing is raised.

    Args:
        argv: The arguments after the program's name.
        runtime: For stdin, which is read unless somebody types it.
        can_repeat: Whether the options of the line are right.
    """
    data = b""
    # Not what somebody types: they would have to end it before they see what is wrong.
    if reads_stdin(argv) and not runtime.stdin_is_terminal:
        try:
            data = runtime.stdin_bytes()
        except KieError:
            pass  # it is what the run ended with
    command = resume_argv(argv) if can_repeat else safe_argv(argv)
    return created_lines(created_tasks(argv, data), command, "to continue")


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
