"""Which renderers a run has: decided by the streams and the flags alone."""

from typing import Any

import pytest

from kiecli.commands import output
from kiecli.commands.task_ids import TaskSelection
from kiecli.render.formats import LineWriter
from kiecli.render.live import LiveReporter
from kiecli.render.reporter import LogReporter, PanelReporter, Reporter
from kiecli.render.tables import StatusAnswer
from kiecli.runtime import OutputOptions, Runtime
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
    ("terminal", "output_options", "options", "environ", "kind"),
    [
        (True, {}, {"watching": True}, {}, LiveReporter),
        (True, {}, {"files": True}, {}, LiveReporter),
        (True, {"json": True}, {"watching": True}, {}, LiveReporter),
        (True, {"verbose": True}, {"watching": True}, {}, LiveReporter),
        (True, {}, {"watching": True}, {"NO_COLOR": "1"}, LiveReporter),
        (True, {}, {"watching": True}, {"CI": "true"}, LiveReporter),
        (True, {}, {}, {}, LogReporter),
        (True, {}, {"watching": True}, {"TERM": "dumb"}, LogReporter),
        (True, {}, {"watching": True}, {"GITHUB_ACTIONS": "true"}, LogReporter),
        (False, {}, {"watching": True}, {}, LogReporter),
        (False, {}, {"watching": True}, {"FORCE_COLOR": "1"}, LogReporter),
        (True, {"quiet": True}, {"watching": True}, {}, Reporter),
        (False, {"quiet": True}, {}, {}, Reporter),
    ],
)
def test_what_is_rendered_on_stderr(
    terminal: bool,
    output_options: dict[str, bool],
    options: dict[str, bool],
    environ: dict[str, str],
    kind: type[Reporter],
) -> None:
    runtime = world(environ, err=terminal)
    assert type(output.reporter(runtime, OutputOptions(**output_options), ONE, **options)) is kind


@pytest.mark.parametrize(
    ("out", "err", "output_options", "task_ids", "kind"),
    [
        (True, True, {}, ("a",), PanelReporter),
        (True, True, {}, ("a", "b"), LogReporter),
        (True, True, {"json": True}, ("a",), LogReporter),
        (True, True, {"quiet": True}, ("a",), Reporter),
        (True, False, {}, ("a",), LogReporter),
        (False, True, {}, ("a",), LogReporter),
    ],
)
def test_a_panel_on_the_same_terminal_tells_errors_itself(
    out: bool,
    err: bool,
    output_options: dict[str, bool],
    task_ids: tuple[str, ...],
    kind: type[Reporter],
) -> None:
    runtime = world(out=out, err=err)
    assert (
        type(
            output.status_reporter(
                runtime, OutputOptions(**output_options), TaskSelection(task_ids)
            )
        )
        is kind
    )


@pytest.mark.parametrize(
    ("terminal", "output_options", "kind"),
    [
        (True, {}, StatusAnswer),
        (True, {"quiet": True}, LineWriter),
        (True, {"json": True}, LineWriter),
        (False, {}, LineWriter),
    ],
)
def test_what_is_rendered_for_status(
    terminal: bool, output_options: dict[str, bool], kind: type[Any]
) -> None:
    runtime = world(out=terminal)
    shown = output.reporter(runtime, OutputOptions(**output_options), ONE)
    assert type(output.status_answer(runtime, OutputOptions(**output_options), shown)) is kind
