"""Chooses what prints to stdout and stderr, by the flags and by which stream is a terminal."""

from typing import TYPE_CHECKING

from kiecli.outcome import Outcome
from kiecli.render.formats import (
    LineWriter,
    ResultWriter,
    SafeTextWriter,
    Write,
    path_lines,
    record_lines,
    state_words,
    url_lines,
)
from kiecli.render.reporter import LogReporter, Reporter
from kiecli.runtime import OutputOptions, Runtime
from kiecli.task_ids.task_selection import TaskSelection

if TYPE_CHECKING:
    from kiecli.download.stream import Sink


def reporter(
    runtime: Runtime,
    output_options: OutputOptions,
    selection: TaskSelection,
    *,
    watching: bool = False,
    timeout: float | None = None,
) -> Reporter:
    """Return the reporter for stderr of `wait` and `download`.

    Args:
        runtime: Streams, settings, clock and network.
        output_options: The flags `--json`, `--quiet` and `--verbose`.
        selection: The tasks of the run.
        watching: Whether it waits for them, so that changes of state are worth showing.
        timeout: Seconds that it waits at most, or None.
    """
    out, err, clock, environ = runtime.out, runtime.err, runtime.clock, runtime.environ
    if output_options.quiet:
        return Reporter(out, err)
    # rich is imported only where something moves: it takes 24 ms.
    if _is_animated(runtime):
        from kiecli.render.live import LiveReporter

        live = LiveReporter(
            out,
            err,
            clock,
            environ,
            task_ids=selection.task_ids,
            name_of=selection.name,
            watching=watching,
            timeout=timeout,
            uninterrupted=runtime.uninterrupted,
        )
        runtime.before_suspension = live.close
        return live
    return LogReporter(
        out,
        err,
        clock,
        watching=watching,
        several=len(selection.task_ids) > 1,
        name_of=selection.name,
    )


def query_reporter(
    runtime: Runtime, output_options: OutputOptions, *, errors_in_panel: bool = False
) -> Reporter:
    """Return the reporter for stderr of `status` and `config check`.

    Args:
        runtime: Streams, settings, clock and network.
        output_options: The flags `--json`, `--quiet` and `--verbose`.
        errors_in_panel: Whether a panel on stdout shows the error.
    """
    out, err, clock = runtime.out, runtime.err, runtime.clock
    if output_options.quiet:
        return Reporter(out, err)
    # Where stdout is another terminal, or stderr a log, stderr is read without the panel.
    errors_in_panel = errors_in_panel and out.same_place(err) and not err.takes_annotations
    if _is_animated(runtime):
        from kiecli.render.spinner import SpinnerReporter

        spinner = SpinnerReporter(out, err, clock, errors_in_panel=errors_in_panel)
        runtime.before_suspension = spinner.close
        return spinner
    return LogReporter(out, err, clock, errors_in_panel=errors_in_panel)


def _is_animated(runtime: Runtime) -> bool:
    err = runtime.err
    if not err.is_terminal:
        return False
    from kiecli.terminal import wants_animation

    return wants_animation(runtime.environ) and not err.takes_annotations


def draws_panel(runtime: Runtime, output_options: OutputOptions, selection: TaskSelection) -> bool:
    """Return whether `status` draws a panel: for one task, on a terminal."""
    as_text = not (output_options.json or output_options.quiet)
    return as_text and len(selection.task_ids) == 1 and runtime.out.is_terminal


def _json_lines(runtime: Runtime, write: Write, *, with_files: bool = False) -> ResultWriter:
    from kiecli.render import json_lines

    def lines(outcome: Outcome) -> list[str]:
        if with_files:  # in all objects, also of tasks that never came to have any
            outcome = outcome._replace(files=outcome.files or ())
        return [json_lines.line(outcome, runtime.clock.wall())]

    return LineWriter(write, lines)


def status_writer(runtime: Runtime, output_options: OutputOptions, write: Write) -> ResultWriter:
    """Return the writer for stdout of `status`."""
    if output_options.json:
        return _json_lines(runtime, write)
    if output_options.quiet:
        return LineWriter(write, state_words)
    if not runtime.out.is_terminal:
        return LineWriter(write, record_lines)
    from kiecli.render.console import console
    from kiecli.render.tables import StatusWriter

    return StatusWriter(console(runtime.out, runtime.environ), runtime.clock.wall())


def wait_writer(runtime: Runtime, output_options: OutputOptions, write: Write) -> ResultWriter:
    """Return the writer for stdout of `wait`."""
    return _json_lines(runtime, write) if output_options.json else LineWriter(write, url_lines)


def download_writer(
    runtime: Runtime, output_options: OutputOptions, write: Write, *, to_stdout: bool
) -> ResultWriter:
    """Return the writer for stdout of `download`.

    Args:
        runtime: Streams, settings, clock and network.
        output_options: The flags `--json`, `--quiet` and `--verbose`.
        write: Writes lines to stdout, beside whatever is drawn on stderr.
        to_stdout: Whether stdout gets the one result itself (`-o -`), and nothing else.
    """
    # A path or an object among the bytes of a result would damage them.
    if to_stdout:
        return LineWriter(write, lambda _outcome: [])
    if output_options.json:
        return _json_lines(runtime, write, with_files=True)
    return LineWriter(write, path_lines)


def stdout_sink(runtime: Runtime) -> "Sink":
    """Return the stream for the bytes of the one result (`-o -`)."""
    out = runtime.out
    return SafeTextWriter(out.write) if out.is_terminal else out.binary()
