"""The block on a terminal that is drawn over and over."""

import re

import pytest

from kiecli.api.models import Task
from kiecli.download.plan import SavedFile, Target
from kiecli.download.progress import TransferAdvanced, TransferRetrying, TransferStarted
from kiecli.errors import KieError, KieUnavailable, SaveError, TaskNotFound
from kiecli.polling.snapshot import Retry, Snapshot
from kiecli.render.live import LiveReporter
from kiecli.streams import ErrorOutput, Output
from tests.support.downloads import target as target_at
from tests.support.fakes import FakeClock
from tests.support.program import FakeStream
from tests.support.terminal import FakeTerminal

MB = 1_000_000


def target(n: int, path: str | None = None) -> Target:
    return target_at(path or f"a-{n}.png", n, f"https://f.test/{n}.png")


def ended(n: int, error: KieError | None = None) -> SavedFile:
    status = "saved" if error is None else "failed"
    return SavedFile(n, None, f"a-{n}.png", 10 * MB, None, None, status, 0, error)


def seen(
    task_id: str,
    state: str | None,
    elapsed: float = 0.0,
    *,
    settled: bool = False,
    retry: Retry | None = None,
) -> Snapshot:
    answer = None if state is None else Task.parse(task_id, {"state": state})
    return Snapshot(task_id, answer, elapsed, settled, None, retry)


