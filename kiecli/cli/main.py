"""`main(argv, runtime)`: parses, runs the command, turns exceptions into the exit status.

The application that Typer parses with is built here, too, for each command line.
"""

import traceback
from collections.abc import Sequence
from typing import Annotated, cast

from typer import BadParameter, Context, Exit, Option, Typer

from kiecli import __version__
from kiecli.cli.options import Command
from kiecli.errors import ExitCode, Interrupted, KieError, StdoutClosed, UsageError, causes
from kiecli.runtime import Runtime
from kiecli.streams import Severity, write_error

# The public BadParameter is one of Typer's usage errors; their common base has no public name.
_TyperUsageError: type[Exception] = BadParameter.__mro__[1]

# What a shell makes of a process that SIGPIPE ended, as it ends `cat` in `cat file | head -1`.
_SIGPIPE = 141


def main(argv: Sequence[str], runtime: Runtime) -> int:
    """Run a command line of kiecli and return the exit status.

    Args:
        argv: The arguments after the program's name.
        runtime: Streams, settings, clock and network.

    Returns:
        The exit status; 128 and the signal's number when a signal ended the run.
    """
    runtime.argv = argv
    try:
        return _run(argv, runtime)
    except Interrupted as interrupted:
        return _report_interrupt(interrupted, runtime)
    except StdoutClosed:
        return _SIGPIPE  # without a word: a reader like `| head` wants no error
    except SystemExit as end:
        # Typer's own: 0 after a completion, 1 when stdout is closed in the middle of a help text.
        return _SIGPIPE if end.code == 1 else ExitCode.DONE
    except Exception as bug:  # noqa: BLE001  bugs are reported here
        for cause in causes(bug):  # Python wraps what a signal raises while a class is made
            if isinstance(cause, Interrupted):
                return _report_interrupt(cause, runtime)
        return _report_bug(bug, runtime)


def _report_interrupt(interrupted: Interrupted, runtime: Runtime) -> int:
    runtime.err.line(interrupt_message(runtime))
    return 128 + interrupted.signum


def interrupt_message(runtime: Runtime) -> str:
    """Return the message, with the resume command, that is printed when a signal ends the run."""
    command = runtime.resume_command()
    text = f"interrupted; to continue: {command}" if command else "interrupted"
    return runtime.err.message(Severity.NOTE, text)


def _run(argv: Sequence[str], runtime: Runtime) -> int:
    argv = _plain_argv(argv)
    try:
        command = _parsed(argv, runtime)
        return ExitCode.DONE if command is None else command()
    except _TyperUsageError as error:
        from kiecli.cli.usage import usage_message

        _print_error(usage_message(error, argv), runtime)
        _print_created(argv, runtime)
        return ExitCode.USAGE
    except KieError as error:
        from kiecli.render.text import error_text

        # The whole run ends here, tasks and all: in a pipe with createTask nobody else knows them.
        resume_command = runtime.resume_command() if error.exit_code is ExitCode.SAVE_FAILED else ""
        _print_error(error_text(error, resume_command=resume_command), runtime)
        if not resume_command:
            _print_created(argv, runtime, error.message if error.kind == "usage" else "")
        return error.exit_code


def _plain_argv(argv: Sequence[str]) -> list[str]:
    """Return the arguments with `help [COMMAND]` and `version` as the options they stand for."""
    match list(argv):
        case ["version", *rest]:
            return ["--version", *rest]
        case ["help", *rest]:
            # `--help` last: whatever stands before it, Typer then shows that command's help.
            return [*rest, "--help"] if rest != ["help"] else ["--help"]
        case unchanged:
            return unchanged


def _print_error(text: str, runtime: Runtime) -> None:
    """Print the error that ends the run; in GitHub Actions as an annotation."""
    runtime.redact_api_key()
    if runtime.err.takes_annotations:
        from kiecli.render.text import annotation

        runtime.err.line(annotation(text))
    else:
        runtime.err.error(text)


