"""What the watch decides, told moments and answers by hand: no network, no thread, no clock."""

from typing import NamedTuple

import pytest

from kiecli.errors import (
    AccessError,
    AccountRefused,
    ConnectionFailed,
    DeadlineExceeded,
    ExitCode,
    KieError,
    KieUnavailable,
    RateLimited,
    TaskFailed,
    TaskNotFound,
)
from kiecli.polling.policy import PollPolicy, query_policy, wait_policy
from kiecli.polling.scheduler import PollScheduler, Retry, Snapshot


class _Seen(NamedTuple):
    state: str | None
    finished: bool = False


_WAITING = _Seen("waiting")
_GENERATING = _Seen("generating")
_DONE = _Seen("success", finished=True)
_ERROR = KieUnavailable("Kie answered: code 500")
_UNSEEN = TaskNotFound("Kie has no task with this id")
_SILENT = ConnectionFailed("no answer")


def _middle(low: float, high: float) -> float:
    return (low + high) / 2


class _Told:
    """A watch that is told what happens, a look at a time."""

    def __init__(self, policy: PollPolicy, *task_ids: str, now: float = 0.0) -> None:
        self.watch = PollScheduler[_Seen](task_ids or ("a",), policy, now, _middle)

    def look(
        self, answer: _Seen | KieError, *, at: float | None = None, took: float = 0.0
    ) -> list[Snapshot[_Seen]]:
        """Begin the look that is due next and give it an answer."""
        due = self.watch.next_due()
        start = due if at is None else at
        assert start >= due, f"nothing is due before {due}"
        task_id, number = self.watch.start(start)
        return list(self.watch.answered(task_id, number, answer, start + took))


def test_every_task_is_looked_at_at_once_in_the_order_given() -> None:
    watch = PollScheduler[_Seen](["b", "a", "c"], query_policy(), 5, _middle)
    started = []
    while watch.next_due() <= 5:
        started.append(watch.start(5))
    assert started == [("b", 1), ("a", 1), ("c", 1)]
    assert watch.in_flight == 3


def test_a_watch_over_nothing_is_done() -> None:
    assert PollScheduler[_Seen]([], query_policy(), 0, _middle).done


def test_a_question_is_settled_by_any_good_answer() -> None:
    told = _Told(query_policy())
    assert told.look(_WAITING, took=0.4) == [Snapshot("a", _WAITING, 0.4, settled=True)]
    assert told.watch.done


def test_waiting_goes_on_until_the_task_is_finished() -> None:
    told = _Told(wait_policy(900, None))
    assert told.look(_WAITING, took=0.5) == [Snapshot("a", _WAITING, 0.5, settled=False)]
    assert told.look(_WAITING, took=0.5) == []
    assert told.look(_GENERATING, took=0.5) == [Snapshot("a", _GENERATING, 4.5, settled=False)]
    assert told.look(_DONE, took=0.5) == [Snapshot("a", _DONE, 6.5, settled=True)]


def test_looks_follow_each_other_from_start_to_start() -> None:
    told = _Told(wait_policy(900, None))
    moments = []
    for _ in range(4):
        moments.append(told.watch.next_due())
        told.look(_WAITING, took=1.5)
    assert moments == [0, 2, 4, 6]


def test_a_look_that_took_longer_than_the_pause_is_followed_at_once() -> None:
    told = _Told(wait_policy(900, 1))
    told.look(_WAITING, took=3)
    assert told.watch.next_due() == 3


def test_time_is_counted_from_the_first_look_not_from_the_start() -> None:
    told = _Told(wait_policy(900, None))
    assert told.look(_WAITING, at=100)[0].elapsed == 0
    assert told.watch.next_due() == 102


def test_an_interval_fixes_the_rhythm() -> None:
    told = _Told(wait_policy(900, 7))
    told.look(_WAITING)
    told.look(_WAITING)
    assert told.watch.next_due() == 14


def test_another_rhythm_can_be_given() -> None:
    watch = PollScheduler[_Seen](["a"], wait_policy(900, None), 0, _middle, lambda *_: 42)
    list(watch.answered(*watch.start(0), _WAITING, 0))
    assert watch.next_due() == 42


