"""What stderr gets where no block can be drawn."""

from collections.abc import Mapping
from contextlib import closing
from types import MappingProxyType
from typing import Any

import pytest

from kiecli.api.models import Task
from kiecli.download.plan import SavedFile
from kiecli.download.progress import TransferAdvanced, TransferRetrying, TransferStarted
from kiecli.errors import KieError, KieUnavailable, SaveError, TaskPending
from kiecli.network.logging import Exchange
from kiecli.outcome import Outcome
from kiecli.polling.snapshot import Retry, Snapshot
from kiecli.render.notices import file_line
from kiecli.render.reporter import LogReporter, Reporter
from kiecli.streams import ErrorOutput, Output
from tests.support.downloads import target
from tests.support.fakes import FakeClock
from tests.support.program import FakeStream

TARGET = target("a-1.png", 1, "https://f.test/a.png")


def saved(
    status: str = "saved", size: int | None = 16_432, resumed: int = 0, path: str = "a-1.png"
) -> SavedFile:
    return SavedFile(1, TARGET.url, path, size, None, None, status, resumed, None)


def failed(message: str) -> SavedFile:
    return SavedFile.failed(TARGET, SaveError(message))


def snapshot(state: str, **fields: Any) -> Snapshot:
    return Snapshot("a", Task.parse("a", {"state": state}), 0.0, settled=False, **fields)


class Stage:
    """A reporter of some kind and the streams it writes to."""

    def __init__(
        self,
        kind: type[Reporter],
        environ: Mapping[str, str] = MappingProxyType({}),
        *,
        shared: bool = False,
        **options: Any,
    ) -> None:
        self._out, self._err = FakeStream(terminal=shared), FakeStream(terminal=shared)
        self.clock = FakeClock()
        streams = Output(self._out), ErrorOutput(self._err, environ)
        more = () if kind is Reporter else (self.clock,)
        self.reporter = kind(*streams, *more, **options)

    @property
    def printed(self) -> list[str]:
        """What has been printed to stderr since the last time."""
        lines = self._err.text.splitlines()
        self._err.buffer.truncate(0)
        self._err.buffer.seek(0)
        return lines

    @property
    def results(self) -> str:
        return self._out.text


def everything(reporter: Reporter) -> None:
    """Have everything happen that is no error."""
    with closing(reporter):
        reporter.note("a note")
        reporter.snapshot(snapshot("waiting"))
        reporter.transfer(TransferStarted(TARGET, 0, 10))
        reporter.transfer(TransferAdvanced(TARGET, 5, 10))
        reporter.transfer(TransferRetrying(TARGET, "slow"))
        reporter.file_finished(TARGET, saved())
        reporter.task_finished(Outcome("a"))
        reporter.write_stdout("a-1.png\n")
        reporter.tick()


def errors(reporter: Reporter) -> None:
    """Have errors of all kinds happen."""
    reporter.file_finished(TARGET, failed("could not save a-1.png: gone"))
    reporter.error(KieError("it broke", hint="fix it"), about="b", resume_command="kiecli wait b")
    pending = TaskPending("not finished yet: waiting")
    reporter.error(pending, about="c, d", resume_command="kiecli download -w c d", tasks=2)
    reporter.advise("to try again: kiecli download a")


_ERRORS = [
    "kiecli: a: could not save a-1.png: gone",
    "kiecli: b: it broke. Fix it; to try again: kiecli wait b",
    "kiecli: to try again: kiecli download a",
]


def test_quiet_prints_errors_only_and_leaves_unfinished_tasks_to_the_exit_code() -> None:
    stage = Stage(Reporter)
    everything(stage.reporter)
    assert (stage.results, stage.printed) == ("a-1.png\n", [])
    errors(stage.reporter)
    assert stage.printed == _ERRORS


def test_a_log_has_a_line_for_each_thing() -> None:
    stage = Stage(LogReporter, watching=True)
    everything(stage.reporter)
    assert (stage.results, stage.printed) == (
        "a-1.png\n",
        [
            "kiecli: a note",
            "kiecli: a: waiting",
            "kiecli: a-1.png: slow",
            "kiecli: saved a-1.png (16.4 kB)",
        ],
    )
    errors(stage.reporter)
    unfinished = "kiecli: c, d: not finished yet: waiting. To wait for them: kiecli download -w c d"
    assert stage.printed == [*_ERRORS[:2], unfinished, _ERRORS[2]]


@pytest.mark.parametrize(
    ("watching", "tick_interval", "printed"),
    [
        (True, 1.0, ["kiecli: a: waiting", "kiecli: no change for 1m: 1 waiting"]),
        (False, float("inf"), []),
    ],
)
def test_states_and_signs_of_life_are_for_those_who_wait(
    watching: bool, tick_interval: float, printed: list[str]
) -> None:
    stage = Stage(LogReporter, watching=watching)
    assert stage.reporter.tick_interval == tick_interval
    stage.reporter.snapshot(snapshot("waiting"))
    stage.clock.advance(60)
    stage.reporter.tick()
    assert stage.printed == printed


