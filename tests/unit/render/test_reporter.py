"""What stderr gets where no block can be drawn."""

from typing import Any

import pytest

from kiecli.api.models import Task
from kiecli.download.plan import SavedFile
from kiecli.download.progress import TransferAdvanced, TransferRetrying, TransferStarted
from kiecli.errors import KieError, KieUnavailable, SaveError, TaskFailed
from kiecli.network.logging import Exchange
from kiecli.outcome import Outcome
from kiecli.polling.snapshot import Retry, Snapshot
from kiecli.render.reporter import LogReporter, PanelReporter, Reporter, file_line
from kiecli.streams import ErrorOutput, Output
from tests.support.downloads import target
from tests.support.fakes import FakeClock
from tests.support.program import FakeStream

TARGET = target("a-1.png")


def saved(
    status: str = "saved",
    size: int | None = 16_432,
    resumed: int = 0,
    error: KieError | None = None,
) -> SavedFile:
    return SavedFile(1, TARGET.url, "a-1.png", size, None, None, status, resumed, error)


def snapshot(state: str, **fields: Any) -> Snapshot:
    return Snapshot("a", Task.parse("a", {"state": state}), 0.0, settled=False, **fields)


class Stage:
    """A screen of some kind and the streams it writes to."""

    def __init__(self, kind: type[Reporter], **options: Any) -> None:
        self._out, self._err = FakeStream(), FakeStream()
        self.clock = FakeClock()
        streams = Output(self._out), ErrorOutput(self._err)
        more = () if kind is Reporter else (self.clock,)
        self.screen = kind(*streams, *more, **options)

    @property
    def error_message(self) -> list[str]:
        """What has been said since the last time."""
        lines = self._err.text.splitlines()
        self._err.buffer.truncate(0)
        self._err.buffer.seek(0)
        return lines

    @property
    def answered(self) -> str:
        return self._out.text


def everything(screen: Reporter) -> None:
    """Have everything happen that is no error."""
    screen.note("a note")
    screen.snapshot(snapshot("waiting"))
    screen.transfer(TransferStarted(TARGET, 0, 10))
    screen.transfer(TransferAdvanced(TARGET, 5, 10))
    screen.transfer(TransferRetrying(TARGET, "slow"))
    screen.ended(TARGET, saved())
    screen.tick()
    screen.close()


def test_quiet_says_errors_only() -> None:
    stage = Stage(Reporter)
    everything(stage.screen)
    assert stage.error_message == []
    stage.screen.ended(TARGET, saved("failed", error=SaveError("could not save a-1.png: gone")))
    stage.screen.error(
        KieError("it broke", hint="mend it"), about="a", resume_command="kiecli wait a"
    )
    assert stage.error_message == [
        "kiecli: a: could not save a-1.png: gone",
        "kiecli: a: it broke. Mend it; to try again: kiecli wait a",
    ]


def test_a_log_has_a_line_for_each_thing() -> None:
    stage = Stage(LogReporter, watching=True)
    everything(stage.screen)
    assert stage.error_message == [
        "kiecli: a note",
        "kiecli: a: waiting",
        "kiecli: a-1.png: slow",
        "kiecli: saved a-1.png (16.4 kB)",
    ]
    stage.screen.ended(TARGET, saved("failed", error=SaveError("could not save a-1.png: gone")))
    assert stage.error_message == ["kiecli: a: could not save a-1.png: gone"]


def test_a_log_gives_a_sign_of_life_a_minute_to_whoever_waits() -> None:
    stage = Stage(LogReporter, watching=True)
    assert stage.screen.tick_interval == 1.0
    stage.screen.snapshot(snapshot("waiting"))
    stage.clock.advance(60)
    stage.screen.tick()
    assert stage.error_message == [
        "kiecli: a: waiting",
        "kiecli: still waiting after 1m: 1 waiting",
    ]


def test_a_log_for_nobody_who_waits_has_no_states() -> None:
    stage = Stage(LogReporter)
    assert stage.screen.tick_interval == float("inf")
    stage.screen.snapshot(snapshot("waiting"))
    stage.clock.advance(60)
    stage.screen.tick()
    assert stage.error_message == []


def test_a_panel_tells_errors_itself() -> None:
    stage = Stage(PanelReporter)
    stage.screen.error(KieError("it broke"))
    assert stage.error_message == []
    stage.screen.note("a note")
    assert stage.error_message == ["kiecli: a note"]


def test_the_answer_goes_to_stdout() -> None:
    stage = Stage(LogReporter)
    with stage.screen as screen:
        screen.write_stdout("a\nb\n")
    assert (stage.answered, stage.error_message) == ("a\nb\n", [])


def test_the_first_ten_failures_are_annotated() -> None:
    stage = Stage(Reporter, annotations=True)
    for n in range(11):
        stage.screen.annotate(Outcome(f"t{n}", None, TaskFailed("100% wrong")))
    stage.screen.annotate(Outcome("fine"))
    assert stage.error_message == [f"::error title=kiecli::t{n}: 100%25 wrong" for n in range(10)]


def test_no_annotations_elsewhere() -> None:
    stage = Stage(Reporter)
    stage.screen.annotate(Outcome("a", None, TaskFailed("wrong")))
    assert stage.error_message == []


def test_a_success_is_no_annotation() -> None:
    stage = Stage(Reporter, annotations=True)
    stage.screen.annotate(Outcome("a"))
    assert stage.error_message == []


def test_an_exchange_is_one_line() -> None:
    stage = Stage(Reporter)
    stage.screen.exchange(Exchange("GET", "f.test", "/a\x1b[2J b", "-", "200", 12))
    assert stage.error_message == ["kiecli: GET f.test/a[2J b - 200 12 ms"]


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (saved(), "saved a-1.png (16.4 kB)"),
        (saved("kept"), "kept a-1.png (16.4 kB)"),
        (saved(resumed=1000), "saved a-1.png (16.4 kB, resumed at 1.0 kB)"),
        (saved("planned", None), "planned a-1.png"),
    ],
)
def test_how_a_file_was_saved(one: SavedFile, line: str) -> None:
    assert file_line(one) == line


def test_a_log_says_why_a_task_is_looked_at_again() -> None:
    stage = Stage(LogReporter)
    reason = KieUnavailable("Kie answered with an error page (HTTP 502)")
    stage.screen.snapshot(snapshot("waiting", retry=Retry(reason, 3.0, 15.0)))
    assert stage.error_message == [
        "kiecli: Kie answered with an error page (HTTP 502); retrying for up to 15s"
    ]
