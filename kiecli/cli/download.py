"""`kiecli download`."""

from typing import Annotated

from typer import BadParameter, Context, Option

from kiecli.cli import completion
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
from kiecli.errors import ExitCode, UsageError
from kiecli.runtime import OutputOptions, Runtime

# Four keep a home connection busy; more than 64 connections to one host look like an attack.
_JOBS = 4
_MAX_JOBS = 64

EXAMPLES = """\b
Examples:
  kiecli download ecf8cf8611cc40ff28e6f1ff8ebc4a12
  kiecli download --wait -d out - < created.json
  kiecli download --wait hero=$ID1 footer=$ID2
  kiecli download -o '{date}/{model}-{label}-{n}.{ext}' - < ids.txt
  kiecli download -o - "$ID" | ffplay -
"""


def _jobs(text: str) -> int:
    # Not a range of Typer's, whose message does not name the option's limits.
    if text not in map(str, range(1, _MAX_JOBS + 1)):
        raise BadParameter(f"{text!r} is not a number from 1 to {_MAX_JOBS}")
    return int(text)


def download(
    ctx: Context,
    ids: Ids,
    directory: Annotated[
        str | None,
        Option(
            "--dir",
            "-d",
            metavar="DIR",
            help="Save into this folder.  [default: .]",
            autocompletion=completion.folders,
        ),
    ] = None,
    output: Annotated[
        str | None,
        Option(
            "--output",
            "-o",
            metavar="TEMPLATE|-",
            help="File name template; words: {label} {task_id} {n} {name} {ext} {model} {date} "
            "{prompt}. '-' writes the one result to stdout.  [default: {label}-{n}.{ext}]",
            autocompletion=completion.templates,
        ),
    ] = None,
    wait: Annotated[
        bool, Option("--wait", "-w", help="Wait for tasks that are not finished.")
    ] = False,
    timeout: Timeout = None,
    interval: Interval = None,
    any_task: AnyTask = False,
    fail_fast: FailFast = False,
    jobs: Annotated[
        int | None,
        Option(
            "--jobs",
            "-j",
            metavar="N",
            parser=_jobs,
            autocompletion=completion.jobs,
            help=f"Parallel downloads, at most {_MAX_JOBS}.  [default: {_JOBS}]",
        ),
    ] = None,
    overwrite: Annotated[
        bool, Option("--overwrite", help="Download again and replace existing files.")
    ] = False,
    dry_run: Annotated[bool, Option("--dry-run", "-n", help="Show what would be saved.")] = False,
    archive: Annotated[
        str | None,
        Option(
            "--archive", metavar="FILE", help="Skip tasks that FILE lists; add those that are done."
        ),
    ] = None,
    write_metadata: Annotated[
        bool,
        Option("--write-metadata", help="Write PATH.json for each file: prompt, credits etc."),
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> Command:
    """Save task results before their links expire.

    The paths are printed as tasks finish. A file under its final name is complete. Running the
    same line again keeps what is there, resumes what is not, and costs next to nothing.
    """
    if any_task and fail_fast:
        raise stop_conflict()
    stop = "--any" if any_task else "--fail-fast" if fail_fast else ""
    needs_wait = {"--timeout": timeout, "--interval": interval, stop: stop}
    for option in (option for option, is_given in needs_wait.items() if is_given and not wait):
        raise UsageError(f"{option} needs --wait", hint=f"add --wait, or leave out {option}")
    if output == "-":
        files = {"--dir": directory, "--archive": archive, "--write-metadata": write_metadata}
        _refuse_with_stdout({"--json": json, "--dry-run": dry_run, **files})
    if archive == "-":  # not a file of that name: a list on stdin is meant
        raise UsageError("--archive needs a file", hint="task ids on stdin are read by: -")

    def command() -> ExitCode:
        from kiecli.commands.download import download as run
        from kiecli.commands.download_options import DownloadFlags

        runtime = ctx.ensure_object(Runtime)
        runtime.reject_api_key({"--dir": directory, "--output": output})
        output_options = OutputOptions(json=json, quiet=quiet, verbose=verbose)
        flags = DownloadFlags(
            directory=directory,
            template=None if output == "-" else output,
            to_stdout=output == "-",
            wait=wait,
            timeout=runtime.config.timeout(timeout) if wait else 0.0,
            interval=interval,
            jobs=jobs or _JOBS,
            overwrite=overwrite,
            dry_run=dry_run,
            archive=archive,
            write_metadata=write_metadata,
            stop=stop,
        )
        return run(runtime, output_options, ids, flags)

    return command


def _refuse_with_stdout(given: dict[str, bool | str | None]) -> None:
    for option, value in given.items():
        if value not in (False, None):  # an empty name was given, too
            raise UsageError(f"-o - cannot go with {option}", hint=f"leave out {option}")
