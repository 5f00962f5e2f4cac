"""States for people: a panel for one task, a table or paragraphs for several."""

import pytest

from kiecli.api.models import Task
from kiecli.errors import KieUnavailable, SaveError
from kiecli.outcome import Outcome
from kiecli.render.tables import StatusAnswer, console, expiry
from kiecli.streams import Output
from tests.support.terminal import FakeTerminal

NOW = 1_790_000_100.0
BARE = Outcome("a", Task.parse("a", {"state": "success"}))


def drawn(
    *outcomes: Outcome, columns: int = 60, environ: dict[str, str] | None = None
) -> FakeTerminal:
    """Return the terminal that the outcomes were drawn on."""
    terminal = FakeTerminal(columns)
    world = {"TERM": "xterm", "COLUMNS": str(columns), **(environ or {})}
    canvas = console(Output(terminal), world)
    answer = StatusAnswer(canvas, NOW)
    for outcome in outcomes:
        answer.add(outcome)
    answer.close()
    return terminal


def test_what_is_not_known_has_no_row() -> None:
    assert (
        drawn(BARE, columns=30).screen
        == """\
╭─ a ────────────────────────╮
│ state  success             │
╰────────────────────────────╯"""
    )


def test_an_error_without_advice_has_no_hint() -> None:
    assert (
        drawn(Outcome("a", None, SaveError("it broke")), columns=30).screen
        == """\
╭─ a ────────────────────────╮
│ state  unknown             │
│ error  it broke            │
╰────────────────────────────╯"""
    )


def test_an_outage_has_the_line_to_run() -> None:
    outage = KieUnavailable("Kie answered with an error page (HTTP 502)")
    assert (
        drawn(Outcome("a", None, outage, resume_argv=("status",))).screen
        == """\
╭─ a ──────────────────────────────────────────────────────╮
│ state  unknown                                           │
│ error  Kie answered with an error page (HTTP 502)        │
│ hint   to try again: kiecli status a                     │
╰──────────────────────────────────────────────────────────╯"""
    )


def test_a_running_task_has_an_age() -> None:
    task = Task.parse("a", {"state": "queuing", "createTime": 1_790_000_000_000})
    rows = [line.strip("│ ") for line in drawn(Outcome("a", task)).screen.splitlines()]
    assert rows[1] == "state    queuing"
    assert rows[2].endswith("(1m ago)")
    assert rows[3] == "age      1m"


def test_a_table_has_empty_cells_for_what_is_not_known() -> None:
    outcomes = (BARE, Outcome("bc", None, SaveError("m")))
    assert (
        drawn(*outcomes).screen
        == """\
TASK  STATE    MODEL  TIME  RESULTS  EXPIRES
a     success                     0
bc    unknown"""
    )


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawn().text == ""


@pytest.mark.parametrize(
    ("environ", "style"),
    [
        ({}, "\x1b[1;32msuccess"),
        ({"NO_COLOR": "1"}, "\x1b[1msuccess"),
        ({"NO_COLOR": ""}, "\x1b[1;32msuccess"),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, "\x1b[1;32msuccess"),
    ],
)
def test_colour_is_for_the_environment_to_decide(environ: dict[str, str], style: str) -> None:
    assert style in drawn(BARE, environ=environ).text


@pytest.mark.parametrize(
    ("completed", "shown"),
    [
        (None, None),
        (NOW - 3600, "in about 23h"),
        (NOW - 24 * 3600, "probably 0s ago"),
        (NOW - 30 * 3600, "probably 6h ago"),
    ],
)
def test_when_links_expire(completed: float | None, shown: str | None) -> None:
    iso_timestamp = None if completed is None else completed * 1000
    assert (
        expiry(Task.parse("a", {"state": "success", "completeTime": iso_timestamp}), NOW) == shown
    )


def test_a_label_stands_for_the_id_which_a_panel_has_too() -> None:
    assert (
        drawn(BARE._replace(label="my hero"), columns=30).screen
        == """\
╭─ my hero ──────────────────╮
│ state  success             │
│ task   a                   │
╰────────────────────────────╯"""
    )


@pytest.mark.parametrize("columns", [60, 20])
def test_labels_stand_for_ids_where_there_are_several(columns: int) -> None:
    screen = drawn(BARE._replace(label="my hero"), BARE, columns=columns).screen
    assert [line.split()[:2] for line in screen.splitlines() if line[0] != " "][-2:] == (
        [["my", "hero"], ["a", "success"]] if columns == 60 else [["my", "hero"], ["a"]]
    )


def test_the_line_that_shows_a_text_has_the_label() -> None:
    task = Task.parse("a", {"state": "success", "resultJson": '{"resultObject": {"x": 1}}'})
    screen = drawn(Outcome("a", task, label="my hero")).screen
    assert "kiecli download -o - 'my hero=a'" in screen