def _print_created(argv: Sequence[str], runtime: Runtime, message: str = "") -> None:
    """Print the tasks that the command before the pipe has created: their ids are nowhere else.

    Args:
        argv: The arguments.
        runtime: Streams.
        message: What is wrong with an option, or with something else that can be parsed.
    """

    def is_valid(line: Sequence[str]) -> bool:
        """Return whether a line without tasks can be parsed and shown."""
        if any(runtime.err.redactor.text(word) != word for word in line):
            return False  # the key is in it
        try:
            return _parsed([*line, "ID"], runtime) is not None
        except (_TyperUsageError, KieError):
            return False

    # An error that comes after they were named has a resume command, which names them again.
    if not runtime.created_are_named:  # pragma: no branch
        from kiecli.commands.created_tasks import created_messages_after_error

        for line in created_messages_after_error(argv, runtime, is_valid, message):
            runtime.err.note(line)


def _parsed(argv: Sequence[str], runtime: Runtime) -> Command | None:
    """Return what to run; None when it was help or completion, which Typer prints itself."""
    try:
        command = build(argv)(
            args=list(argv), prog_name="kiecli", standalone_mode=False, obj=runtime
        )
    except OSError as error:  # Typer writes help texts to stdout by itself
        raise write_error(error) from error
    if callable(command):
        return cast(Command, command)
    if command:  # Typer's own exit code, where it does not know the shell
        raise UsageError(
            "there is no completion for this shell", hint="run it in bash, zsh, fish or PowerShell"
        )
    return None


def _report_bug(bug: BaseException, runtime: Runtime) -> int:
    """Print a bug's traceback, without the key."""
    runtime.redact_api_key()  # a traceback quotes lines and messages, not locals
    runtime.err.write("".join(traceback.format_exception(bug)))
    runtime.err.error(f"this is a bug in kiecli {__version__}; please report it")
    return ExitCode.BUG


_EPILOG = """\b
Examples:
  kiecli config set api-key
  kiecli status "$ID"
  url=$(kiecli wait "$ID") || exit
  kiecli download --wait -d out - < created.json

\b
Exit codes:
    0  done
    1  Kie says the task failed: change the input, submit again
    2  wrong usage or bad configuration: fix the line
    4  key or account refused: fix the key or the credits
    5  no such Market task: check the id
    6  Kie could not be reached: run the line that the message gives
    7  a result could not be saved: read the message, it says what can help
    8  not finished, and you did not ask to wait: try later, or wait
   70  a bug in kiecli: report it
  124  time is up, the task is still running: run the line given
  130, 143, 141  Ctrl-C, SIGTERM, the reader of stdout went away
"""

# Click's own default is `--help` alone.
_CONTEXT_SETTINGS = {"help_option_names": ["-h", "--help"]}


def _kiecli(
    ctx: Context,
    version: Annotated[bool, Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Ask about Kie.ai tasks, wait for them and save their results before the links expire."""
    if version:
        ctx.ensure_object(Runtime).out.line(f"kiecli {__version__}")
        raise Exit
    # Not `no_args_is_help`, which exits with 2.
    if ctx.invoked_subcommand is None:
        ctx.ensure_object(Runtime).out.line(ctx.get_help())


_COMMANDS = ("status", "wait", "download", "config")


def build(argv: Sequence[str] = ()) -> Typer:
    """Return the application; calling it returns a `Command`, or an exit code.

    Args:
        argv: The arguments. Where they begin with a command, it is the only one of the application:
            for Typer to read what all of them declare takes longer than to import them.
    """
    app = Typer(
        context_settings=_CONTEXT_SETTINGS,
        rich_markup_mode=None,  # plain help: brackets survive, and rich is not imported
        pretty_exceptions_enable=False,  # a traceback must never show a local: it may be the key
        epilog=_EPILOG,
    )
    app.callback(invoke_without_command=True)(_kiecli)
    is_known = argv == ["--version"] or (argv and argv[0] in _COMMANDS)
    needed = argv[:1] if is_known else _COMMANDS  # all for help, completion and mistakes
    # In the order of the help.
    if "status" in needed:
        from kiecli.cli import status

        app.command("status", epilog=status.EXAMPLES)(status.status)
    if "wait" in needed:
        from kiecli.cli import wait

        app.command("wait", epilog=wait.EXAMPLES)(wait.wait)
    if "download" in needed:
        from kiecli.cli import download

        app.command("download", epilog=download.EXAMPLES)(download.download)
    if "config" in needed:
        from kiecli.cli import config

        app.add_typer(config.build(_CONTEXT_SETTINGS), name="config")
    return app
