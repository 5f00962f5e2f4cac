"""The whole program as a function: words and a runtime in, an exit status out."""

import traceback
from collections.abc import Sequence
from typing import cast

from typer import BadParameter

from kiecli.cli.app import build
from kiecli.cli.options import Command
from kiecli.errors import ExitCode, Interrupted, KieError, StdoutClosed, UsageError, causes
from kiecli.runtime import Runtime
from kiecli.streams import broken

# The public BadParameter is one of Typer's usage errors; their common base has no public name.
_TyperUsageError: type[Exception] = BadParameter.__mro__[1]

_SIGPIPE = 141


def main(argv: Sequence[str], runtime: Runtime) -> int:
    """Run kiecli.

    Args:
        argv: The words after the program's name.
        runtime: Streams, settings, clock and network.

    Returns:
        The exit status; 128 and the signal's number when a signal ended the run.
    """
    try:
        return _run(argv, runtime)
    except Interrupted as interrupted:
        return _leave(interrupted, runtime)
    except StdoutClosed:
        return _SIGPIPE
    except SystemExit as end:
        # Typer's own: 0 after a completion, 1 when the reader leaves in the middle of its help.
        return _SIGPIPE if end.code == 1 else ExitCode.DONE
    except Exception as bug:  # noqa: BLE001  whatever it is, it ends here
        for cause in causes(bug):  # where a class is made, Python wraps what a signal raises
            if isinstance(cause, Interrupted):
                return _leave(cause, runtime)
        return _report(bug, runtime)


def _leave(interrupted: Interrupted, runtime: Runtime) -> int:
    runtime.err.line(interrupt_message(runtime))
    return 128 + interrupted.signum


def interrupt_message(runtime: Runtime) -> str:
    """Return what is said when a signal ends the run: the line that takes the work up again."""
    line = runtime.resume_command()
    return f"kiecli: interrupted; take it up with: {line}" if line else "kiecli: interrupted"


def _run(argv: Sequence[str], runtime: Runtime) -> int:
    try:
        action = _parsed(argv, runtime)
        return ExitCode.DONE if action is None else action()
    except _TyperUsageError as error:
        from kiecli.cli.usage import usage_line

        runtime.redact_api_key()
        runtime.err.line(usage_line(error, argv))
        return ExitCode.USAGE
    except KieError as error:
        from kiecli.render.text import error_line

        runtime.redact_api_key()
        # The whole run ends here, tasks and all: in a pipe with createTask nobody else knows them.
        resume_command = runtime.resume_command() if error.exit_code is ExitCode.SAVE_FAILED else ""
        runtime.err.line(error_line(error, resume_command=resume_command))
        return error.exit_code


def _parsed(argv: Sequence[str], runtime: Runtime) -> Command | None:
    """Return what the words ask for; None when it was help or completion, which Typer writes."""
    try:
        action = build()(args=list(argv), prog_name="kiecli", standalone_mode=False, obj=runtime)
    except OSError as error:
        raise broken(error) from error
    if callable(action):
        return cast(Command, action)
    if action:  # Typer's own exit code, where it does not know the shell
        raise UsageError(
            "there is no completion for this shell", hint="run it in bash, zsh or fish"
        )
    return None


def _report(bug: BaseException, runtime: Runtime) -> int:
    """Show a bug with all that helps to mend it, and without the key."""
    from kiecli import __version__

    runtime.redact_api_key()
    runtime.err.write("".join(traceback.format_exception(bug)))
    runtime.err.line(f"kiecli: this is a bug in kiecli {__version__}; please report it")
    return ExitCode.BUG
