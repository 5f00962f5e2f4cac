"""What a run leaves to do, and the one line that does all of it."""

from math import inf

import pytest

from kiecli.api.models import Task
from kiecli.commands.error_report import ErrorReport, Remainder
from kiecli.errors import DeadlineExceeded, KieError, KieUnavailable, SaveError, TaskPending
from kiecli.outcome import Outcome
from kiecli.polling.snapshot import Snapshot
from kiecli.render.reporter import Reporter
from kiecli.streams import ErrorOutput, Output
from kiecli.task_ids.task_selection import TaskSelection
from tests.support.program import FakeStream

SELECTION = TaskSelection(("a", "b", "c"), {"a": "hero"})


def ended(task_id: str, error: KieError, *argv: str) -> Outcome:
    return Outcome(task_id, None, error, error.exit_code, argv)


LATE = ended("a", DeadlineExceeded("m"), "wait", "-t", "5m")
LATER = ended("b", DeadlineExceeded("n"), "wait", "-t", "5m")
AWAY = ended("b", KieUnavailable("m"), "wait", "-t", "5m")
GONE = ended("c", SaveError("m"))
PENDING = ended("a", TaskPending("m"), "download", "--wait", "-d", "out")
NOT_SAVED = ended("b", SaveError("m"), "download", "-d", "out")


@pytest.mark.parametrize(
    ("outcomes", "lead", "advice"),
    [
        ([LATE], "", "to keep waiting: kiecli wait -t 5m hero=a"),
        ([LATE, LATER, GONE], "", "to keep waiting: kiecli wait -t 5m hero=a b"),
        ([LATE, AWAY], "", "to continue: kiecli wait -t 5m hero=a b"),
        ([AWAY, GONE], "", "to try again: kiecli wait -t 5m b"),
        ([PENDING], "", "to wait for it: kiecli download --wait -d out hero=a"),
        ([NOT_SAVED, PENDING], "", "to continue: kiecli download --wait -d out b hero=a"),
        ([NOT_SAVED], "to fetch the rest", "to fetch the rest: kiecli download -d out b"),
    ],
)
def test_one_line_does_all_that_is_left(outcomes: list[Outcome], lead: str, advice: str) -> None:
    assert Remainder(SELECTION, outcomes).advice(lead) == advice


def test_where_nothing_helps_there_is_no_line() -> None:
    remainder = Remainder(SELECTION, [GONE, Outcome("a")])
    assert (remainder.command, remainder.outcomes) == ("", [])
    assert not remainder.is_all_in([GONE])


def test_an_error_has_the_line_when_it_is_that_of_all() -> None:
    remainder = Remainder(SELECTION, [LATE, LATER, GONE])
    assert remainder.is_all_in([LATE, LATER])
    assert not remainder.is_all_in([LATE])
    assert not remainder.is_only_pending
    assert Remainder(SELECTION, [PENDING]).is_only_pending


def test_tasks_that_are_given_up_are_reported_once_and_together_while_kie_answers() -> None:
    err = FakeStream()
    report = ErrorReport(Reporter(Output(None), ErrorOutput(err)))
    unanswered = Snapshot("a", None, 0.0, settled=False)
    answered = Snapshot("a", Task.parse("a", {"state": "waiting"}), 0.0, settled=False)
    report.add(AWAY, 10.0)
    report.add(AWAY._replace(task_id="c"), 14.0)
    report.report_given_up(14.9, [answered])
    assert (report.due, err.text) == (15.0, "")
    report.report_given_up(15.0, [unanswered])  # an outage: all may end together
    assert (report.due, err.text) == (inf, "")
    report.add(AWAY._replace(task_id="d"), 20.0)
    report.report_given_up(25.0, [unanswered, answered])
    assert err.text == "kiecli: b, c, d: m\n"
    report.add(AWAY._replace(task_id="e"), 30.0)
    report.report_given_up(35.0, [answered])
    assert (report.due, err.text) == (inf, "kiecli: b, c, d: m\nkiecli: e: m\n")
