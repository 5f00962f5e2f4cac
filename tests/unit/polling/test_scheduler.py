"""What the scheduler decides, given moments and answers by hand.

Whole waits are in test_poller.py.
"""

from kiecli.api.models import Task
from kiecli.errors import KieError, KieUnavailable, RateLimited
from kiecli.polling.policy import QUERY_POLICY, WAIT_POLICY
from kiecli.polling.scheduler import Poll, PollScheduler
from kiecli.polling.snapshot import Retry, Snapshot
from tests.support.polls import longest, seen

_WAITING, _SUCCESS = seen("waiting"), seen("success")
_WAIT = WAIT_POLICY._replace(timeout=900)


def test_every_task_is_due_at_once_in_the_order_given() -> None:
    scheduler = PollScheduler(["b", "a", "c"], QUERY_POLICY, 5, longest)
    polls = []
    while scheduler.next_due() <= 5:
        polls.append(scheduler.start(5))
    assert polls == [Poll("b", 1, 5), Poll("a", 1, 5), Poll("c", 1, 5)]
    assert list(scheduler.in_flight) == ["b", "a", "c"]


def test_without_tasks_there_is_nothing_to_do() -> None:
    scheduler = PollScheduler([], QUERY_POLICY, 0, longest)
    assert (scheduler.open, scheduler.next_due()) == ({}, float("inf"))


def test_another_interval_function_can_be_given() -> None:
    scheduler = PollScheduler(["a"], _WAIT, 0, longest, lambda *_: 42)
    list(scheduler.on_answer(scheduler.start(0), _WAITING, 0))
    assert scheduler.next_due() == 42


def test_elapsed_counts_from_the_first_poll() -> None:
    scheduler = PollScheduler(["a"], _WAIT, 0, longest)
    [snapshot] = scheduler.on_answer(scheduler.start(100), _WAITING, 100.5)
    assert snapshot == Snapshot("a", _WAITING, 0.5, settled=False)
    assert scheduler.next_due() == 102


def test_a_poll_counts_as_failed_a_second_after_its_request() -> None:
    scheduler = PollScheduler(["a", "b"], _WAIT, 0, longest)
    scheduler.start(0)
    scheduler.start(1)
    assert scheduler.next_limit() == 21
    assert list(scheduler.expire(20.9)) == []
    [snapshot] = scheduler.expire(21)
    assert snapshot.retry is not None
    assert (snapshot.task_id, snapshot.retry.reason.message) == ("a", "no answer within 20 s")
    assert (list(scheduler.in_flight), scheduler.next_limit()) == (["b"], 22)


def test_a_late_answer_changes_nothing_even_while_the_next_poll_is_in_flight() -> None:
    scheduler = PollScheduler(["a"], _WAIT, 0, longest)
    late = scheduler.start(0)
    list(scheduler.expire(21))
    following = scheduler.start(22)
    assert list(scheduler.on_answer(late, _SUCCESS, 23)) == []
    assert list(scheduler.on_answer(following, _SUCCESS, 24)) == [
        Snapshot("a", _SUCCESS, 24, settled=True)
    ]
    assert list(scheduler.on_answer(following, _SUCCESS, 25)) == []
    assert scheduler.open == {}


def test_time_in_our_own_queue_counts_for_no_retry_timeout() -> None:
    scheduler = PollScheduler(["other", "a"], WAIT_POLICY._replace(timeout=9000), 0, longest)
    error = KieUnavailable("code 500")
    lasts = []
    for _ in range(5):
        answers: dict[str, Task | KieError] = {"other": _WAITING, "a": error}
        start = scheduler.next_due() + 100
        for _ in answers:
            poll = scheduler.start(start)
            snapshots = list(scheduler.on_answer(poll, answers[poll.task_id], start))
            lasts += [each.retry.lasts for each in snapshots if each.retry]
    assert lasts == [1, 3, 7, 15, 31]


def test_a_pause_counts_and_the_queue_after_it_does_not() -> None:
    scheduler = PollScheduler(["a"], _WAIT, 0, longest)
    error = RateLimited("rate limited")
    list(scheduler.on_answer(scheduler.start(0), error, 0))
    scheduler.pause(5, 0, error)
    [snapshot] = scheduler.on_answer(scheduler.start(7), error, 7)
    assert snapshot.retry == Retry(error, 5 + 2, 120)


def test_after_a_sleep_past_the_deadline_every_task_is_due_at_once() -> None:
    scheduler = PollScheduler(["answered", "in flight"], _WAIT, 0, longest)
    list(scheduler.on_answer(scheduler.start(0), _WAITING, 0))
    scheduler.start(0)
    scheduler.slept(1000, 1)
    assert scheduler.in_flight == {}
    polls = []
    while scheduler.next_due() <= 1:
        polls.append(scheduler.start(1))
    assert sorted(polls) == [Poll("answered", 2, 1), Poll("in flight", 2, 1)]


def test_after_a_sleep_tasks_are_polled_in_the_order_given() -> None:
    scheduler = PollScheduler(["a", "b"], _WAIT, 0, longest)
    first, second = scheduler.start(0), scheduler.start(0)
    list(scheduler.on_answer(second, _WAITING, 0))
    list(scheduler.on_answer(first, _WAITING, 0))
    scheduler.slept(100, 1)
    assert [scheduler.start(2).task_id, scheduler.start(2).task_id] == ["a", "b"]


def test_waiting_ends_at_the_deadline_or_ten_seconds_after_it() -> None:
    scheduler = PollScheduler(["a", "b"], WAIT_POLICY._replace(timeout=10), 0, longest)
    for _ in range(2):
        list(scheduler.on_answer(scheduler.start(0), _WAITING, 0))
    scheduler.start(9)
    assert scheduler.next_limit() == 20
    assert list(scheduler.expire(19.9)) == []
    assert [snapshot.settled for snapshot in scheduler.expire(20)] == [True, True]


def test_a_pause_beyond_the_deadline_is_not_waited_for() -> None:
    scheduler = PollScheduler(["a"], WAIT_POLICY._replace(timeout=10), 0, longest)
    scheduler.pause(19, 0)
    assert scheduler.next_limit() == 20
    scheduler.pause(20, 0)
    scheduler.pause(5, 1)  # asks for less: the longer one stands
    assert scheduler.next_limit() == 10
    [snapshot] = scheduler.expire(10)
    assert snapshot.error is not None
    assert (snapshot.elapsed, snapshot.error.message) == (0, "not checked within 10s")