def test_a_log_says_why_a_task_is_asked_about_again() -> None:
    stage = Stage(LogReporter)
    reason = KieUnavailable("Kie answered with an error page (HTTP 502)")
    stage.reporter.snapshot(snapshot("waiting", retry=Retry(reason, 3.0, 15.0)))
    assert stage.printed == [
        "kiecli: Kie answered with an error page (HTTP 502); retrying for up to 15s"
    ]


@pytest.mark.parametrize(
    ("files", "several", "printed"),
    [
        ([saved()], False, []),
        ([saved(resumed=1000)], True, ["saved a-1.png (16.4 kB, resumed at 1.0 kB)"]),
        ([saved("kept")], False, ["already there: 1 file (16.4 kB)"]),
        ([saved("kept"), saved(), saved("kept")], False, ["already there: 2 of 3 files (32.9 kB)"]),
        ([saved("kept")], True, []),  # counted in the summary
    ],
)
def test_where_paths_are_printed_only_what_is_special_has_a_line(
    files: list[SavedFile], several: bool, printed: list[str]
) -> None:
    stage = Stage(LogReporter, shared=True, several=several)
    for each in files:
        stage.reporter.file_finished(TARGET, each)
    stage.reporter.task_finished(Outcome("a", files=tuple(files)))
    assert stage.printed == printed


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (saved(), "saved a-1.png (16.4 kB)"),
        (saved("kept"), "already there: a-1.png (16.4 kB)"),
        (saved(resumed=1000), "saved a-1.png (16.4 kB, resumed at 1.0 kB)"),
        (saved(path="-"), "saved to stdout (16.4 kB)"),
        (saved(size=None), "saved a-1.png"),
    ],
)
def test_a_saved_file_has_its_size_and_where_it_was_resumed(one: SavedFile, line: str) -> None:
    assert file_line(one) == line


@pytest.mark.parametrize("kind", [Reporter, LogReporter])
def test_an_error_that_a_panel_shows_is_not_repeated(kind: type[Reporter]) -> None:
    stage = Stage(kind, errors_in_panel=True)
    stage.reporter.error(KieError("it broke"))
    assert stage.printed == []


def test_in_github_actions_ten_tasks_get_annotations_instead_of_messages() -> None:
    stage = Stage(Reporter, environ={"GITHUB_ACTIONS": "true"})
    for n in range(9):
        stage.reporter.error(KieError("100% wrong"), about=f"t{n}")
    for message in ("gone", "gone, too"):
        stage.reporter.file_finished(TARGET, failed(message))
    stage.reporter.error(KieError("away"))
    stage.reporter.advise("to try again: kiecli download a")
    assert stage.printed == [
        *(f"::error title=kiecli::t{n}: 100%25 wrong" for n in range(9)),
        "::error title=kiecli::a: gone",
        "kiecli: a: gone, too",
        "kiecli: away",
        "kiecli: to try again: kiecli download a",
    ]


def test_in_github_actions_each_of_several_tasks_gets_an_annotation_and_all_one_line() -> None:
    stage = Stage(Reporter, environ={"GITHUB_ACTIONS": "true"})
    away = KieUnavailable("away")
    stage.reporter.errors(away, ["one"], "kiecli wait one")
    stage.reporter.errors(away, [f"t{n}" for n in range(11)], "kiecli wait t0")
    stage.reporter.errors(away, ["x", "y"], "kiecli wait x y")
    assert stage.printed == [
        "::error title=kiecli::one: away. To try again: kiecli wait one",
        *(f"::error title=kiecli::t{n}: away" for n in range(9)),
        "kiecli: t9, t10: away",
        "kiecli: to try again: kiecli wait t0",
        "kiecli: x, y: away. To try again: kiecli wait x y",
    ]


@pytest.mark.parametrize("names", [["a"], ["a", "b"]])
def test_an_unfinished_task_is_no_error_for_github_actions(names: list[str]) -> None:
    stage = Stage(LogReporter, environ={"GITHUB_ACTIONS": "true"})
    stage.reporter.errors(TaskPending("not finished yet: waiting"), names)
    assert stage.printed == [f"kiecli: {', '.join(names)}: not finished yet: waiting"]


@pytest.mark.parametrize(
    ("task_id", "line"),
    [("t1", "GET f.test/a[2J b t1: HTTP 200, 12 ms"), ("-", "GET f.test/a[2J b: HTTP 200, 12 ms")],
)
def test_an_exchange_is_one_line(task_id: str, line: str) -> None:
    stage = Stage(Reporter)
    exchange = Exchange("GET", "f.test", "/a\x1b[2J b", task_id, "HTTP 200", 12)
    stage.reporter.exchange(exchange)
    assert stage.printed == [f"kiecli: {line}"]
