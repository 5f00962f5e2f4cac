"""Which renderers a run has: decided by the streams and the flags alone."""

from typing import Any

import pytest

from kiecli.commands import output
from kiecli.render.formats import Lines
from kiecli.render.live import LiveScreen
from kiecli.render.reporter import LogScreen, PanelScreen, Screen
from kiecli.render.tables import StatusAnswer
from kiecli.runtime import Runtime, Voice
from tests.support.fakes import FakeClock
from tests.support.program import FakeStream


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
    ("terminal", "voice", "options", "environ", "kind"),
    [
        (True, {}, {"follows": True}, {}, LiveScreen),
        (True, {}, {"files": True}, {}, LiveScreen),
        (True, {"json": True}, {"follows": True}, {}, LiveScreen),
        (True, {"verbose": True}, {"follows": True}, {}, LiveScreen),
        (True, {}, {"follows": True}, {"NO_COLOR": "1"}, LiveScreen),
        (True, {}, {"follows": True}, {"CI": "true"}, LiveScreen),
        (True, {}, {}, {}, LogScreen),
        (True, {}, {"follows": True}, {"TERM": "dumb"}, LogScreen),
        (True, {}, {"follows": True}, {"GITHUB_ACTIONS": "true"}, LogScreen),
        (False, {}, {"follows": True}, {}, LogScreen),
        (False, {}, {"follows": True}, {"FORCE_COLOR": "1"}, LogScreen),
        (True, {"quiet": True}, {"follows": True}, {}, Screen),
        (False, {"quiet": True}, {}, {}, Screen),
    ],
)
def test_what_is_rendered_on_stderr(
    terminal: bool,
    voice: dict[str, bool],
    options: dict[str, bool],
    environ: dict[str, str],
    kind: type[Screen],
) -> None:
    runtime = world(environ, err=terminal)
    assert type(output.screen(runtime, Voice(**voice), ("a",), **options)) is kind


@pytest.mark.parametrize(
    ("out", "err", "voice", "task_ids", "kind"),
    [
        (True, True, {}, ("a",), PanelScreen),
        (True, True, {}, ("a", "b"), LogScreen),
        (True, True, {"json": True}, ("a",), LogScreen),
        (True, True, {"quiet": True}, ("a",), Screen),
        (True, False, {}, ("a",), LogScreen),
        (False, True, {}, ("a",), LogScreen),
    ],
)
def test_a_panel_on_the_same_terminal_tells_errors_itself(
    out: bool, err: bool, voice: dict[str, bool], task_ids: tuple[str, ...], kind: type[Screen]
) -> None:
    runtime = world(out=out, err=err)
    assert type(output.status_screen(runtime, Voice(**voice), task_ids)) is kind


@pytest.mark.parametrize(
    ("terminal", "voice", "kind"),
    [
        (True, {}, StatusAnswer),
        (True, {"quiet": True}, Lines),
        (True, {"json": True}, Lines),
        (False, {}, Lines),
    ],
)
def test_what_is_rendered_for_status(
    terminal: bool, voice: dict[str, bool], kind: type[Any]
) -> None:
    runtime = world(out=terminal)
    shown = output.screen(runtime, Voice(**voice), ("a",))
    assert type(output.status_answer(runtime, Voice(**voice), shown)) is kind
