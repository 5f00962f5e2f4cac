"""The renderers of a run, chosen by the streams and the flags and nothing else."""

from kiecli.commands.task_ids import TaskSelection
from kiecli.outcome import Outcome
from kiecli.render.formats import (
    LineWriter,
    ResultWriter,
    path_lines,
    record_lines,
    state_words,
    url_lines,
)
from kiecli.render.reporter import LogReporter, PanelReporter, Reporter
from kiecli.runtime import OutputOptions, Runtime


def reporter(
    runtime: Runtime,
    output_options: OutputOptions,
    selection: TaskSelection,
    *,
    watching: bool = False,
    files: bool = False,
) -> Reporter:
    """Return what speaks on stderr.

    Args:
        runtime: Streams, settings, clock and network.
        output_options: The flags `--json`, `--quiet` and `--verbose`.
        selection: The tasks of the run.
        watching: Whether somebody waits, so that changes of state are worth showing.
        files: Whether files are going to be saved.
    """
    annotations = runtime.environ.get("GITHUB_ACTIONS") == "true"
    if output_options.quiet:
        return Reporter(runtime.out, runtime.err, annotations=annotations)
    if runtime.err.is_terminal and (watching or files) and not annotations:
        from kiecli.render.live import LiveReporter

        return LiveReporter(
            runtime.out,
            runtime.err,
            runtime.clock,
            runtime.environ,
            task_ids=selection.task_ids if watching else (),
            name_of=selection.name,
        )
    return LogReporter(
        runtime.out,
        runtime.err,
        runtime.clock,
        annotations=annotations,
        watching=watching,
        name_of=selection.name,
    )


def status_reporter(
    runtime: Runtime, output_options: OutputOptions, selection: TaskSelection
) -> Reporter:
    """Return what speaks on stderr beside the answer of `status`."""
    draws_panel = len(selection.task_ids) == 1 and not (output_options.json or output_options.quiet)
    if draws_panel and runtime.out.same_place(runtime.err):
        return PanelReporter(runtime.out, runtime.err, runtime.clock)
    return reporter(runtime, output_options, selection)


def _json_lines(runtime: Runtime, show: Reporter) -> ResultWriter:
    from kiecli.render import json_lines

    def lines(outcome: Outcome) -> list[str]:
        return [json_lines.line(outcome, runtime.clock.wall())]

    return LineWriter(show.write_stdout, lines)


def status_answer(runtime: Runtime, output_options: OutputOptions, show: Reporter) -> ResultWriter:
    """Return what `status` says on stdout."""
    if output_options.json:
        return _json_lines(runtime, show)
    if output_options.quiet:
        return LineWriter(show.write_stdout, state_words)
    if not runtime.out.is_terminal:
        return LineWriter(show.write_stdout, record_lines)
    from kiecli.render.tables import StatusAnswer, console

    return StatusAnswer(console(runtime.out, runtime.environ), runtime.clock.wall())


def wait_answer(runtime: Runtime, output_options: OutputOptions, show: Reporter) -> ResultWriter:
    """Return what `wait` says on stdout."""
    return (
        _json_lines(runtime, show)
        if output_options.json
        else LineWriter(show.write_stdout, url_lines)
    )


def download_answer(
    runtime: Runtime, output_options: OutputOptions, show: Reporter
) -> ResultWriter:
    """Return what `download` says on stdout."""
    return (
        _json_lines(runtime, show)
        if output_options.json
        else LineWriter(show.write_stdout, path_lines)
    )
