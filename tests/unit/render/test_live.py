"""The block on a terminal that is drawn over and over."""

import re
from contextlib import closing

import pytest

from kiecli.api.models import Task
from kiecli.download.plan import SavedFile, Target
from kiecli.download.progress import TransferAdvanced, TransferRetrying, TransferStarted
from kiecli.errors import KieError, KieUnavailable, SaveError, TaskFailed, TaskNotFound
from kiecli.outcome import Outcome
from kiecli.polling.snapshot import Retry, Snapshot
from kiecli.render.live import LiveReporter
from kiecli.streams import ErrorOutput, Output
from tests.support.downloads import target as target_at
from tests.support.fakes import FakeClock
from tests.support.program import FakeStream
from tests.support.terminal import FakeTerminal

MB = 1_000_000
AWAY = KieUnavailable("Kie answered with an error page (HTTP 502)")


def target(n: int, path: str | None = None) -> Target:
    return target_at(path or f"a-{n}.png", n, f"https://f.test/{n}.png")


def saved(n: int, error: KieError | None = None) -> SavedFile:
    status = "saved" if error is None else "failed"
    return SavedFile(n, None, f"a-{n}.png", 10 * MB, None, None, status, 0, error)


def seen(
    task_id: str, state: str | None, elapsed: float = 0.0, *, retry: Retry | None = None
) -> Snapshot:
    answer = None if state is None else Task.parse(task_id, {"state": state})
    settled = answer is not None and answer.finished
    return Snapshot(task_id, answer, elapsed, settled, None, retry)


class SharedTerminal(ErrorOutput):
    """A terminal that a shell may use at this moment."""

    shell = False

    def is_in_foreground(self) -> bool:
        return not self.shell


class Stage:
    """A live block on a terminal, its results elsewhere unless they share it."""

    def __init__(
        self,
        *task_ids: str,
        columns: int = 80,
        rows: int = 24,
        shared: bool = False,
        encoding: str = "utf-8",
        watching: bool = True,
        timeout: float | None = 900.0,
    ) -> None:
        self.clock = FakeClock()
        self.terminal = FakeTerminal(columns, encoding=encoding)
        self.out = FakeStream()
        self.err = SharedTerminal(self.terminal)
        environ = {"TERM": "xterm", "COLUMNS": str(columns), "LINES": str(rows)}
        self.live = LiveReporter(
            Output(self.terminal if shared else self.out),
            self.err,
            self.clock,
            environ,
            task_ids=task_ids,
            watching=watching,
            timeout=timeout,
        )

    def pass_time(self, seconds: float) -> list[str]:
        """Let time pass, draw, and return what is to be seen."""
        self.clock.advance(seconds)
        self.live.tick()
        return self.shown

    @property
    def shown(self) -> list[str]:
        """The rows on the terminal, with one spinner for all its frames."""
        return [re.sub(r"^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", "⠋", row) for row in self.terminal.screen.splitlines()]


def test_tasks_have_rows_from_the_start_and_a_last_row_counts_them() -> None:
    stage = Stage("a", "bcd", "e")
    assert stage.pass_time(0) == [
        "⠋ a    asking Kie  0s",
        "⠋ bcd  asking Kie  0s",
        "⠋ e    asking Kie  0s",
        "  3 tasks: 3 to go · 0s of 15m",
    ]
    stage.live.snapshot(seen("a", "Generating", 2.0))
    stage.live.snapshot(seen("e", "success"))
    stage.live.task_finished(Outcome("e", Task.parse("e", {"state": "success"})))
    assert stage.pass_time(61) == [
        "⠋ a    generating  1m3s",
        "⠋ bcd  asking Kie  1m1s",
        "  3 tasks: 1 done, 2 to go · 1m1s of 15m",
    ]
    stage.live.snapshot(seen("a", "fail"))
    stage.live.task_finished(Outcome("a", None, TaskFailed("m")))
    assert stage.pass_time(1)[-1] == "  3 tasks: 1 done, 1 failed, 1 to go · 1m2s of 15m"


@pytest.mark.parametrize(
    ("state", "reason", "lasts", "above", "row"),
    [
        (
            None,
            TaskNotFound("m"),
            0.0,
            [
                (
                    "a: Kie does not know this id yet; asking again for up to 1m"
                    " (new tasks can take a moment)"
                )
            ],
            "not visible yet",
        ),
        (None, AWAY, 0.5, [], "no answer yet"),
        ("waiting", AWAY, 3.0, [f"{AWAY.message}; retrying for up to 1m"], "waiting"),
    ],
)
def test_trouble_has_a_state_and_a_line_above_when_it_lasts(
    state: str | None, reason: KieError, lasts: float, above: list[str], row: str
) -> None:
    stage = Stage("a", columns=120)
    stage.live.snapshot(seen("a", state, 3.0, retry=Retry(reason, lasts, 60.0)))
    assert stage.shown == [*above, f"⠋ a  {row}  3s", "  1 task: 1 to go · 0s of 15m"]


