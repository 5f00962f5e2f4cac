"""How a run ended for one task: its outcome, its exit code, and the command that resumes it.

The exit code of the process is made of those of its tasks, and one command resumes several.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kiecli.api.models import Phase, Task
from kiecli.errors import (
    AccessError,
    ConfigError,
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

# Exit codes after which a retry may succeed. A refused key, a failed task and an unknown id stay
# what they are.
_RESUMABLE = (ExitCode.UNAVAILABLE, ExitCode.PENDING, ExitCode.DEADLINE, ExitCode.SAVE_FAILED)


class Outcome(NamedTuple):
    """How a run ended for one task."""

    task_id: str
    task: Task | None = None
    """Kie's last answer, or None."""
    error: KieError | None = None
    """The reason if the task did not succeed, or not all of its results were saved."""
    exit_code: ExitCode = ExitCode.DONE
    """The exit code for this task alone; `combined_exit_code` makes that of the process."""
    resume_argv: tuple[str, ...] = ()
    """The argv of the command that resumes it, without the task; empty if none can."""
    files: "tuple[SavedFile, ...] | None" = None
    """What `download` made of its results; None in other commands."""
    label: str | None = None
    """The user's own name for it."""
    is_skipped: bool = False
    """Whether it was not asked about, since an archive lists it."""

    @property
    def name(self) -> str:
        """The name in messages: the label, else the id."""
        return self.label or self.task_id

    @property
    def argument(self) -> str:
        """The task as it is typed: `LABEL=ID` or `ID`."""
        return task_argument(self.label, self.task_id)

    @property
    def can_resume(self) -> bool:
        """Whether running the same command again may succeed or get further."""
        error = self.error
        if error is None or error.fatal or not error.rerun_helps:
            return False
        return self.exit_code in _RESUMABLE

    def command(self, *argv: str) -> str:
        """Return a kiecli command line for this task alone."""
        return shell_command(argv, [self.argument])

    @property
    def resume_command(self) -> str:
        """The command that resumes this task; empty if none can."""
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
        # An unknown state counts as running: giving up on it would lose the result.
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
        # A failed task is an answer like any other: without --exit-status it is exit code 0.
        answered = isinstance(error, TaskFailed) and not exit_status
        return Outcome(task_id, task, error, ExitCode.DONE if answered else error.exit_code)
    running = task is not None and not task.finished
    return Outcome(
        task_id, task, None, ExitCode.PENDING if running and exit_status else ExitCode.DONE
    )


def from_wait(task_id: str, task: Task | None, error: KieError | None) -> Outcome:
    """Return the outcome of a task that was waited for."""
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
    # A setting that cannot be used, a refused key or account: those concern all of them, so they
    # come first.
    for kind in (ConfigError, AccessError):
        for error in errors:
            if isinstance(error, kind):
                return kind(message, hint=error.hint)
    # Expired only if all are: any other one is a reason to run the command again.
    if all(isinstance(error, ResultExpired) for error in errors):
        return ResultExpired(message, hint="running this again cannot bring them back")
    return SaveError(
        message,
        temporary=any(error.temporary for error in errors),
        rerun_helps=any(error.rerun_helps for error in errors),
    )


def _failure(task: Task | None) -> KieError | None:
    return task.to_error() if task is not None and task.phase is Phase.FAILED else None


# With several tasks the exit code is the first of these that occurred: errors that the user has to
# fix come before those that a retry may solve.
_PRECEDENCE = (
    ExitCode.USAGE,
    ExitCode.REFUSED,
    ExitCode.FAILED,
    ExitCode.NOT_FOUND,
    ExitCode.SAVE_FAILED,
    ExitCode.UNAVAILABLE,
    ExitCode.DEADLINE,
    ExitCode.PENDING,
)


def combined_exit_code(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the exit code of a run from those of its tasks."""
    occurred = set(codes)
    return next((code for code in _PRECEDENCE if code in occurred), ExitCode.DONE)


MAX_NAMED = 200
"""Task ids in a resume command at most: some shells limit the length of a command line."""

_RUN_AGAIN = "run the same line again{change}; what is saved is kept"


def resume_command(
    argv: Sequence[str], tasks: Sequence[str], *, created: bool, change: str = ""
) -> str:
    """Return the command that resumes a run, or what to run if it would name too many tasks.

    Args:
        argv: The command with its options.
        tasks: The tasks that are left, as they are typed.
        created: Whether the command before the pipe has created one of them: running the same line
            again would create and pay for it again, so the tasks are named however many.
        change: How `argv` differs from what was typed, ` with --wait` for one.
    """
    if len(tasks) > MAX_NAMED and not created:
        return _RUN_AGAIN.format(change=change)
    return shell_command(argv, tasks)


def shell_command(argv: Sequence[str], tasks: Sequence[str]) -> str:
    """Return a kiecli command line, quoted for the shell of this system.

    Args:
        argv: The command with its options, `("download", "-d", "out")`.
        tasks: Each as it is typed: `ID` or `LABEL=ID`.
    """
    # Imported here: most runs print no command.
    from kiecli.system.shell_syntax import join
    from kiecli.system.syntax import SHELL

    return join(SHELL, ["kiecli", *argv, *tasks])


# Characters of a label that parsing would strip, or take for those of a URL.
_NEEDS_QUOTES = frozenset("\"'`\u201c\u201d?&")


def task_argument(label: str | None, task_id: str) -> str:
    """Return a task as it is typed, so that parsing it finds the same label again."""
    if label and not _NEEDS_QUOTES.isdisjoint(label):
        label = f'"{label}"'
    return f"{label}={task_id}" if label else task_id
