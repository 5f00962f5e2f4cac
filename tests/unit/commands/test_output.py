"""Which renderers a run has: decided by the streams and the flags alone."""

from typing import Any

import pytest

from kiecli.commands import output
from kiecli.errors import KieError
from kiecli.render.formats import LineWriter
from kiecli.render.live import LiveReporter
from kiecli.render.reporter import LogReporter, Reporter
from kiecli.render.spinner import SpinnerReporter
from kiecli.render.tables import StatusWriter
from kiecli.runtime import OutputOptions, Runtime
from kiecli.task_ids.task_selection import TaskSelection
from tests.support.fakes import FakeClock
from tests.support.program import FakeStream

ONE = TaskSelection(("a",))


def world(
    environ: dict[str, str] | None = None, *, out: bool = False, err: bool = False
) -> Runtime:
    """Return a runtime whose stdout and stderr are terminals or not."""
    return Runtime(
        environ=environ or {},
        stdin=None,
        stdout=FakeStream(terminal=out),
        stderr=FakeStream(terminal=err),
        clock=FakeClock(),
    )


@pytest.mark.parametrize(
    ("terminal", "options", "environ", "kind", "query_kind"),
    [
        (True, {}, {}, LiveReporter, SpinnerReporter),
        (True, {"json": True, "verbose": True}, {"NO_COLOR": "1"}, LiveReporter, SpinnerReporter),
        (True, {}, {"CI": "false"}, LiveReporter, SpinnerReporter),
        (True, {}, {"CI": "true"}, LogReporter, LogReporter),
        (True, {}, {"TERM": "dumb"}, LogReporter, LogReporter),
        (True, {}, {"GITHUB_ACTIONS": "true"}, LogReporter, LogReporter),
        (False, {}, {"FORCE_COLOR": "1"}, LogReporter, LogReporter),
        (True, {"quiet": True}, {}, Reporter, Reporter),
        (False, {"quiet": True}, {}, Reporter, Reporter),
    ],
)
def test_what_is_rendered_on_stderr(
    terminal: bool,
    options: dict[str, bool],
    environ: dict[str, str],
    kind: type[Reporter],
    query_kind: type[Reporter],
) -> None:
    runtime, output_options = world(environ, err=terminal), OutputOptions(**options)
    assert (
        type(output.reporter(runtime, output_options, ONE, watching=True)),
        type(output.query_reporter(runtime, output_options)),
    ) == (kind, query_kind)


@pytest.mark.parametrize(
    ("out", "err", "options", "task_ids", "environ", "repeats"),
    [
        (True, True, {}, ("a",), {}, False),
        (True, True, {}, ("a",), {"CI": "true"}, False),
        (True, True, {}, ("a",), {"GITHUB_ACTIONS": "true"}, True),
        (True, True, {}, ("a", "b"), {}, True),
        (True, True, {"json": True}, ("a",), {}, True),
        (True, True, {"quiet": True}, ("a",), {}, True),
        (True, False, {}, ("a",), {}, True),
        (False, True, {}, ("a",), {}, True),
    ],
)
def test_an_error_that_a_panel_on_the_same_terminal_shows_is_not_repeated(
    out: bool,
    err: bool,
    options: dict[str, bool],
    task_ids: tuple[str, ...],
    environ: dict[str, str],
    repeats: bool,
) -> None:
    runtime, output_options = world(environ, out=out, err=err), OutputOptions(**options)
    panel = output.draws_panel(runtime, output_options, TaskSelection(task_ids))
    output.query_reporter(runtime, output_options, errors_in_panel=panel).error(KieError("broken"))
    stream = runtime.err.stream
    assert isinstance(stream, FakeStream)
    assert ("broken" in stream.text) is repeats


@pytest.mark.parametrize(
    ("terminal", "output_options", "kind"),
    [
        (True, {}, StatusWriter),
        (True, {"quiet": True}, LineWriter),
        (True, {"json": True}, LineWriter),
        (False, {}, LineWriter),
    ],
)
def test_what_is_rendered_for_status(
    terminal: bool, output_options: dict[str, bool], kind: type[Any]
) -> None:
    runtime = world(out=terminal)
    writer = output.status_writer(runtime, OutputOptions(**output_options), runtime.out.write)
    assert type(writer) is kind