def test_the_last_look_falls_on_the_deadline() -> None:
    told = _Told(wait_policy(10, 6))
    told.look(_WAITING)
    told.look(_WAITING)
    assert told.watch.next_due() == told.watch.deadline == 10
    assert told.look(_DONE) == [Snapshot("a", _DONE, 10, settled=True)]


def test_at_the_deadline_a_running_task_is_given_back_as_it_is() -> None:
    told = _Told(wait_policy(10, None))
    told.look(_Seen("Generating"))
    [last] = told.look(_GENERATING, at=10)
    assert last.settled
    assert last.answer == _GENERATING
    assert isinstance(last.error, DeadlineExceeded)
    assert last.error.message == "still generating after 10s"


def test_a_task_without_a_state_is_still_running() -> None:
    told = _Told(wait_policy(10, None))
    [last] = told.look(_Seen(None), at=10)
    assert last.error is not None
    assert last.error.message == "still running after 10s"


def test_with_nothing_due_all_waiting_ends_at_the_deadline() -> None:
    told = _Told(wait_policy(10, None))
    told.look(KieUnavailable("come back later", retry_after=60))
    assert told.watch.next_limit() == 10
    [last] = told.watch.passed(10)
    assert last.settled
    assert last.error is not None
    assert (last.error.exit_code, last.error.message) == (6, "come back later")


def test_looks_due_by_the_deadline_may_take_ten_seconds_more() -> None:
    told = _Told(wait_policy(10, None), "a", "b")
    told.look(_WAITING)
    told.look(_WAITING)
    told.watch.start(9)
    assert told.watch.next_limit() == 20
    assert list(told.watch.passed(19.9)) == []
    assert [s.settled for s in told.watch.passed(20)] == [True, True]


@pytest.mark.parametrize("answer", [_WAITING, _ERROR])
def test_a_look_that_ends_in_overtime_is_followed_by_the_last_one(
    answer: _Seen | KieError,
) -> None:
    told = _Told(wait_policy(10, None))
    told.look(answer, at=9.9, took=3)
    assert told.watch.next_due() <= 12.9
    assert told.look(_WAITING, at=12.9, took=3)[0].settled
    assert told.watch.done


def test_a_pause_for_a_rate_limit_beyond_all_overtime_is_not_waited_for() -> None:
    told = _Told(wait_policy(10, None))
    told.watch.pause(19)
    assert told.watch.next_limit() == 20
    told.watch.pause(20)
    assert told.watch.next_limit() == 10


_NEVER_GOOD: list[tuple[str, list[KieError], ExitCode, str]] = [
    ("never visible", [_UNSEEN], ExitCode.NOT_FOUND, "Kie has no task with this id"),
    ("never answered well", [_ERROR], ExitCode.UNAVAILABLE, "Kie answered: code 500"),
    ("the last reason", [_SILENT, _ERROR], ExitCode.UNAVAILABLE, "Kie answered: code 500"),
    ("not only invisible", [_ERROR, _UNSEEN], ExitCode.UNAVAILABLE, "Kie answered: code 500"),
    (
        "failed, said once",
        [TaskFailed("Kie says the task failed: code 501")],
        ExitCode.UNAVAILABLE,
        "Kie says the task failed: code 501; a second check has not confirmed it",
    ),
    ("silent", [], ExitCode.UNAVAILABLE, "no answer within 30s"),
]


@pytest.mark.parametrize(
    ("errors", "code", "message"), [row[1:] for row in _NEVER_GOOD], ids=[r[0] for r in _NEVER_GOOD]
)
def test_the_deadline_of_a_task_that_was_never_seen_gives_the_reason(
    errors: list[KieError], code: ExitCode, message: str
) -> None:
    told = _Told(wait_policy(30, None))
    for error in errors:
        told.look(error)
    assert told.watch.next_due() <= 30
    told.watch.start(30)
    [last] = told.watch.passed(40)
    assert last.error is not None
    assert (last.error.exit_code, last.error.message) == (code, message)


