"""The valid tasks of a command line that is refused, for the line that continues. Pure.

Nothing is raised: what was created before the pipe is paid for, whatever stands beside it.
"""

from collections.abc import Iterable, Iterator, Sequence

from kiecli.redaction import Redactor
from kiecli.task_ids.stdin_ids import StdinTasks, read_tasks
from kiecli.task_ids.task_id import STDIN, FoundTask, label_error, parse_task
from kiecli.task_ids.task_selection import TaskSelection, file_name_key, task_error


def usable_tasks(
    arguments: Iterable[str], stdin: StdinTasks, api_keys: Sequence[str] = ()
) -> TaskSelection:
    """Return the tasks that are valid by themselves, with those labels that go together.

    Args:
        arguments: As typed. JSON is wrong there, but its task is paid for.
        stdin: What it names, or the beginning of it.
        api_keys: The key in force, which is no task, in each form in which it was given.
    """
    redactor = Redactor(api_keys)
    found = [
        task for task in _found(arguments, stdin) if task_error(task, api_keys, redactor) is None
    ]
    ids = tuple(dict.fromkeys(task.task_id for task in found))
    created = tuple(dict.fromkeys(task.task_id for task in found if task.created))
    return TaskSelection(ids, _labels(found), created)


def _found(arguments: Iterable[str], stdin: StdinTasks) -> Iterator[FoundTask]:
    """Yield what may be tasks, those with a label that cannot be one without it."""
    for argument in arguments:
        if argument == STDIN:
            tasks = [task for task in stdin.tasks if task.error is None]
        elif "taskId" in argument:
            answer = read_tasks(argument.encode(errors="surrogateescape"))
            tasks = [task for task in answer.tasks if task.created]
        else:
            tasks = [parse_task(argument, argument)]
        for task in tasks:
            error = task.label is not None and label_error(task.label, task.place)
            yield task._replace(label=None) if error else task


def _labels(found: Sequence[FoundTask]) -> dict[str, str]:
    """Return labels by id: the first of each task, unless it is or looks like another's name."""
    owners: dict[str, set[str]] = {}  # ids by what a disk makes of the tasks' names
    for task in found:
        owners.setdefault(file_name_key(task.task_id), set()).add(task.task_id)
    labels: dict[str, str] = {}
    for task in found:
        if task.label is not None and task.task_id not in labels:
            same = owners.setdefault(file_name_key(task.label), set())
            if same <= {task.task_id}:
                same.add(task.task_id)
                labels[task.task_id] = task.label
    return labels
