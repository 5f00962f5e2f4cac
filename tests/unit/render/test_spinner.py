"""The spinner of commands that ask once."""

from contextlib import closing

import pytest

from kiecli.errors import KieError
from kiecli.render.spinner import SpinnerReporter, frame
from kiecli.streams import ErrorOutput, Output
from tests.support.fakes import FakeClock
from tests.support.program import FakeStream
from tests.support.terminal import FakeTerminal


class Stage:
    """A spinner on a terminal, its results elsewhere."""

    def __init__(self, encoding: str = "utf-8", columns: int = 20) -> None:
        self.clock = FakeClock()
        self.out = FakeStream()
        self.terminal = FakeTerminal(columns, encoding=encoding)
        err = ErrorOutput(self.terminal)
        self.reporter = SpinnerReporter(Output(self.out), err, self.clock)

    def pass_time(self, seconds: float) -> str:
        """Let time pass, and return what is to be seen then."""
        self.clock.advance(seconds)
        self.reporter.tick()
        return self.terminal.screen


@pytest.mark.parametrize(("encoding", "frames"), [("utf-8", 10), ("ascii", 4)])
def test_a_spinner_is_drawn_after_two_seconds(encoding: str, frames: int) -> None:
    stage = Stage(encoding)
    assert [stage.pass_time(seconds) for seconds in (0.0, 1.9, 0.1, 1.0, 60.0)] == [
        "",
        "",
        f"{frame(2.0, ascii_only=encoding == 'ascii')} asking Kie  2s",
        f"{frame(3.0, ascii_only=encoding == 'ascii')} asking Kie  3s",
        f"{frame(63.0, ascii_only=encoding == 'ascii')} asking Kie  1m3s",
    ]
    assert len({frame(n * 0.05, ascii_only=encoding == "ascii") for n in range(50)}) == frames
    stage.reporter.close()
    assert stage.terminal.screen == ""


def test_it_does_not_spin_in_the_background() -> None:
    terminal, clock = FakeTerminal(20), FakeClock()

    class Background(ErrorOutput):
        def is_in_foreground(self) -> bool:
            return False

    reporter = SpinnerReporter(Output(FakeStream()), Background(terminal), clock)
    clock.advance(2.0)
    reporter.tick()
    assert terminal.text == ""


def test_printed_lines_replace_the_spinner() -> None:
    stage = Stage(columns=80)
    stage.pass_time(2.0)
    with closing(stage.reporter) as reporter:
        reporter.note("a note")
        stage.pass_time(1.0)
        reporter.error(KieError("it broke"))
        stage.pass_time(1.0)
        reporter.write_stdout("answer\n")
    assert (stage.terminal.screen, stage.out.text) == ("a note\nerror: it broke", "answer\n")


def test_a_quick_answer_leaves_nothing_on_the_terminal() -> None:
    stage = Stage()
    with closing(stage.reporter) as reporter:
        stage.pass_time(1.0)
        reporter.write_stdout("answer\n")
    assert stage.terminal.text == ""