def test_a_task_that_was_seen_once_goes_on_whatever_followed() -> None:
    told = _Told(wait_policy(10, None))
    told.look(_GENERATING)
    told.look(_ERROR)
    [last] = told.watch.passed(20)
    assert last.error is not None
    assert (last.error.exit_code, last.error.message) == (124, "still generating after 10s")


def test_a_task_that_nobody_came_to_look_at_just_goes_on() -> None:
    told = _Told(wait_policy(10, None))
    [last] = told.watch.passed(20)
    assert last.error is not None
    assert (last.error.exit_code, last.error.message) == (124, "not checked within 10s")


def test_bad_answers_after_the_deadline_end_the_task() -> None:
    told = _Told(wait_policy(10, None))
    told.look(_GENERATING)
    [last] = told.look(_ERROR, at=10, took=1)
    assert last.error is not None
    assert last.error.exit_code == ExitCode.DEADLINE


@pytest.mark.parametrize(
    ("answer", "code"),
    [(_DONE, None), (_WAITING, 124), (_UNSEEN, 5), (_ERROR, 6), (TaskFailed("said so"), 1)],
)
def test_no_time_is_one_look_without_grace_and_retries(
    answer: _Seen | KieError, code: int | None
) -> None:
    told = _Told(wait_policy(0, None))
    [only] = told.look(answer)
    assert only.settled
    assert (only.error.exit_code if only.error else None) == code


def test_trouble_is_told_with_its_reason_and_limit() -> None:
    told = _Told(wait_policy(900, None))
    assert told.look(_ERROR, took=0.4) == [
        Snapshot("a", None, 0.4, settled=False, retry=Retry(_ERROR, 0.4 + 0.5, 120.0))
    ]


def test_a_pause_that_kie_imposed_is_known_to_last_when_it_begins() -> None:
    told = _Told(wait_policy(900, None))
    told.watch.pause(30)
    [last] = told.look(RateLimited("too often"))
    assert last.retry is not None
    assert last.retry.lasts == 30


def test_trouble_that_is_over_is_told_too() -> None:
    told = _Told(wait_policy(900, None))
    told.look(_WAITING)
    told.look(_ERROR)
    assert told.look(_WAITING) == [Snapshot("a", _WAITING, 2.5, settled=False)]


def test_a_task_is_given_up_when_its_box_is_full() -> None:
    told = _Told(wait_policy(900, None))
    while not (last := told.look(_ERROR)[-1]).settled:
        pass
    assert last.elapsed == 120
    assert last.error is not None
    assert last.error.exit_code == ExitCode.UNAVAILABLE
    assert last.error.message == "Kie answered: code 500; tried 13 times in 2m"


def test_time_in_our_queue_is_no_trouble() -> None:
    told = _Told(wait_policy(9000, None))
    for _ in range(5):
        [last] = told.look(_ERROR, at=told.watch.next_due() + 100)
    assert not last.settled
    assert last.retry is not None
    assert last.retry.lasts == 0.5 + 1 + 2 + 4 + 8


def test_a_pause_that_kie_imposed_is_trouble_the_queue_after_it_is_not() -> None:
    told = _Told(wait_policy(900, None))
    told.look(RateLimited("too often"))
    told.watch.pause(5)
    [last] = told.look(RateLimited("too often"), at=7)
    assert last.retry is not None
    assert last.retry.lasts == 5 + 1


def test_a_good_answer_empties_the_box() -> None:
    told = _Told(wait_policy(900, None))
    told.look(_ERROR)
    told.look(_WAITING, at=100)
    [last] = told.look(_ERROR, at=119)
    assert last.retry == Retry(_ERROR, 0.5, 120)


def test_a_good_answer_for_another_task_proves_the_connection() -> None:
    told = _Told(wait_policy(900, None), "a", "b")
    told.look(_SILENT)
    told.look(_WAITING, at=110)
    assert told.look(_SILENT, at=110, took=1)[0].retry == Retry(_SILENT, 1.5, 120)


def test_a_good_answer_for_another_task_says_nothing_of_bad_answers() -> None:
    told = _Told(wait_policy(900, None), "a", "b")
    told.look(_ERROR)
    told.look(_WAITING, at=0.1)
    assert told.look(_ERROR)[0].retry == Retry(_ERROR, 0.5 + 1, 120)


