"""What a run came to for one task: the value that travels to the renderers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from kiecli.api.models import Phase, Task
from kiecli.errors import (
    AccessError,
    DeadlineExceeded,
    ExitCode,
    KieError,
    ResultExpired,
    SaveError,
    TaskFailed,
    TaskPending,
)

if TYPE_CHECKING:
    from kiecli.download.plan import SavedFile


MAX_NAMED = 200
"""Tasks that a line to run names: more than that is longer than what some shells take."""

RUN_AGAIN = "run the same line again; what is saved is kept"
"""Stands in the place of a line that would have too many tasks in it."""


def shell_command(argv: Sequence[str], tasks: Sequence[str]) -> str:
    """Return a line of kiecli, quoted for the shell.

    Args:
        argv: The command with its options, `("download", "-d", "out")`.
        tasks: Each as it is typed: `ID` or `LABEL=ID`.
    """
    # Here and not above: most runs end without a line to run.
    from kiecli.system.shell_syntax import join
    from kiecli.system.syntax import SHELL

    return join(SHELL, ["kiecli", *argv, *tasks])


def resume_command(argv: Sequence[str], tasks: Sequence[str], *, created: bool) -> str:
    """Return the line that does what is left of a run, or the advice to run the same line again.

    Args:
        argv: The command with its options.
        tasks: Those that are left, as they are typed.
        created: Whether one of them was created by the command before the pipe: then the same line
            would create and pay for it again.
    """
    if len(tasks) > MAX_NAMED and not created:
        return RUN_AGAIN
    return shell_command(argv, tasks)


# Codes after which the same line may do more: a refusal, a failure or a wrong id stays what it is,
# and submitting again would cost money.
_RESUMABLE = (ExitCode.UNAVAILABLE, ExitCode.PENDING, ExitCode.DEADLINE, ExitCode.SAVE_FAILED)


# What parsing a task would take away from the label, or take for a URL.
_NEEDS_QUOTES = frozenset("\"'`\u201c\u201d?&")


def task_argument(label: str | None, task_id: str) -> str:
    """Return a task as it is typed, so that parsing it finds the same label again."""
    if label and not _NEEDS_QUOTES.isdisjoint(label):
        label = f'"{label}"'
    return f"{label}={task_id}" if label else task_id


class Outcome(NamedTuple):
    """One task at the end of a run."""

    task_id: str
    task: Task | None = None
    """Kie's last answer, or None."""
    error: KieError | None = None
    """Why there is no success."""
    exit_code: ExitCode = ExitCode.DONE
    """What this task adds to the code of the process."""
    resume_argv: tuple[str, ...] = ()
    """The command that takes it up again, where one can."""
    files: "tuple[SavedFile, ...] | None" = None
    """What `download` made of its results; None in other commands."""
    label: str | None = None
    """The user's own name for it."""

    is_skipped: bool = False
    """Whether it was not asked about, since an archive lists it."""

    @property
    def name(self) -> str:
        """What people know it by: its label, else its id."""
        return self.label or self.task_id

    @property
    def argument(self) -> str:
        """The task as it is typed: `LABEL=ID` or `ID`."""
        return task_argument(self.label, self.task_id)

    @property
    def can_resume(self) -> bool:
        """Whether the same line, run again, may bring it further."""
        error = self.error
        if error is None or error.fatal or not error.rerun_helps:
            return False
        return self.exit_code in _RESUMABLE

    def command(self, *argv: str) -> str:
        """Return a line of kiecli about this task."""
        return shell_command(argv, [self.argument])

    @property
    def resume_command(self) -> str:
        """The line that takes it up again, or nothing."""
        return self.command(*self.resume_argv) if self.resume_argv else ""

    @property
    def status(self) -> str:
        """`success`, `failed`, `pending`, `skipped` or `error`."""
        if self.is_skipped:
            return "skipped"
        if isinstance(self.error, TaskFailed):
            return "failed"
        if isinstance(self.error, TaskPending | DeadlineExceeded):
            return "pending"
        if self.error is not None or self.task is None:
            return "error"
        # An unknown state of Kie's is one that goes on: giving up on it would lose the result.
        return "success" if self.task.phase is Phase.SUCCESS else "pending"

    @property
    def state(self) -> str:
        """The state as a word for people and shell scripts: known ones in lower case."""
        if self.task is not None and self.task.state:
            return self.task.state_label
        return "fail" if isinstance(self.error, TaskFailed) else "unknown"


def from_status(
    task_id: str, task: Task | None, error: KieError | None, *, exit_status: bool
) -> Outcome:
    """Return the outcome of one query: any answer is exit code 0, unless `exit_status` is set."""
    error = error or _failure(task)
    if error is not None:
        # That a task failed is an answer, and `status` was asked for no more than that.
        answered = isinstance(error, TaskFailed) and not exit_status
        return Outcome(task_id, task, error, ExitCode.DONE if answered else error.exit_code)
    running = task is not None and not task.finished
    return Outcome(
        task_id, task, None, ExitCode.PENDING if running and exit_status else ExitCode.DONE
    )


def from_wait(task_id: str, task: Task | None, error: KieError | None) -> Outcome:
    """Return the outcome of having waited."""
    error = error or _failure(task)
    return Outcome(task_id, task, error, ExitCode.DONE if error is None else error.exit_code)


def pending(task: Task, argv: Sequence[str]) -> Outcome:
    """Return the outcome of a download that found the task still running.

    Args:
        task: Kie's answer.
        argv: The command that would wait for it.
    """
    error = TaskPending(f"not finished yet: {task.state_label}")
    return Outcome(task.task_id, task, error, error.exit_code, tuple(argv))


def not_saved(task: Task, files: "tuple[SavedFile, ...]", errors: Sequence[KieError]) -> Outcome:
    """Return the outcome of a download that could not save every result of a task.

    Args:
        task: Kie's answer.
        files: All its files, also those that are saved.
        errors: What the others failed with, at least one.
    """
    error = errors[0] if len(errors) == 1 else _combined(errors, len(files))
    return Outcome(task.task_id, task, error, error.exit_code, files=files)


def _combined(errors: Sequence[KieError], results: int) -> KieError:
    """Return the one error of a task that several of its results failed with."""
    message = f"{len(errors)} of {results} results were not saved"
    # The key is wrong for all of them.
    for error in errors:
        if isinstance(error, AccessError):
            return AccessError(message, hint=error.hint)
    # One that can still be fetched is reason enough to run the line again.
    if all(isinstance(error, ResultExpired) for error in errors):
        return ResultExpired(message, hint="running this again cannot bring them back")
    return SaveError(
        message,
        temporary=any(error.temporary for error in errors),
        rerun_helps=any(error.rerun_helps for error in errors),
    )


def _failure(task: Task | None) -> KieError | None:
    return task.to_error() if task is not None and task.phase is Phase.FAILED else None