def test_states_have_the_colours_of_status() -> None:
    stage = Stage("a", "b", "c")
    stage.live.snapshot(seen("a", "generating"))
    stage.live.snapshot(seen("b", None, retry=Retry(AWAY, 0.5, 60.0)))
    codes = re.findall(
        r"\x1b\[([0-9;]+)m(generating|no answer yet|asking Kie)", stage.terminal.text
    )
    assert {state: code for code, state in codes} == {
        "generating": "1;33",
        "no answer yet": "1;31",
        "asking Kie": "90",
    }


def test_nothing_is_drawn_for_nothing() -> None:
    stage = Stage()
    stage.live.snapshot(seen("a", "success"))
    stage.pass_time(60)
    stage.live.close()
    assert stage.terminal.text == ""


def test_it_is_drawn_ten_times_a_second_at_most() -> None:
    stage = Stage("a")
    stage.pass_time(0)
    before = len(stage.terminal.text)
    stage.pass_time(0.05)
    assert len(stage.terminal.text) == before
    stage.pass_time(0.05)
    assert len(stage.terminal.text) > before


def test_a_download_that_only_asks_shows_after_two_seconds_that_it_goes_on() -> None:
    stage = Stage("a", "b", watching=False, timeout=None)
    assert stage.pass_time(1.9) == []
    assert stage.pass_time(0.1) == ["⠋ 2 tasks: 2 to go · 2s"]


def test_the_end_leaves_lines_and_a_cursor() -> None:
    stage = Stage("a")
    with closing(stage.live) as live:
        live.tick()
        assert not stage.terminal.shows_cursor
        live.note("a [bold]note[/bold]")
        live.error(KieError("it broke"))
        assert stage.shown[:3] == [
            "a [bold]note[/bold]",
            "error: it broke",
            "⠋ a  asking Kie  0s",
        ]
    assert stage.shown == ["a [bold]note[/bold]", "error: it broke"]
    assert "\x1b[1;31merror:\x1b[0m it broke" in stage.terminal.text
    assert stage.terminal.shows_cursor


def test_in_the_background_lines_are_printed_and_nothing_is_drawn() -> None:
    stage = Stage("a")
    stage.err.shell = True
    assert stage.pass_time(1.0) == []
    stage.live.note("a note")
    assert stage.pass_time(1.0) == ["a note"]
    stage.err.shell = False
    assert stage.pass_time(1.0)[:2] == ["a note", "⠋ a  asking Kie  3s"]


def test_a_block_that_begins_again_takes_no_line_of_others_away() -> None:
    stage = Stage("a")
    stage.live.tick()
    stage.live.close()
    assert (stage.shown, stage.terminal.shows_cursor) == ([], True)
    stage.terminal.write("$ fg\n")
    assert stage.pass_time(1.0)[:2] == ["$ fg", "⠋ a  asking Kie  1s"]


def test_results_go_to_another_place_past_the_block() -> None:
    stage = Stage("a")
    stage.live.tick()
    stage.live.write_stdout("https://f.test/a.png\n")
    assert (stage.out.text, len(stage.shown)) == ("https://f.test/a.png\n", 2)


def test_results_stand_above_the_block_on_one_terminal() -> None:
    stage = Stage("a", columns=20, shared=True)
    url = f"https://f.test/{'x' * 30}.png"
    stage.live.write_stdout("first\n")
    stage.live.tick()
    stage.live.write_stdout(f"{url}\n{url}\n")
    assert (stage.shown[0], stage.shown[-2:]) == (
        "first",
        ["⠋ a  asking Kie  0s", "  1 to go · 0s"],
    )
    assert "".join(stage.shown[1:-2]) == url + url