def test_a_silent_look_ends_after_twenty_seconds() -> None:
    told = _Told(wait_policy(900, None))
    task_id, look = told.watch.start(0)
    assert told.watch.next_limit() == 20
    assert list(told.watch.passed(19.9)) == []
    [last] = told.watch.passed(20)
    assert last.retry is not None
    assert last.retry.reason.message == "no answer within 20 s"
    assert told.watch.in_flight == 0
    assert list(told.watch.answered(task_id, look, _DONE, 21)) == []
    assert not told.watch.done


def test_only_the_looks_that_are_old_enough_end() -> None:
    told = _Told(wait_policy(900, None), "a", "b")
    told.watch.start(0)
    told.watch.start(1)
    assert [s.task_id for s in told.watch.passed(20)] == ["a"]
    assert told.watch.next_limit() == 21


def test_a_late_answer_changes_nothing_even_while_the_next_look_is_under_way() -> None:
    told = _Told(wait_policy(900, None))
    late = told.watch.start(0)
    list(told.watch.passed(20))
    following = told.watch.start(21)
    assert list(told.watch.answered(*late, _DONE, 22)) == []
    [last] = told.watch.answered(*following, _DONE, 23)
    assert last.settled
    assert list(told.watch.answered(*following, _DONE, 24)) == []


def test_a_failure_without_a_record_counts_when_it_is_said_again_five_seconds_later() -> None:
    told = _Told(wait_policy(900, None))
    failure = TaskFailed("Kie says the task failed: code 501")
    assert told.look(failure, took=1) == []
    assert told.watch.next_due() == 6
    assert told.look(failure) == [Snapshot("a", None, 6, settled=True, error=failure)]


def test_a_failure_that_is_taken_back_was_none() -> None:
    told = _Told(wait_policy(900, None))
    failure = TaskFailed("Kie says the task failed: code 408")
    told.look(failure)
    told.look(_GENERATING)
    assert told.look(failure) == []
    assert not told.watch.done


def test_a_failure_said_at_the_deadline_is_asked_about_once_more_in_overtime() -> None:
    told = _Told(wait_policy(10, None))
    failure = TaskFailed("Kie says the task failed: code 501")
    told.look(failure, at=9.5, took=1)
    assert told.watch.next_due() <= 10.5
    assert told.look(failure, at=10.5)[0].error is failure


def test_a_refused_key_ends_the_whole_run() -> None:
    refusal = AccountRefused("Kie refused the API key")
    told = _Told(wait_policy(900, None), "a", "b", "c")
    told.look(_DONE)
    assert [(s.task_id, s.settled, s.error) for s in told.look(refusal)] == [
        ("b", True, refusal),
        ("c", True, refusal),
    ]
    assert told.watch.done


def test_a_switched_off_feature_ends_only_its_own_task() -> None:
    refusal = AccessError("Kie has switched this off")
    told = _Told(wait_policy(900, None), "a", "b")
    assert [(s.task_id, s.error) for s in told.look(refusal)] == [("a", refusal)]
    assert not told.watch.done


def test_permanent_trouble_ends_a_task_at_once() -> None:
    told = _Told(wait_policy(900, None))
    refusal = ConnectionFailed("its certificate was refused", temporary=False)
    assert told.look(refusal) == [Snapshot("a", None, 0, settled=True, error=refusal)]


def test_a_task_that_never_becomes_visible_is_not_found_after_a_minute() -> None:
    told = _Told(wait_policy(900, None))
    while not (last := told.look(_UNSEEN)[-1]).settled:
        pass
    assert last == Snapshot("a", None, 60, settled=True, error=_UNSEEN)


def test_a_question_about_an_unknown_task_is_answered_at_once() -> None:
    told = _Told(query_policy())
    assert told.look(_UNSEEN) == [Snapshot("a", None, 0, settled=True, error=_UNSEEN)]


def test_a_settled_task_is_not_looked_at_again() -> None:
    told = _Told(wait_policy(900, None), "a", "b")
    told.look(_WAITING)
    told.look(AccountRefused("no"))
    assert told.watch.next_due() == float("inf")
