"""The tasks of a command line: typed as arguments or read from stdin, with their labels. Pure."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from kiecli.errors import KieError, UsageError
from kiecli.outcome import resume_command, task_argument
from kiecli.redaction import MIN_KEY_LENGTH, Redactor
from kiecli.task_ids.task_id import (
    STDIN,
    FoundTask,
    id_error,
    is_task_id,
    label_error,
    parse_task,
)

if TYPE_CHECKING:
    from kiecli.task_ids.stdin_ids import StdinTasks

_MAX_FILE_NAME = 255  # characters that a name may have nearly everywhere
# A file without these in its name is no task id that anybody has seen.
_IN_ALL_IDS = frozenset("0123456789-_")


class TaskSelection(NamedTuple):
    """The tasks that a command line names, all of them checked."""

    task_ids: tuple[str, ...]
    """Each once, in the order given."""
    labels: Mapping[str, str] = MappingProxyType({})
    """The user's names for some of them, by id."""
    created: tuple[str, ...] = ()
    """The ids that came out of createTask's answers: paid for, and known nowhere else."""

    def without(self, task_ids: Container[str]) -> "TaskSelection":
        """Return the tasks that are not among these."""
        return self._replace(
            task_ids=tuple(each for each in self.task_ids if each not in task_ids),
            created=tuple(each for each in self.created if each not in task_ids),
        )

    def name(self, task_id: str) -> str:
        """Return what people know a task by: its label, else its id."""
        return self.labels.get(task_id, task_id)

    def arguments(self, task_ids: Iterable[str]) -> list[str]:
        """Return tasks as they are typed, with their labels: `hero=ID`."""
        return [task_argument(self.labels.get(task_id), task_id) for task_id in task_ids]

    def resume_command(
        self, argv: Sequence[str], task_ids: Sequence[str], *, change: str = ""
    ) -> str:
        """Return the line that does what is left, or the advice to run the same line again.

        Args:
            argv: The command with its options.
            task_ids: The tasks that are left.
            change: How `argv` differs from what was typed, ` with --wait` for one.
        """
        created = self.has_created(task_ids)
        return resume_command(argv, self.arguments(task_ids), created=created, change=change)

    def has_created(self, task_ids: Iterable[str]) -> bool:
        """Whether one of these tasks was just created."""
        return not frozenset(self.created).isdisjoint(task_ids)


def select_tasks(
    arguments: Sequence[str],
    stdin: "Callable[[], StdinTasks]",
    *,
    is_file: Callable[[str], bool] = lambda _name: False,
    api_keys: Sequence[str] = (),
    command: str = "status",
) -> TaskSelection:
    """Return the tasks of a line.

    Args:
        arguments: As typed: ids, `LABEL=ID`, and one `-` for what stdin holds.
        stdin: Reads stdin to its end; called at most once, and only for a `-`.
        is_file: Returns whether there is a file of that name.
        api_keys: The key in force, in each form in which it was given; empty without one.
        command: The command of the line, for advice.

    Raises:
        UsageError: A text cannot be an id, labels contradict each other, or there is no task.
        KieError: stdin holds an error of createTask; it is that error.
    """
    if arguments.count(STDIN) > 1:
        raise UsageError("'-' is given more than once", hint="stdin can be read only once")
    try:
        found = list(_all(arguments, stdin, is_file, command))
        redactor = Redactor(api_keys)
        for task in found:
            error = task.error or task_error(task, api_keys, redactor)
            if error is not None:
                raise error
    except KieError as error:
        _conceal(error, api_keys)
        raise
    task_ids = tuple(dict.fromkeys(task.task_id for task in found))
    labels: dict[str, str] = {}
    if any(task.label is not None for task in found):
        labels = _labels(found)
        _check_names(task_ids, labels)
    created = tuple(dict.fromkeys(task.task_id for task in found if task.created))
    return TaskSelection(task_ids, labels, created)


def _all(
    arguments: Sequence[str],
    stdin: "Callable[[], StdinTasks]",
    is_file: Callable[[str], bool],
    command: str,
) -> Iterator[FoundTask]:
    for number, argument in enumerate(arguments, start=1):
        if argument == STDIN:
            yield from stdin().or_raise()
        else:
            task = parse_task(argument, f"argument {number}")
            yield task._replace(error=_file_error(argument, task, is_file, command))


