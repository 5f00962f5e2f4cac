"""Ctrl-C and SIGTERM, as far as a process that must live on can tell; the end is tested e2e."""

import importlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiecli.errors import Interrupted
from kiecli.signals import Signals, in_import
from tests.support.fakes import FakeClock


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    """A clock; what the test does to this process's signals is undone."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in numbers}
    yield FakeClock()
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


def installed(clock: FakeClock) -> None:
    Signals(clock, str, on_terminal=False).install()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_interrupts_and_a_timer_stands_by(
    clock: FakeClock, number: signal.Signals
) -> None:
    installed(clock)
    with pytest.raises(Interrupted) as interrupted:
        signal.raise_signal(number)
    assert interrupted.value.signum == number
    assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 0.35


def test_a_second_signal_within_a_second_is_the_same_press(clock: FakeClock) -> None:
    installed(clock)
    with pytest.raises(Interrupted):
        signal.raise_signal(signal.SIGINT)
    clock.advance(1.0)
    signal.raise_signal(signal.SIGINT)


def test_what_the_parent_had_ignored_stays_ignored(clock: FakeClock) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    installed(clock)
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(Interrupted):
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_in_the_middle_of_an_import_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "imported_for_signals.py").write_text("import sys; frame = sys._getframe()\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("imported_for_signals")
    assert (in_import(module.frame), in_import(sys._getframe())) == (True, False)
