"""Whatever is shown, by whichever renderer: no terminal and no log obeys it."""

from collections.abc import Callable
from contextlib import closing
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.api.models import Task
from kiecli.download.plan import SavedFile, SaveOptions, plan
from kiecli.download.progress import TransferAdvanced, TransferRetrying, TransferStarted
from kiecli.errors import KieUnavailable, SaveError, TaskNotFound
from kiecli.files.template import Template
from kiecli.network.logging import Exchange
from kiecli.outcome import Outcome, from_status
from kiecli.polling.snapshot import Retry, Snapshot
from kiecli.render.console import console
from kiecli.render.formats import record_lines, state_words, url_lines
from kiecli.render.live import LiveReporter
from kiecli.render.reporter import LogReporter, Reporter
from kiecli.render.tables import StatusWriter
from kiecli.render.text import error_text
from kiecli.streams import ErrorOutput, Output
from tests.support.fakes import START, FakeClock
from tests.support.hostile.answers import hostile_records
from tests.support.hostile.oracle import assert_tame, attempt, undrawn
from tests.support.hostile.search import examples
from tests.support.hostile.text import text
from tests.support.program import FakeStream

_TASK_ID = "0f1e2d3c"
_OPTIONS = SaveOptions("out", Template.parse("{model}/{name}-{n}.{ext}"))
_WIDTHS = st.sampled_from(["20", "40", "80", "200"])


def _outcome(data: Any) -> Outcome:
    task = Task.parse(_TASK_ID, data)
    return from_status(_TASK_ID, task, None, exit_status=False)


@examples(200)
@given(hostile_records)
def test_piped_answers_have_the_lines_and_columns_that_were_promised(data: Any) -> None:
    outcome = _outcome(data)
    (record,) = record_lines(outcome)
    (word,) = state_words(outcome)
    urls = url_lines(outcome)
    assert record.count("\t") == 7
    assert_tame(record.replace("\t", " "))
    assert word == "".join(word.split())
    assert outcome.task is not None
    assert urls in ([], [each.strip() for each in urls])
    assert len(urls) in (0, len(outcome.task.results))
    for line in (record, word, *urls):
        assert "\n" not in line
    for line in (word, *urls):
        assert_tame(line)


@examples(120)
@given(records=st.lists(hostile_records, min_size=1, max_size=2), width=_WIDTHS)
def test_a_panel_and_a_table_obey_nobody_but_rich(records: list[Any], width: str) -> None:
    stream = FakeStream(terminal=True)
    canvas = console(Output(stream), {"TERM": "xterm-256color", "COLUMNS": width})
    answer = StatusWriter(canvas, START)
    for data in records:
        answer.add(_outcome(data))
    answer.close()
    assert_tame(undrawn(stream.text), log=False)


class _Stage(NamedTuple):
    """A screen and the stream it speaks to."""

    reporter: Reporter
    err: FakeStream


def _log(width: str) -> _Stage:
    del width
    err = FakeStream()
    out = Output(FakeStream())
    reporter = LogReporter(
        out, ErrorOutput(err, {"GITHUB_ACTIONS": "true"}), FakeClock(), watching=True
    )
    return _Stage(reporter, err)


def _live(width: str) -> _Stage:
    terminal = FakeStream(terminal=True)
    environ = {"TERM": "xterm-256color", "COLUMNS": width, "LINES": "12"}
    both = ErrorOutput(terminal)
    return _Stage(LiveReporter(both, both, FakeClock(), environ, task_ids=(_TASK_ID,)), terminal)


def _play(reporter: Reporter, data: Any, error_message: str) -> None:
    """Have a screen show everything there is, in words of a stranger."""
    outcome = _outcome(data)
    task = outcome.task
    assert task is not None
    error = KieUnavailable(error_message, hint=error_message)
    with closing(reporter):
        for reason in (error, TaskNotFound(error_message, hint=error_message)):
            retry = Retry(reason, 3.0, 120.0)
            reporter.snapshot(Snapshot(_TASK_ID, None, 3.0, settled=False, retry=retry))
        reporter.snapshot(Snapshot(_TASK_ID, task, 3.0, settled=False))
        reporter.tick()
        for target in attempt(lambda: plan(task, _OPTIONS))[0] or ():
            reporter.transfer(TransferStarted(target, 0, 10**17))
            reporter.transfer(TransferAdvanced(target, 5, None))
            reporter.transfer(TransferRetrying(target, error_message))
            reporter.file_finished(target, SavedFile.failed(target, SaveError(error_message)))
        reporter.write_stdout("".join(f"{url}\n" for url in url_lines(outcome)))
        reporter.exchange(Exchange("GET", "h.test", error_message, _TASK_ID, error_message, 5))
        reporter.note(error_message)
        reporter.error(error, about=_TASK_ID)
        reporter.snapshot(Snapshot(_TASK_ID, task, 3.0, settled=True))


@pytest.mark.parametrize("stage", [_log, _live])
@examples(100)
@given(data=hostile_records, error_message=text, width=_WIDTHS)
def test_what_is_said_meanwhile_obeys_nobody(
    stage: Callable[[str], _Stage], data: Any, error_message: str, width: str
) -> None:
    reporter, err = stage(width)
    _play(reporter, data, error_message)
    assert_tame(undrawn(err.text), annotations=True)
    assert err.text.count("\n::error") <= 1
    if stage is _log:
        for line in err.text.splitlines():
            assert line.startswith(("kiecli: ", "::error title=kiecli::"))


@examples(150)
@given(error_message=text, hint=text, about=text)
def test_an_error_is_one_line(error_message: str, hint: str, about: str) -> None:
    stream = FakeStream()
    ErrorOutput(stream).error(error_text(KieUnavailable(error_message, hint=hint), about=about))
    assert stream.text.startswith("kiecli: ")
    assert stream.text.endswith("\n")
    assert_tame(stream.text[:-1])
