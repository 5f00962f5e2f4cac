"""How long trouble with one task is borne."""

import pytest

from kiecli.errors import ConnectionFailed, KieError, KieUnavailable, RateLimited, TaskNotFound
from kiecli.polling.policy import PollPolicy, query_policy, wait_policy
from kiecli.polling.tracking import RetryState

_ERROR = KieUnavailable("Kie answered: code 500")
_UNSEEN = TaskNotFound("Kie has no task with this id")
_WAITING = wait_policy(900, None)


def _trouble(policy: PollPolicy, *looks: tuple[float, KieError]) -> RetryState:
    """Return the trouble of looks that failed at these moments."""
    trouble = RetryState(policy, looks[0][0], looks[0][1])
    for started, error in looks:
        trouble.add(error, started)
    return trouble


def _longest(_low: float, high: float) -> float:
    return high


@pytest.mark.parametrize(("policy", "retry_timeout"), [(_WAITING, 120), (query_policy(), 15)])
def test_the_box_takes_its_time_and_at_least_four_failed_looks(
    policy: PollPolicy, retry_timeout: float
) -> None:
    three = _trouble(policy, *[(100, _ERROR)] * 3)
    four = _trouble(policy, *[(100, _ERROR)] * 4)
    assert not three.over(100 + retry_timeout)
    assert not four.over(99.9 + retry_timeout)
    assert four.over(100 + retry_timeout)


def test_time_in_our_own_queue_does_not_count() -> None:
    trouble = _trouble(_WAITING, *[(100, _ERROR)] * 4)
    trouble.queued = 50
    assert trouble.lasted(220) == 70
    assert not trouble.over(269)
    assert trouble.over(270)


def test_pauses_double_and_the_last_look_falls_on_the_end_of_the_box() -> None:
    now, pauses = 0.0, []
    trouble = RetryState(_WAITING, now, _ERROR)
    while not trouble.over(now):
        trouble.add(_ERROR, now)
        following = trouble.next_look(now, _longest)
        pauses.append(following - now)
        now = following
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 29]


def test_a_box_that_is_full_before_four_looks_goes_on_with_its_pauses() -> None:
    trouble = _trouble(query_policy(), (0, _ERROR), (21, _ERROR))
    assert trouble.next_look(42, _longest) == 44


def test_one_look_is_all_there_is_where_no_time_was_given() -> None:
    once = wait_policy(0, None)
    assert _trouble(once, (0, _ERROR)).over(0)
    assert _trouble(once, (0, _UNSEEN)).over(0)


def test_a_task_that_is_not_visible_gets_a_minute_of_grace_at_the_rhythm() -> None:
    trouble = _trouble(_WAITING, (10, _UNSEEN))
    assert trouble.limit == 60
    assert trouble.next_look(10.5, _longest) == 12.5
    assert trouble.next_look(69, _longest) == 70
    assert not trouble.over(69.9)
    assert trouble.over(70)


def test_a_question_has_no_grace() -> None:
    assert _trouble(query_policy(), (10, _UNSEEN)).over(10.1)


def test_grace_begins_with_the_first_look_that_did_not_see_the_task() -> None:
    trouble = _trouble(_WAITING, (0, _ERROR), (100, _ERROR), (110, _UNSEEN))
    assert trouble.lasted(111) == 1
    assert not trouble.over(111)
    assert trouble.over(170)


def test_grace_leaves_out_the_queue_before_and_after_it_began() -> None:
    trouble = RetryState(_WAITING, 0, _ERROR)
    trouble.add(_ERROR, 0)
    trouble.queued = 50
    trouble.add(_UNSEEN, 60)
    assert trouble.lasted(61) == 1
    trouble.queued = 70
    assert trouble.lasted(91) == 11


def test_grace_is_not_renewed_by_other_trouble_in_between() -> None:
    trouble = _trouble(_WAITING, (0, _UNSEEN), (30, _ERROR), (60, _UNSEEN))
    assert trouble.over(60.5)


def test_not_being_visible_counts_as_trouble_when_other_trouble_follows() -> None:
    trouble = _trouble(_WAITING, (0, _UNSEEN), (20, _UNSEEN), (40, _UNSEEN), (50, _ERROR))
    assert trouble.limit == 120
    assert trouble.lasted(60) == 60
    assert not trouble.over(119)
    assert trouble.over(120)


@pytest.mark.parametrize("kind", [KieUnavailable, RateLimited])
def test_retry_after_is_obeyed_beyond_our_own_pause(kind: type[KieUnavailable]) -> None:
    asked = kind("come back later", retry_after=45)
    assert _trouble(_WAITING, (0, asked)).next_look(1, _longest) == 46
    assert _trouble(_WAITING, (0, kind("soon", retry_after=0.2))).next_look(1, _longest) == 2


@pytest.mark.parametrize("kind", [KieUnavailable, RateLimited])
def test_a_question_does_not_wait_when_told_to_stay_away_beyond_its_box(
    kind: type[KieUnavailable],
) -> None:
    told = kind("come back later", retry_after=3600)
    assert _trouble(query_policy(), (0, told)).over(0.3)
    assert not _trouble(_WAITING, (0, told)).over(0.3)
    assert not _trouble(query_policy(), (0, kind("soon", retry_after=10))).over(0.3)


def test_trouble_is_of_the_connection_while_no_answer_came_at_all() -> None:
    silent = ConnectionFailed("no answer")
    assert _trouble(_WAITING, (0, silent), (1, silent)).only_connection
    assert not _trouble(_WAITING, (0, silent), (1, _ERROR), (2, silent)).only_connection
