"""What the first signal, the second and a run that does not end are answered with."""

import importlib.util
import signal
import sys
from pathlib import Path
from types import FrameType

import pytest

from kiecli.errors import Interrupted
from kiecli.signals import Signals, in_import
from tests.support.fake_process import Ended, FakeProcess
from tests.support.fakes import FakeClock


def installed(clock: FakeClock, process: FakeProcess, *, on_terminal: bool = False) -> Signals:
    signals = Signals(process, clock, lambda: "interrupted: more", on_terminal=on_terminal)
    signals.install()
    return signals


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_interrupts_and_a_timer_stands_by(signum: int) -> None:
    process = FakeProcess()
    signals = installed(FakeClock(), process)
    with pytest.raises(Interrupted) as interrupted:
        process.send(signum)
    assert (interrupted.value.signum, signals.received, process.timer) == (signum, signum, True)
    assert process.stderr == ""


def test_what_must_happen_as_a_whole_is_interrupted_at_its_end() -> None:
    process = FakeProcess()
    signals = installed(FakeClock(), process)
    drawn = []

    def draw() -> None:
        with signals.deferred():
            process.send(signal.SIGINT)
            drawn.append("a whole frame")

    with pytest.raises(Interrupted):
        draw()
    assert (drawn, process.timer) == (["a whole frame"], True)
    with signals.deferred():
        drawn.append("the end")  # interrupted once, not again
    assert drawn == ["a whole frame", "the end"]


def test_the_terminal_is_given_back_before_the_process_is_suspended() -> None:
    process, happened = FakeProcess(), []
    signals = Signals(
        process,
        FakeClock(),
        str,
        on_terminal=True,
        before_suspension=lambda: happened.append(f"given back, stopped {process.suspensions}"),
    )
    signals.install()
    process.press_ctrl_z()
    with signals.deferred():
        process.press_ctrl_z()
        happened.append("a whole frame")
    assert happened == ["given back, stopped 0", "a whole frame", "given back, stopped 1"]
    assert process.suspensions == 2


def test_a_second_signal_within_a_second_is_the_same_press() -> None:
    clock, process = FakeClock(), FakeProcess()
    installed(clock, process)
    with pytest.raises(Interrupted):
        process.send(signal.SIGINT)
    clock.advance(1.0)
    process.send(signal.SIGINT)


def test_a_second_signal_later_ends_the_process_at_once() -> None:
    clock, process = FakeClock(), FakeProcess()
    installed(clock, process)
    with pytest.raises(Interrupted):
        process.send(signal.SIGINT)
    clock.advance(1.1)
    with pytest.raises(Ended) as ended:
        process.send(signal.SIGTERM)
    assert (ended.value.signum, process.stderr) == (signal.SIGTERM, "")


@pytest.mark.parametrize(
    ("on_terminal", "written"),
    [(False, "\ninterrupted: more\n"), (True, "\x1b[?25h\ninterrupted: more\n")],
)
def test_a_run_that_does_not_end_is_ended(on_terminal: bool, written: str) -> None:
    process = FakeProcess()
    installed(FakeClock(), process, on_terminal=on_terminal)
    with pytest.raises(Interrupted):
        process.send(signal.SIGTERM)
    with pytest.raises(Ended) as ended:
        process.let_timer_end()
    assert (ended.value.signum, process.stderr) == (signal.SIGTERM, written)


def test_a_main_thread_that_never_sees_the_signal_is_ended_by_ctrl_c() -> None:
    process = FakeProcess()
    installed(FakeClock(), process)
    with pytest.raises(Ended) as ended:
        process.let_timer_end()
    assert (ended.value.signum, process.stderr) == (signal.SIGINT, "\ninterrupted: more\n")


def test_a_message_that_cannot_be_made_keeps_no_process_alive() -> None:
    def half_imported() -> str:
        raise ImportError("cannot import name 'join' from partially initialized module")

    process = FakeProcess()
    Signals(process, FakeClock(), half_imported, on_terminal=False).install()
    with pytest.raises(Ended):
        process.let_timer_end()
    assert process.stderr == "\ninterrupted\n"


@pytest.fixture
def importing(tmp_path: Path) -> FrameType:
    """The frame of a module that is being imported."""
    path = tmp_path / "imported.py"
    path.write_text("import sys; frame = sys._getframe()\n")
    spec = importlib.util.spec_from_file_location("imported", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert isinstance(module.frame, FrameType)
    return module.frame


def test_a_signal_in_the_middle_of_an_import_is_told_apart(importing: FrameType) -> None:
    assert (in_import(importing), in_import(sys._getframe())) == (True, False)


def test_a_signal_in_the_middle_of_an_import_ends_the_process(importing: FrameType) -> None:
    process = FakeProcess()
    installed(FakeClock(), process)
    with pytest.raises(Ended):
        process.send(signal.SIGINT, importing)
    assert process.stderr == "interrupted: more\n"
