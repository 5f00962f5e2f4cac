"""`kiecli status`."""

from typing import Annotated

from typer import Context, Option

from kiecli.cli.options import Command, Ids, Json, Verbose
from kiecli.errors import ExitCode
from kiecli.runtime import OutputOptions, Runtime

EXAMPLES = """\b
Examples:
  kiecli status ecf8cf8611cc40ff28e6f1ff8ebc4a12
  kiecli status - < ids.txt
  case $(kiecli status -q "$ID") in success) ...;; fail) ...;; esac
"""


def status(
    ctx: Context,
    ids: Ids,
    exit_status: Annotated[
        bool, Option("--exit-status", help="Exit 1 if a task failed, 8 if one is not finished.")
    ] = False,
    json: Json = False,
    quiet: Annotated[
        bool, Option("--quiet", "-q", help="Print only the state, one word a line.")
    ] = False,
    verbose: Verbose = False,
) -> Command:
    """Show the state and results of tasks.

    On a terminal one task gets a panel and several a table. In a pipe each task is one line of
    tab-separated fields: task_id, state, model, created_at, duration_s, result_count, expires_at,
    label.
    """

    def command() -> ExitCode:
        # Here and not above: help and completion need none of what this imports.
        from kiecli.commands.status import status as run

        output_options = OutputOptions(json=json, quiet=quiet, verbose=verbose)
        return run(ctx.ensure_object(Runtime), output_options, ids, exit_status=exit_status)

    return command