class Stage:
    """A live screen on a terminal, its answers elsewhere unless they share it."""

    def __init__(
        self,
        *task_ids: str,
        columns: int = 80,
        rows: int = 24,
        shared: bool = False,
        encoding: str = "utf-8",
    ) -> None:
        self.clock = FakeClock()
        self.terminal = FakeTerminal(columns, encoding=encoding)
        self.out = FakeStream()
        environ = {"TERM": "xterm", "COLUMNS": str(columns), "LINES": str(rows)}
        self.live = LiveReporter(
            Output(self.terminal if shared else self.out),
            ErrorOutput(self.terminal),
            self.clock,
            environ,
            task_ids=task_ids,
        )

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and draw."""
        self.clock.advance(seconds)
        self.live.tick()

    @property
    def shown(self) -> list[str]:
        return self.terminal.screen.splitlines()


def test_tasks_are_shown_from_the_start_with_their_state_and_time() -> None:
    stage = Stage("a", "bcd")
    stage.live.tick()
    assert stage.shown == ["⠋ a    not asked yet  0s", "⠋ bcd  not asked yet  0s"]
    stage.live.snapshot(seen("a", "Generating", 2.0))
    stage.pass_time(61)
    assert stage.shown == ["⠹ a    generating     1m3s", "⠹ bcd  not asked yet  1m1s"]


def test_a_task_that_nobody_sees_yet_says_so() -> None:
    stage = Stage("a", columns=100)
    retry = Retry(TaskNotFound("m"), 0.0, 60.0)
    stage.live.snapshot(seen("a", None, retry=retry))
    assert stage.shown == [
        (
            "kiecli: a: Kie does not know this id yet; asking again for up to 1m"
            " (new tasks can take a moment)"
        ),
        "⠋ a  not visible yet  0s",
    ]


def test_a_task_without_any_answer_is_not_called_invisible() -> None:
    stage = Stage("a")
    retry = Retry(KieUnavailable("Kie answered with an error page (HTTP 502)"), 0.5, 120.0)
    stage.live.snapshot(seen("a", None, retry=retry))
    assert stage.shown == ["⠋ a  no answer yet  0s"]


def test_trouble_that_lasts_is_said_above_the_block() -> None:
    stage = Stage("a")
    stage.live.tick()
    reason = KieUnavailable("Kie answered with an error page (HTTP 502)")
    stage.live.snapshot(seen("a", "waiting", 3.0, retry=Retry(reason, 3.0, 120.0)))
    assert stage.shown == [
        "kiecli: Kie answered with an error page (HTTP 502); retrying for up to 2m",
        "⠋ a  waiting  3s",
    ]


def test_a_settled_task_leaves_the_block() -> None:
    stage = Stage("a", "b")
    stage.live.tick()
    stage.live.snapshot(seen("a", "success", settled=True))
    assert stage.shown == ["⠋ b  not asked yet  0s"]
    stage.live.snapshot(seen("b", "success", settled=True))
    assert stage.shown == []


def test_nothing_is_drawn_for_nothing() -> None:
    stage = Stage()
    stage.live.tick()
    stage.live.snapshot(seen("a", "success", settled=True))
    stage.live.close()
    assert stage.terminal.text == ""


def test_it_is_drawn_ten_times_a_second_at_most() -> None:
    stage = Stage("a")
    stage.live.tick()
    before = len(stage.terminal.text)
    stage.pass_time(0.05)
    assert len(stage.terminal.text) == before
    stage.pass_time(0.05)
    assert stage.shown == ["⠙ a  not asked yet  0s"]


def test_the_end_leaves_lines_and_a_cursor() -> None:
    stage = Stage("a")
    with stage.live as live:
        live.tick()
        assert not stage.terminal.shows_cursor
        live.note("a [bold]note[/bold]")
        assert stage.shown == ["kiecli: a [bold]note[/bold]", "⠋ a  not asked yet  0s"]
    assert stage.shown == ["kiecli: a [bold]note[/bold]"]
    assert stage.terminal.shows_cursor


def test_answers_go_to_another_place_past_the_block() -> None:
    stage = Stage("a")
    stage.live.tick()
    stage.live.write_stdout("https://f.test/a.png\n")
    assert (stage.out.text, stage.shown) == ("https://f.test/a.png\n", ["⠋ a  not asked yet  0s"])


def test_answers_stand_above_the_block_on_one_terminal() -> None:
    stage = Stage("a", columns=20, shared=True)
    url = f"https://f.test/{'x' * 30}.png"
    stage.live.write_stdout("first\n")
    stage.live.tick()
    stage.live.write_stdout(f"{url}\n{url}\n")
    assert "".join(stage.shown[1:-1]) == url + url
    assert (stage.shown[0], stage.shown[-1]) == ("first", "⠋ a  not asked yet")


def test_a_file_has_a_bar_while_it_comes() -> None:
    stage = Stage()
    stage.live.transfer(TransferStarted(target(1), 0, 10 * MB))
    stage.pass_time(1)
    assert stage.shown == [f"a-1.png {'━' * 20} 0 B/10.0 MB"]
    stage.live.transfer(TransferAdvanced(target(1), 5 * MB, 10 * MB))
    stage.pass_time(1)
    assert stage.shown == [f"a-1.png {'━' * 10}╺{'━' * 9} 5.0 MB/10.0 MB 5.0 MB/s 1s"]
    stage.live.transfer(TransferRetrying(target(1), "the connection was reset"))
    stage.live.transfer(TransferRetrying(target(1), "the connection was reset"))
    stage.live.ended(target(1), ended(1))
    stage.pass_time(1)
    assert stage.shown == [
        "kiecli: a-1.png: the connection was reset",
        "kiecli: saved a-1.png (10.0 MB)",
    ]


def test_a_bar_has_the_colours_that_the_terminal_chose_itself() -> None:
    stage = Stage()
    stage.live.transfer(TransferStarted(target(1), 5 * MB, 10 * MB))
    stage.live.tick()
    assert set(re.findall(r"\x1b\[([0-9;]+)m", stage.terminal.text)) == {"32", "90", "0"}


def test_a_file_without_a_length_has_a_bar_that_only_moves() -> None:
    stage = Stage()
    stage.live.transfer(TransferStarted(target(1), 0, None))
    stage.live.tick()
    assert stage.shown == [f"a-1.png {'━' * 20} 0 B"]


def test_news_of_a_file_that_never_started_change_nothing() -> None:
    stage = Stage()
    stage.live.transfer(TransferAdvanced(target(1), 5, 10))
    stage.live.transfer(TransferRetrying(target(1), "another kiecli is saving this file"))
    stage.pass_time(1)
    assert stage.shown == ["kiecli: a-1.png: another kiecli is saving this file"]


def test_a_file_that_failed_says_why() -> None:
    stage = Stage()
    stage.live.transfer(TransferStarted(target(1), 0, 10))
    stage.live.tick()
    stage.live.ended(target(1), ended(1, SaveError("could not save a-1.png: gone")))
    stage.live.close()
    assert stage.shown == ["kiecli: a: could not save a-1.png: gone"]


def test_on_one_terminal_the_printed_path_says_that_a_file_is_saved() -> None:
    stage = Stage(shared=True)
    stage.live.transfer(TransferStarted(target(1), 0, 10))
    stage.live.tick()
    stage.live.ended(target(1), ended(1))
    stage.live.close()
    assert stage.shown == []


def test_the_block_is_a_third_of_the_screen_at_most() -> None:
    stage = Stage(*[f"t{n}" for n in range(9)], rows=12)
    stage.live.tick()
    assert stage.shown == [
        "⠋ t0  not asked yet  0s",
        "⠋ t1  not asked yet  0s",
        "⠋ t2  not asked yet  0s",
        "⠋ 6 more: 6 not asked yet",
    ]
    for n in range(6):
        stage.live.transfer(TransferStarted(target(n), 0, 10))
    stage.pass_time(1)
    bar = "━" * 20
    assert stage.shown == [
        f"a-0.png {bar} 0 B/10 B",
        f"a-1.png {bar} 0 B/10 B",
        "4 more files",
        "⠹ 9 tasks: 9 not asked yet",
    ]


@pytest.mark.parametrize("columns", [20, 39, 40, 80])
def test_nothing_is_wider_than_the_terminal(columns: int) -> None:
    stage = Stage("ecf8cf8611cc40ff28e6f1ff8ebc4a12", "熊" * 20, columns=columns)
    for n in range(2):
        long = target(n, f"out/{'folder/' * 9}熊-{n}.png")
        stage.live.transfer(TransferStarted(long, 0, 10 * MB))
        stage.clock.advance(1)
        stage.live.transfer(TransferAdvanced(long, 5 * MB, 10 * MB))
    stage.live.tick()
    # What is wider goes on below on this terminal.
    assert len(stage.shown) == 4


def test_an_ascii_terminal_gets_ascii() -> None:
    stage = Stage("a", encoding="ascii")
    stage.live.transfer(TransferStarted(target(1), 0, 10))
    stage.live.tick()
    assert stage.shown == [f"a-1.png {'-' * 20} 0 B/10 B", "- a  not asked yet  0s"]