def test_a_file_has_a_bar_while_it_comes() -> None:
    stage = Stage("a", watching=False, timeout=None)
    stage.live.transfer(TransferStarted(target(1), 0, 10 * MB))
    assert stage.pass_time(1) == [f"a-1.png {'━' * 20} 0 B/10.0 MB", "⠋ 1 task: 1 to go · 1s"]
    stage.live.transfer(TransferAdvanced(target(1), 5 * MB, 10 * MB))
    assert stage.pass_time(1)[0] == f"a-1.png {'━' * 10}╺{'━' * 9} 5.0 MB/10.0 MB 5.0 MB/s 1s"
    stage.live.transfer(TransferRetrying(target(1), "the connection was reset"))
    stage.live.transfer(TransferRetrying(target(1), "the connection was reset"))
    stage.live.file_finished(target(1), saved(1))
    assert stage.pass_time(1)[:-1] == [
        "a-1.png: the connection was reset",
        "saved a-1.png (10.0 MB)",
    ]


def test_a_bar_has_the_colours_that_the_terminal_chose_itself() -> None:
    stage = Stage()
    stage.live.transfer(TransferStarted(target(1), 5 * MB, 10 * MB))
    stage.live.tick()
    assert set(re.findall(r"\x1b\[([0-9;]+)m", stage.terminal.text)) == {"32", "90", "0"}


def test_a_file_without_a_length_has_a_bar_that_only_moves() -> None:
    stage = Stage()
    stage.live.transfer(TransferStarted(target(1), 0, None))
    assert stage.pass_time(0)[0] == f"a-1.png {'━' * 20} 0 B"


def test_news_of_a_file_that_never_started_change_nothing() -> None:
    stage = Stage()
    stage.live.transfer(TransferAdvanced(target(1), 5, 10))
    stage.live.transfer(TransferRetrying(target(1), "another kiecli is saving this file"))
    assert stage.pass_time(1) == ["a-1.png: another kiecli is saving this file"]


@pytest.mark.parametrize(
    ("shared", "error", "shown"),
    [
        (
            False,
            SaveError("could not save a-1.png: gone"),
            "error: a: could not save a-1.png: gone",
        ),
        (False, None, "saved a-1.png (10.0 MB)"),
        (True, None, ""),  # its path is printed
    ],
)
def test_a_file_that_has_ended_loses_its_bar_and_gets_a_line(
    shared: bool, error: KieError | None, shown: str
) -> None:
    stage = Stage(shared=shared)
    stage.live.transfer(TransferStarted(target(1), 0, 10))
    stage.live.tick()
    stage.live.file_finished(target(1), saved(1, error))
    stage.live.close()
    assert stage.terminal.screen == shown


def test_the_block_is_a_third_of_the_screen_and_shows_what_has_just_changed() -> None:
    stage = Stage(*[f"t{n}" for n in range(9)], rows=15)
    stage.pass_time(1)
    stage.live.snapshot(seen("t7", "generating", 1.0))
    stage.pass_time(1)
    stage.live.snapshot(seen("t3", "waiting", 2.0))
    assert stage.pass_time(1) == [
        "⠋ t3  waiting     3s",
        "⠋ t7  generating  3s",
        "⠋ t0  asking Kie  3s",
        "⠋ 6 more: 6 asking Kie",
        "  9 tasks: 9 to go · 3s of 15m",
    ]
    for n in range(6):
        stage.live.transfer(TransferStarted(target(n), 0, 10))
    bar = "━" * 20
    assert stage.pass_time(1) == [
        f"a-0.png {bar} 0 B/10 B",
        f"a-1.png {bar} 0 B/10 B",
        "4 more files",
        "⠋ 9 waited for: 1 waiting, 1 generating, 7 asking Kie",
        "  9 tasks: 9 to go · 4s of 15m",
    ]


@pytest.mark.parametrize("columns", [20, 39, 40, 80])
def test_nothing_is_wider_than_the_terminal(columns: int) -> None:
    stage = Stage("ecf8cf8611cc40ff28e6f1ff8ebc4a12", "熊" * 20, columns=columns)
    for n in range(2):
        long = target(n, f"out/{'folder/' * 9}熊-{n}.png")
        stage.live.transfer(TransferStarted(long, 0, 10 * MB))
        stage.clock.advance(1)
        stage.live.transfer(TransferAdvanced(long, 5 * MB, 10 * MB))
    # What is wider goes on below on this terminal.
    assert len(stage.pass_time(0)) == 5


def test_an_ascii_terminal_gets_ascii() -> None:
    stage = Stage("a", encoding="ascii")
    stage.live.transfer(TransferStarted(target(1), 0, 10))
    assert stage.pass_time(0) == [
        f"a-1.png {'-' * 20} 0 B/10 B",
        "- a  asking Kie  0s",
        "  1 task: 1 to go - 0s of 15m",
    ]
