"""The application: all commands and their help."""

from collections.abc import Sequence
from typing import Annotated

from typer import Context, Exit, Option, Typer

from kiecli import __version__
from kiecli.runtime import Runtime

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
_SETTINGS = {"help_option_names": ["-h", "--help"]}


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
        context_settings=_SETTINGS,
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

        app.add_typer(config.build(_SETTINGS), name="config")
    return app