def _file_error(
    argument: str, task: FoundTask, is_file: Callable[[str], bool], command: str
) -> UsageError | None:
    """Return the advice to read ids from a file, where one was given in the place of an id."""
    task_id = task.task_id
    may_be_id = is_task_id(task_id) and "." not in task_id
    if may_be_id and not _IN_ALL_IDS.isdisjoint(task_id):
        return None  # a result may have been saved under the very id
    names = (argument, argument.removeprefix("@"), task_id)  # as curl and gh take files
    for name in names:
        if len(name) <= _MAX_FILE_NAME and is_file(name):
            from kiecli.system.syntax import SHELL

            line = SHELL.with_stdin(f"kiecli {command} -", name)
            return UsageError(f"'{name}' is a file", hint=f"to read ids from it: {line}")
    return None


def task_error(task: FoundTask, keys: Sequence[str], redactor: Redactor) -> KieError | None:
    """Return why a task is refused: it is the API key, which is not repeated, or cannot be one.

    Args:
        task: As it was found.
        keys: The key in force, in each form in which it was given.
        redactor: Finds these keys, escaped ones too; made once for all tasks.
    """
    if task.task_id in keys or redactor.text(task.task_id) != task.task_id:
        return UsageError(
            f"{task.place} is the API key itself", hint="give the taskId that createTask returned"
        )
    if task.label is not None and redactor.text(task.label) != task.label:
        return UsageError(f"the label of {task.place} has the API key in it")
    error = id_error(task.task_id, task.id_place)
    if error is None and task.label is not None:
        error = label_error(task.label, task.place)
    return error


def _conceal(error: KieError, keys: Sequence[str]) -> None:
    """Remove an echoed text that a key begins with: cut off, it would not be masked."""
    if any(len(key) >= MIN_KEY_LENGTH and key[:MIN_KEY_LENGTH] in error.message for key in keys):
        error.message = error.message.partition(": '")[0]


def _labels(found: Sequence[FoundTask]) -> dict[str, str]:
    """Return the labels by id.

    Raises:
        UsageError: A task has two labels, or two tasks have one.
    """
    by_id: dict[str, FoundTask] = {}
    by_label: dict[str, FoundTask] = {}
    for task in found:
        if task.label is None:
            continue
        same = by_id.setdefault(task.task_id, task)
        if same.label != task.label:
            raise UsageError(
                f"{_places(same, task)} name one task, as '{same.label}' and as '{task.label}'",
                hint="give each task one label",
            )
        namesake = by_label.setdefault(task.label, task)
        if namesake.task_id != task.task_id:
            raise UsageError(
                f"{_places(namesake, task)} name two tasks, both as '{task.label}'",
                hint="give each task a label of its own",
            )
    return {task_id: task.label for task_id, task in by_id.items() if task.label is not None}


def _places(first: FoundTask, second: FoundTask) -> str:
    """Return the places of two tasks, for a message."""
    return first.place if first.place == second.place else f"{first.place} and {second.place}"


def _check_names(task_ids: Sequence[str], labels: Mapping[str, str]) -> None:
    """Check that no label is taken for another task, on a screen or on a disk.

    Raises:
        UsageError: A label is another task's id, or becomes the file name of another task.
    """
    ids = frozenset(task_ids)
    owners: dict[str, str] = {}  # the names of tasks, by what a disk makes of them
    for task_id in sorted(task_ids, key=lambda each: each not in labels):  # labels come first
        label = labels.get(task_id)
        if label in ids and label != task_id:
            raise UsageError(f"the label '{label}' is the id of another task")
        name = label or task_id
        owner = owners.setdefault(file_name_key(name), name)
        if owner != name and not ids.issuperset({owner, name}):
            raise UsageError(
                f"'{owner}' and '{name}' would become one file name",
                hint="give one of them another label",
            )


def file_name_key(name: str) -> str:
    """Return the same text for all names of tasks that some disk takes for one file name."""
    from kiecli.files.sanitize import fold_path, sanitize  # few lines have labels

    return fold_path(sanitize("label", name))
