"""The arguments and options that several commands share, each declared once.

Every option defaults to None or False, so that a value that was given can be distinguished from
the default; the default itself is written in the help.
"""

from collections.abc import Callable
from typing import Annotated

from typer import Argument, BadParameter, Option

from kiecli import durations
from kiecli.cli import completion
from kiecli.errors import ExitCode, UsageError

Command = Callable[[], ExitCode]
"""What a command returns to `main`, which calls it once parsing is over."""


# Parsers, not callbacks: Typer calls them for what was typed and not for what was left out.
def _interval(text: str) -> float | None:
    """Return the seconds between two polls, None for `auto`."""
    seconds = None if text == "auto" else _seconds(text)
    # Kie allows ten polls a second for the whole account; nobody gains by more than one a task.
    if seconds is not None and seconds < 1:
        raise BadParameter("the interval must be at least 1s")
    return seconds


def _timeout(text: str) -> str:
    # Checked only: the command resolves it against the environment and the config file.
    _seconds(text, zero=True)
    return text


def _seconds(text: str, *, zero: bool = False) -> float:
    try:
        return durations.parse(text, zero=zero)
    except ValueError as error:
        raise BadParameter(str(error)) from error


def stop_conflict() -> UsageError:
    """Return the error of a line with both `--any` and `--fail-fast`."""
    return UsageError("--any cannot go with --fail-fast", hint="leave out one of them")


Ids = Annotated[
    list[str],
    Argument(
        metavar="TASK...|-",
        help="Task ids, or LABEL=ID to name them yourself; '-' reads them, or createTask's "
        "answers, from stdin.",
        autocompletion=completion.task_ids,
    ),
]
Json = Annotated[bool, Option("--json", help="Print one JSON object per task and line.")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="Print errors only.")]
Verbose = Annotated[bool, Option("--verbose", "-v", help="Log each request on stderr.")]
Timeout = Annotated[
    str | None,
    Option(
        "--timeout",
        "-t",
        metavar="DURATION",
        parser=_timeout,
        autocompletion=completion.durations,
        help="Give up waiting after this long: 90s, 15m, 1h30m. 0 checks once.  [default: 15m]",
    ),
]
Interval = Annotated[
    float | None,
    Option(
        "--interval",
        "-i",
        metavar="DURATION",
        parser=_interval,
        autocompletion=completion.intervals,
        help="How often to check; auto goes from 2s to 15s.  [default: auto]",
    ),
]
AnyTask = Annotated[bool, Option("--any", help="Stop as soon as one task has succeeded.")]
FailFast = Annotated[bool, Option("--fail-fast", help="Stop as soon as one task has failed.")]
