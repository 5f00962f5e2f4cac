"""What a run came to for one task: the value that travels to the renderers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from kiecli.api.models import Phase, Task
from kiecli.errors import (
    DeadlineExceeded,
    ExitCode,
    KieError,
    SaveError,
    TaskFailed,
    TaskUnfinished,
)

if TYPE_CHECKING:
    from kiecli.download.plan import SavedFile


_MANY = 20


def shell_command(words: Sequence[str], task_ids: Sequence[str]) -> str:
    """Return a shell line.

    Args:
        words: The command with its options, `("download", "-d", "out")`.
        task_ids: The tasks it is to name; of very many the first three, and in a
            shell's comment how many more there are.
    """
    import shlex

    ids = task_ids if len(task_ids) <= _MANY else task_ids[:3]
    text = shlex.join(["kiecli", *words, *ids])
    return text if ids is task_ids else f"{text}  # and {len(task_ids) - len(ids)} more"


_RESUMABLE = (ExitCode.UNAVAILABLE, ExitCode.UNFINISHED, ExitCode.DEADLINE, ExitCode.UNSAVED)


class Outcome(NamedTuple):
    """One task at the end of a run."""

    task_id: str
    task: Task | None = None
    """What Kie said last, if it said anything."""
    error: KieError | None = None
    """Why there is no success."""
    exit_code: ExitCode = ExitCode.DONE
    """What this task adds to the code of the process."""
    again_words: tuple[str, ...] = ()
    """The command that takes it up again, where one can."""
    files: "tuple[SavedFile, ...] | None" = None
    """What `download` made of its results; None in other commands."""

    @property
    def again(self) -> str:
        """The line that takes it up again, or nothing."""
        return shell_command(self.again_words, [self.task_id]) if self.again_words else ""

    @property
    def word(self) -> str:
        """`success`, `failed`, `pending` or `error`."""
        if isinstance(self.error, TaskFailed):
            return "failed"
        if isinstance(self.error, TaskUnfinished | DeadlineExceeded):
            return "pending"
        if self.error is not None or self.task is None:
            return "error"
        return "success" if self.task.phase is Phase.SUCCESS else "pending"

    @property
    def state(self) -> str:
        """The state as a word for people and shell scripts: known ones in lower case."""
        if self.task is not None and self.task.state:
            return self.task.word
        return "fail" if isinstance(self.error, TaskFailed) else "unknown"


def of_question(
    task_id: str,
    task: Task | None,
    error: KieError | None,
    words: Sequence[str],
    *,
    exit_status: bool,
) -> Outcome:
    """Return the outcome of having asked: any answer is a good one unless the code is to tell."""
    error = error or _failure(task)
    if error is not None:
        answered = isinstance(error, TaskFailed) and not exit_status
        code = ExitCode.DONE if answered else error.exit_code
        return Outcome(task_id, task, error, code, _again(code, words))
    running = task is not None and not task.finished
    code = ExitCode.UNFINISHED if running and exit_status else ExitCode.DONE
    return Outcome(task_id, task, None, code)


def of_wait(
    task_id: str, task: Task | None, error: KieError | None, words: Sequence[str]
) -> Outcome:
    """Return the outcome of having waited."""
    error = error or _failure(task)
    code = ExitCode.DONE if error is None else error.exit_code
    return Outcome(task_id, task, error, code, _again(code, words))


def of_unfinished(task: Task, words: Sequence[str]) -> Outcome:
    """Return the outcome of a download that found the task still running.

    Args:
        task: What Kie said.
        words: The command that would wait for it.
    """
    error = TaskUnfinished(f"not finished yet: {task.word}")
    return Outcome(task.task_id, task, error, error.exit_code, tuple(words))


def of_download(task: Task, files: "tuple[SavedFile, ...]", words: Sequence[str]) -> Outcome:
    """Return the outcome of having saved, or tried to save, every result of a task."""
    errors = [file.error for file in files if file.error is not None]
    if not errors:
        return Outcome(task.task_id, task, files=files)
    error = errors[0]
    if len(errors) > 1:
        error = SaveError(
            f"{len(errors)} of {len(files)} results were not saved",
            temporary=any(each.temporary for each in errors),
        )
    again = _again(error.exit_code, words)
    return Outcome(task.task_id, task, error, error.exit_code, again, files)


def _failure(task: Task | None) -> KieError | None:
    return task.failure() if task is not None and task.phase is Phase.FAILED else None


def _again(code: ExitCode, words: Sequence[str]) -> tuple[str, ...]:
    return tuple(words) if code in _RESUMABLE else ()
