"""The exceptions of kiecli, and the exit code of each.

KieError
 +- UsageError          2  the line is wrong
 |   +- ConfigError     2  a setting or its file is wrong
 +- AccessError         4  the key or the account is refused
 |   +- AccountRefused  4  ... by an answer that holds for every task: ends the whole run
 +- TaskFailed          1  Kie says the task failed
 +- TaskNotFound        5  no such Market task
 +- KieUnavailable      6  Kie could not be reached
 |   +- ConnectionFailed 6 ... because no answer came back at all
 |   +- RateLimited     6  ... because it was asked too often
 +- SaveError           7  a result could not be saved
 |   +- ResultExpired   7  ... because it is gone for good
 |   +- NameTaken       7  ... because its name is taken, or the disk cannot have it
 |   +- FolderNotWritable 7 .. because nothing can be written into the folder
 +- TaskPending         8  not finished, and the command was not asked to wait
 +- DeadlineExceeded  124  time is up, the task is still running

Interrupted and StdoutClosed are not in the tree: nobody but `main` may swallow them.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import TypeVar

from kiecli.safe_text import lower_first


class ExitCode(IntEnum):
    """The exit codes of the process; each has the same meaning in every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 4
    NOT_FOUND = 5
    UNAVAILABLE = 6
    SAVE_FAILED = 7
    PENDING = 8
    BUG = 70  # EX_SOFTWARE of sysexits.h
    DEADLINE = 124  # as timeout(1) ends


class KieError(Exception):
    """An error that is reported to the user; the base of all others.

    Attributes:
        message: What was attempted and what went wrong, in one line without a final stop.
        reason: As much of the message as other tasks may share, which is printed once for all.
        hint: What to do about it, a sentence without a final stop, or empty.
        temporary: Whether the same line may succeed later, unchanged; each class has a default.
        rerun_helps: Whether the same line may succeed at all, if only after something was mended.
        retry_after: Seconds that the server asked us to stay away, or None.
        kind: Its `error.kind` in JSON.
        exit_code: The exit code of a process that ends with it.
        fatal: Whether it holds for every task, so that no more are asked about.
    """

    kind = "error"
    exit_code = ExitCode.BUG
    fatal = False
    temporary = False
    rerun_helps = True

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        temporary: bool | None = None,
        rerun_helps: bool | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        # Attributes, not arguments of Exception: callers that know more extend message and hint.
        self.message = message
        self.reason = message
        self.hint = hint
        self.retry_after = retry_after
        if temporary is not None:
            self.temporary = temporary
        if rerun_helps is not None:
            self.rerun_helps = rerun_helps


class UsageError(KieError):
    """The command line is wrong."""

    kind = "usage"
    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """A setting, or the file that holds it, cannot be used."""

    kind = "config"


class AccessError(KieError):
    """Kie refuses the API key, the account or a feature; retrying does not help."""

    kind = "access"
    exit_code = ExitCode.REFUSED


class AccountRefused(AccessError):
    """A refusal that holds for every task: codes 401, 402 and 433."""

    fatal = True


class TaskFailed(KieError):
    """The task has failed at Kie, for good."""

    kind = "failed"
    exit_code = ExitCode.FAILED
    fail_code: str | None = None
    fail_message: str | None = None
    """Code and message of Kie, where it sends no record of the task that has them."""


class TaskNotFound(KieError):
    """Kie knows no Market task of that id."""

    kind = "not_found"
    exit_code = ExitCode.NOT_FOUND


class KieUnavailable(KieError):
    """Kie could not be reached, or gave no answer that can be used."""

    kind = "unavailable"
    exit_code = ExitCode.UNAVAILABLE
    temporary = True


class ConnectionFailed(KieUnavailable):
    """No answer came back: DNS, connect, TLS, a reset, a silent server."""


class RateLimited(KieUnavailable):
    """Kie answered 429; the rate limiter pauses all requests."""


class SaveError(KieError):
    """A result could not be saved."""

    kind = "unsaved"
    exit_code = ExitCode.SAVE_FAILED


class ResultExpired(SaveError):
    """A result is gone: its link is dead, and Kie gives no working one."""

    kind = "expired"
    rerun_helps = False


class NameTaken(SaveError):
    """The path is taken by a different file, or invalid on this disk; the user must choose."""

    rerun_helps = False


class FolderNotWritable(SaveError):
    """No file can be written into the target folder, so no task can be saved."""

    fatal = True


class TaskPending(KieError):
    """The task is still running and the command was not asked to wait."""

    kind = "unfinished"
    exit_code = ExitCode.PENDING
    temporary = True


class DeadlineExceeded(KieError):
    """The timeout has passed; the task is still running at Kie."""

    kind = "deadline"
    exit_code = ExitCode.DEADLINE
    temporary = True


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, then its causes and contexts, the nearest first."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


E = TypeVar("E", bound=BaseException)


def without_frames(error: E) -> E:
    """Remove causes and tracebacks from an error that is kept, to free what their frames hold.

    Their frames hold what was worked on, such as the body of an answer: hundreds of tasks that are
    tried again would keep one of megabytes each.
    """
    # A list: the chain is cut while it is walked.
    for cause in list(causes(error)):
        cause.__traceback__ = cause.__cause__ = cause.__context__ = None
    return error


def system_reason(error: OSError) -> str:
    """Return the system's message for an error, with a small first letter."""
    return lower_first(error.strerror) if error.strerror else type(error).__name__


class Interrupted(BaseException):
    """A signal ends the run; `main` prints the resume command and exits."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


class StdoutClosed(BaseException):
    """The reader of stdout has closed the pipe (`| head`): the run ends without a message."""
