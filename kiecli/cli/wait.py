"""`kiecli wait`."""

from typer import Context

from kiecli.cli.options import (
    AnyTask,
    Command,
    FailFast,
    Ids,
    Interval,
    Json,
    Quiet,
    Timeout,
    Verbose,
    stop_conflict,
)
from kiecli.errors import ExitCode
from kiecli.runtime import OutputOptions, Runtime

EXAMPLES = """\b
Examples:
  kiecli wait ecf8cf8611cc40ff28e6f1ff8ebc4a12
  url=$(kiecli wait -t 30m "$ID") || exit
  kiecli wait - < ids.txt
  kiecli wait --any "$ID1" "$ID2" "$ID3"
"""


def wait(
    ctx: Context,
    ids: Ids,
    timeout: Timeout = None,
    interval: Interval = None,
    any_task: AnyTask = False,
    fail_fast: FailFast = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> Command:
    """Wait for tasks, then print result URLs.

    URLs are printed as each task succeeds; a finished task returns at once. When the time
    is up the exit code is 124, the task is still running, and stderr has the line to keep waiting.
    """
    if any_task and fail_fast:
        raise stop_conflict()
    stop = "--any" if any_task else "--fail-fast" if fail_fast else ""

    def command() -> ExitCode:
        # Here and not above: help and completion need none of what this imports.
        from kiecli.commands.wait import wait as run

        runtime = ctx.ensure_object(Runtime)
        output_options = OutputOptions(json=json, quiet=quiet, verbose=verbose)
        seconds = runtime.config.timeout(timeout)
        return run(runtime, output_options, ids, timeout=seconds, interval=interval, stop=stop)

    return command
