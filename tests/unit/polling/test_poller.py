"""Whole waits against a scripted Kie: what is asked when, and how it ends."""

import random
import weakref
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from kiecli.api.models import Task
from kiecli.api.rate_limiter import RateLimiter
from kiecli.clock import SystemClock
from kiecli.errors import (
    AccessError,
    AccountRefused,
    ConnectionFailed,
    Interrupted,
    KieError,
    KieUnavailable,
    RateLimited,
    TaskFailed,
    TaskNotFound,
)
from kiecli.polling.policy import QUERY_POLICY, WAIT_POLICY, PollPolicy
from kiecli.polling.poller import MAX_CONCURRENT_POLLS, Poller
from kiecli.polling.scheduler import PollScheduler
from kiecli.polling.snapshot import Retry, Snapshot
from kiecli.workers import DaemonThreadPool, ThreadEventQueue, WorkerCrashed
from tests.support.fakes import START
from tests.support.polls import Answer, PollRun, Script, always, seen

_WAITING, _GENERATING, _SUCCESS = seen("waiting"), seen("generating"), seen("success")
_ERROR = KieUnavailable("code 500")
_OFFLINE = ConnectionFailed("no connection")
_UNKNOWN = TaskNotFound("unknown")
_FAILURE = TaskFailed("failed: code 501")
_LIMITED = RateLimited("rate limited")


def _wait(timeout: float, interval: float | None = 3) -> PollPolicy:
    return WAIT_POLICY._replace(timeout=timeout, interval=interval)


_QUERY, _WAIT = QUERY_POLICY, _wait(900, None)


def _in_turn(*answers: Answer, latency: float = 0.0) -> Script:
    """Return a script whose last answer is given for good."""
    left = list(answers)
    return lambda _task_id, _now: (left.pop(0) if len(left) > 1 else left[0], latency)


def _until(moment: float, before: Answer, after: Answer) -> Script:
    return lambda _task_id, now: (before if now < moment else after, 0.0)


def _asks(seconds: float) -> RateLimited:
    return RateLimited("rate limited", retry_after=seconds)


# Script, policy, when it is polled, when it is settled, and how.
_Row = tuple[Script, PollPolicy, Sequence[float], float, str]
_RETRIES: dict[str, _Row] = {
    "status: 15 s": (
        always(_ERROR), _QUERY, [0, 1, 3, 7, 15], 15, "code 500; tried 5 times in 15s"),
    "wait: 2 min": (
        always(_ERROR), _WAIT, [0, 1, 3, 7, 15, 31, 61, 91, 120], 120,
        "code 500; tried 9 times in 2m"),
    "connection": (
        always(_OFFLINE), _QUERY, [0, 1, 3, 7, 15], 15, "no connection; tried 5 times in 15s"),
    "four polls at least": (
        always(_ERROR, 4), _QUERY, [0, 5, 11, 19], 23, "code 500; tried 4 times in 23s"),
    "twice its time at most": (
        always(_ERROR, 9), _QUERY, [0, 10, 21], 30, "code 500; tried 3 times in 30s"),
    "silence is cut short": (
        always(None), _QUERY, [0, 22], 30, "no answer within 20 s; tried 2 times in 30s"),
    "silence in wait": (
        always(None), _WAIT, [0, 22, 45, 70, 99], 120,
        "no answer within 20 s; tried 5 times in 2m"),
    "a good answer ends the retries": (
        _in_turn(_ERROR, _ERROR, _WAITING, _ERROR, _ERROR, _ERROR, _ERROR, _SUCCESS), _WAIT,
        [0, 1, 3, 5, 6, 8, 12, 20], 20, "success"),
    "429": (
        always(_LIMITED), _QUERY, [0, 5, 15], 15, "rate limited; tried 3 times in 15s"),
    "429 in wait": (
        always(_LIMITED), _WAIT, [0, 5, 15, 35, 65, 95, 125], 125,
        "rate limited; tried 7 times in 2m5s"),
    "a pause within the retry timeout": (
        _in_turn(_asks(9), _SUCCESS), _QUERY, [0, 9], 9, "success"),
    "a pause that outlasts the retry timeout": (
        always(_asks(3600)), _QUERY, [0], 0, "rate limited; Kie asks to wait 1h"),
    "a pause that outlasts what is left of it": (
        always(_asks(9)), _QUERY, [0, 9], 9,
        "rate limited; tried 2 times in 9s; Kie asks to wait 9s"),
    "a pause without a rate limit": (
        always(KieUnavailable("code 503", retry_after=20)), _QUERY, [0], 0,
        "code 503; Kie asks to wait 20s"),
    "a pause is a minute at most": (
        _in_turn(_asks(3600), KieUnavailable("code 503", retry_after=3600), _SUCCESS), _WAIT,
        [0, 60, 120], 120, "success"),
    "a pause that lasts": (
        always(_asks(3600)), _WAIT, [0, 60, 120, 180], 180,
        "rate limited; tried 4 times in 3m; Kie asks to wait 1h"),
    "no time to become visible": (always(_UNKNOWN), _QUERY, [0], 0, "unknown"),
    "a minute to become visible": (
        always(_UNKNOWN), _wait(900, 25), [0, 25, 50, 60], 60, "unknown"),
    "visible in time": (_in_turn(_UNKNOWN, _UNKNOWN, _SUCCESS), _WAIT, [0, 2, 4], 4, "success"),
    "the minute begins with the first such answer": (
        _in_turn(_ERROR, _ERROR, _ERROR, _UNKNOWN), _wait(900, 50), [0, 1, 3, 7, 57, 67],
        67, "unknown"),
    "failed polls do not renew it": (
        _in_turn(_UNKNOWN, _ERROR, _ERROR, _UNKNOWN), _wait(900, 50),
        [0, 50, 51, 53, 60], 60, "unknown"),
    "a good answer ends it": (
        _in_turn(_UNKNOWN, _WAITING, _UNKNOWN), _wait(900, 50), [0, 50, 100, 150, 160], 160,
        "unknown"),
    "it is no failed poll": (
        _in_turn(_UNKNOWN, _UNKNOWN, _ERROR), _wait(900, 20),
        [0, 20, 40, 41, 43, 47, 55, 71, 101, 131, 160], 160, "code 500; tried 9 times in 2m"),
    "a failure is confirmed": (always(_FAILURE, 0.5), _QUERY, [0, 5.5], 6, "failed: code 501"),
    "a failure is taken back": (_in_turn(_FAILURE, _SUCCESS), _WAIT, [0, 5], 5, "success"),
    "two failures with an answer between": (
        _in_turn(_FAILURE, _WAITING, _FAILURE, _SUCCESS), _WAIT, [0, 5, 7, 12], 12, "success"),
    "another error is final": (
        always(AccessError("feature disabled")), _WAIT, [0], 0, "feature disabled"),
    "a refused certificate": (
        always(ConnectionFailed("refused", temporary=False)), _QUERY, [0], 0, "refused"),
}  # fmt: skip


@pytest.mark.parametrize("name", _RETRIES)
def test_how_long_a_task_is_polled(name: str) -> None:
    script, policy, polls, end, how = _RETRIES[name]
    run = PollRun(script, policy).to_its_end()
    assert (run.moments, run.ends) == (polls, [("a", end, how)])


_DEADLINES: dict[str, _Row] = {
    "the last poll": (
        always(_GENERATING, 0.5), _wait(10), [0, 3, 6, 9, 10], 10.5, "still generating after 10s"),
    "a state in capitals": (
        always(seen("GENERATING")), _wait(3), [0, 3], 3, "still generating after 3s"),
    "an unknown state": (
        always(seen("UpScaling")), _wait(3), [0, 3], 3, "still UpScaling after 3s"),
    "no state": (always(seen(None)), _wait(3), [0, 3], 3, "still running after 3s"),
    "ten seconds more": (always(None), _wait(10), [0], 20, "no answer within 10s"),
    "a poll that takes longer than the interval": (
        always(_GENERATING, 4), _wait(10), [0, 4, 8, 12], 16, "still generating after 10s"),
    "failed polls": (
        always(_ERROR), _wait(10), [0, 1, 3, 7, 10], 10, "code 500; tried 5 times in 10s"),
    "failed polls after a good answer": (
        _in_turn(_WAITING, _ERROR), _wait(4), [0, 3, 4], 4, "still waiting after 4s"),
    "not visible": (always(_UNKNOWN), _wait(10), [0, 3, 6, 9, 10], 10, "unknown"),
    "not only not visible": (
        _in_turn(_UNKNOWN, _ERROR, _UNKNOWN), _wait(5), [0, 3, 4, 5], 5, "code 500"),
    "a pause beyond it": (
        always(_asks(90)), _wait(10), [0], 10, "rate limited; Kie asks to wait 1m30s"),
    "a pause without a rate limit": (
        always(KieUnavailable("code 503", retry_after=90)), _wait(10), [0], 10,
        "code 503; Kie asks to wait 1m30s"),
    "a failure that is not confirmed": (
        _in_turn(_FAILURE, None), _wait(3), [0, 3], 13,
        "failed: code 501, not confirmed by a second answer"),
    "a failure at the deadline": (
        _in_turn(_WAITING, _FAILURE), _wait(3), [0, 3, 3], 3, "failed: code 501"),
    "0 is one poll": (always(_WAITING), _wait(0), [0], 0, "still waiting"),
    "0 and a failed poll": (always(_ERROR), _wait(0), [0], 0, "code 500"),
    "0 and not visible": (always(_UNKNOWN), _wait(0), [0], 0, "unknown"),
    "0 and a failure": (always(_FAILURE), _wait(0), [0], 0, "failed: code 501"),
}  # fmt: skip


@pytest.mark.parametrize("name", _DEADLINES)
def test_how_waiting_ends(name: str) -> None:
    script, policy, polls, end, how = _DEADLINES[name]
    run = PollRun(script, policy).to_its_end()
    assert (run.moments, run.ends) == (polls, [("a", end, how)])


_ENDED = 1000 * (START - 5)


def _empty(completed_at: float | None = _ENDED) -> Task:
    return Task.parse("a", {"state": "success", "completeTime": completed_at})


_SEVEN = [0, 2, 4, 6, 8, 10, 12, 14]
_LISTINGS: dict[str, _Row] = {
    "listed in time": (_in_turn(_empty(), _empty(), _SUCCESS), _WAIT, [0, 2, 4], 4, "success"),
    "never listed": (always(_empty()), _WAIT, _SEVEN, 14, "success"),
    "it was seen to run": (
        _in_turn(_WAITING, _empty(None)), _WAIT, [0, *(2 + each for each in _SEVEN)], 16,
        "success"),
    "not fresh": (always(_empty(_ENDED - 56_000)), _WAIT, [0], 0, "success"),
    "no one knows": (always(_empty(None)), _WAIT, [0], 0, "success"),
    "an object": (
        always(seen("success", resultJson={"resultObject": {}}, completeTime=_ENDED)), _WAIT,
        [0], 0, "success"),
    "nobody waits": (always(_empty()), _QUERY, [0], 0, "success"),
    "one poll": (always(_empty()), _wait(0), [0], 0, "success"),
    "the deadline": (always(_empty()), _wait(3), [0, 2, 3], 3, "success"),
    "failed polls": (_in_turn(_empty(), _ERROR), _WAIT, _SEVEN, 14, "success"),
    "silence": (_in_turn(_empty(), None), _WAIT, [0, 2], 15, "success"),
    "a refusal": (_in_turn(_empty(), AccountRefused("no")), _WAIT, [0, 2], 2, "success"),
}  # fmt: skip


@pytest.mark.parametrize("name", _LISTINGS)
def test_a_fresh_success_that_lists_nothing_is_polled_again(name: str) -> None:
    script, policy, polls, end, how = _LISTINGS[name]
    run = PollRun(script, policy).to_its_end()
    assert (run.moments, run.ends) == (polls, [("a", end, how)])


@pytest.mark.parametrize(
    ("script", "policy", "retry"),
    [
        (always(_ERROR, 0.5), _WAIT, Retry(_ERROR, 1.5, 120)),
        (always(_ERROR, 0.5), _QUERY, Retry(_ERROR, 1.5, 15)),
        (always(_ERROR, 0.5), _wait(10), Retry(_ERROR, 1.5, 10)),
        (always(_asks(30), 0.5), _WAIT, Retry(_asks(30), 30.5, 120)),
        (always(_LIMITED, 0.5), _WAIT, Retry(_LIMITED, 5.5, 120)),
        (always(_UNKNOWN, 0.5), _WAIT, Retry(_UNKNOWN, 2.5, 60)),
        (always(_UNKNOWN, 0.5), _wait(10), Retry(_UNKNOWN, 3.5, 10)),
        (always(_FAILURE, 0.5), _WAIT, Retry(_FAILURE, 5, 5)),
    ],
)
def test_a_retry_has_its_reason_and_its_limit(
    script: Script, policy: PollPolicy, retry: Retry
) -> None:
    run = PollRun(script, policy).to_its_end()
    moment, first = run.snapshots[0]
    assert (moment, first._replace(retry=None)) == (0.5, Snapshot("a", None, 0.5, settled=False))
    assert first.retry is not None
    assert (type(first.retry.reason), *first.retry[1:]) == (type(retry.reason), *retry[1:])


def test_polls_beyond_the_retry_timeout_have_the_longer_limit() -> None:
    [(moment, first), _] = PollRun(always(None), _QUERY).to_its_end().snapshots
    assert first.retry is not None
    assert (moment, *first.retry[1:]) == (21, 22, 30)


def test_only_changes_of_state_and_the_end_of_retries_are_news() -> None:
    script = _in_turn(_WAITING, _WAITING, _ERROR, _WAITING, _WAITING, _GENERATING, _SUCCESS)
    run = PollRun(script, _WAIT).to_its_end()
    assert run.snapshots == [
        (0, Snapshot("a", _WAITING, 0, settled=False)),
        (4, Snapshot("a", _WAITING, 4, settled=False, retry=Retry(_ERROR, 1, 120))),
        (5, Snapshot("a", _WAITING, 5, settled=False)),
        (9, Snapshot("a", _GENERATING, 9, settled=False)),
        (11, Snapshot("a", _SUCCESS, 11, settled=True)),
    ]


def test_each_retry_of_a_listing_says_so() -> None:
    run = PollRun(_in_turn(_empty(), _SUCCESS), _WAIT).to_its_end()
    [(_, first), (_, last)] = run.snapshots
    assert first.retry is not None
    assert (first.answer, first.retry.reason.message, *first.retry[1:]) == (
        None,
        "the task succeeded, but Kie lists no results yet",
        2,
        15,
    )
    assert last == Snapshot("a", _SUCCESS, 2, settled=True)


# Several tasks.


def _by_task(**answers: tuple[Answer, float]) -> Script:
    return lambda task_id, _now: answers[task_id]


def _ids(count: int) -> list[str]:
    return [f"task-{n}" for n in range(count)]


def _most_in_a_second(moments: Sequence[float]) -> int:
    return max(n - bisect_left(moments, m - 1 + 1e-6) for n, m in enumerate(moments, start=1))


def test_one_bad_task_stops_no_other() -> None:
    answers: dict[str, Answer] = {"lost": _UNKNOWN, "failed": _FAILURE, "away": _ERROR}
    script: Script = lambda task_id, now: (  # noqa: E731
        answers.get(task_id) or (_SUCCESS if now > 200 else _WAITING),
        0,
    )
    run = PollRun(script, _WAIT, ["lost", "failed", "away", "good"]).to_its_end()
    assert [(task_id, how) for task_id, _, how in run.ends] == [
        ("failed", "failed: code 501"),
        ("lost", "unknown"),
        ("away", "code 500; tried 9 times in 2m"),
        ("good", "success"),
    ]


def test_a_refused_key_ends_the_whole_run() -> None:
    run = PollRun(always(AccountRefused("no access"), 0.3), _WAIT, _ids(100)).to_its_end()
    assert {end[1:] for end in run.ends} == {(0.3, "no access")}
    assert (len(run.ends), len(run.polls)) == (100, 8)


@pytest.mark.parametrize(
    ("answer", "latency", "policy", "end"),
    [
        (_ERROR, 0.3, _QUERY, (15.05, "code 500; tried 119 times in 15s")),
        (_ERROR, 0.3, _WAIT, (120.05, "code 500; tried 959 times in 2m")),
        (None, 0, _QUERY, (21, "no answer within 20 s; tried 4 times in 21s")),
        (None, 0, _WAIT, (120, "no answer within 20 s; tried 793 times in 2m")),
        (_LIMITED, 0.3, _QUERY, (15.9, "rate limited; tried 10 times in 16s")),
        (_LIMITED, 0.3, _WAIT, (127.1, "rate limited; tried 14 times in 2m7s")),
        (_asks(3600), 0.3, _QUERY, (0.3, "rate limited; Kie asks to wait 1h")),
        (_asks(30), 0.3, _WAIT, (121.5, "rate limited; tried 12 times in 2m2s")),
    ],
)
def test_hundreds_of_tasks_end_together_where_kie_answers_nobody(
    answer: Answer, latency: float, policy: PollPolicy, end: tuple[float, str]
) -> None:
    run = PollRun(always(answer, latency), policy, _ids(300)).to_its_end()
    moment, message = end
    [(when, how)] = {each[1:] for each in run.ends}
    assert (when, how.removesuffix("; Kie asks to wait 30s")) == (moment, message)
    assert len(run.ends) == 300
    assert _most_in_a_second([moment for moment, _ in run.polls]) <= 8


def test_tasks_end_together_at_twice_the_retry_timeout_also_while_one_waits_for_the_other() -> None:
    script: Script = lambda _task_id, now: (_LIMITED if now < 1 else None, 0)  # noqa: E731
    run = PollRun(script, _QUERY, ["a", "b"]).to_its_end()
    end = (30, "no answer within 20 s; tried 4 times in 30s")
    assert (run.moments, run.ends) == ([0, 0, 5, 26], [("a", *end), ("b", *end)])


def test_polls_that_hang_keep_no_other_task_waiting() -> None:
    hanging = set(_ids(32))
    script: Script = lambda task_id, _now: (None if task_id in hanging else _SUCCESS, 0.3)  # noqa: E731
    run = PollRun(script, _WAIT, _ids(42)).to_its_end()
    good, hung = run.ends[:10], run.ends[10:]
    assert [(task_id, how) for task_id, _, how in good] == [
        (f"task-{n}", "success") for n in range(32, 42)
    ]
    assert max(moment for _, moment, _ in good) < 6
    assert len({end[1:] for end in hung}) == 1
    assert 120 < hung[0][1] < 150


def test_a_good_answer_for_any_task_proves_the_connection() -> None:
    script = _by_task(off=(_OFFLINE, 0), on=(_WAITING, 0))
    run = PollRun(script, _wait(400, 60), ["off", "on"]).to_its_end()
    assert sorted(run.ends) == [
        ("off", 400, "no connection"),
        ("on", 400, "still waiting after 6m40s"),
    ]


def test_the_retry_timeout_begins_after_the_last_good_answer_for_any_task() -> None:
    script: Script = lambda task_id, now: (_WAITING if task_id == "on" and now < 20 else None, 0)  # noqa: E731
    run = PollRun(script, _WAIT, ["off", "on"]).to_its_end()
    [end] = {end[1:] for end in run.ends}
    assert end == (140, "no answer within 20 s; tried 10 times in 2m2s")


def test_a_good_answer_for_any_task_puts_off_the_hard_end_of_a_poll_in_flight() -> None:
    answers: dict[str, Script] = {
        "off": lambda _task_id, now: (_OFFLINE if now < 10 else None, 0),
        "on": always(_SUCCESS, 20),
    }
    run = PollRun(lambda *poll: answers[poll[0]](*poll), _QUERY, ["off", "on"]).to_its_end()
    assert run.ends == [
        ("on", 20, "success"),
        ("off", 50, "no answer within 20 s; tried 2 times in 30s"),
    ]


def test_a_good_answer_for_another_task_does_not_end_other_retries() -> None:
    script = _by_task(bad=(_ERROR, 0), good=(_WAITING, 0))
    run = PollRun(script, _wait(400, 60), ["bad", "good"]).to_its_end()
    assert run.ends[0] == ("bad", 120, "code 500; tried 9 times in 2m")


def test_an_answer_that_is_no_good_one_proves_that_kie_is_there() -> None:
    script = _by_task(off=(_ERROR, 0), unknown=(_UNKNOWN, 0))
    run = PollRun(script, _wait(900, 10), ["off", "unknown"]).to_its_end()
    assert run.ends == [
        ("unknown", 60, "unknown"),
        ("off", 120, "code 500; tried 9 times in 2m"),
    ]


def test_a_pause_that_kie_asks_for_ends_a_query_but_for_what_is_in_flight() -> None:
    script = _by_task(
        slow=(_SUCCESS, 2), away=(_ERROR, 3), limited=(_asks(60), 1), **{"not asked": (None, 0)}
    )
    task_ids = ["slow", "away", "limited", "a", "b", "c", "d", "e", "not asked"]
    answers = {task_id: script(task_id, 0) for task_id in ("slow", "away", "limited")}
    run = PollRun(lambda each, _: answers.get(each, (_WAITING, 0.5)), _QUERY, task_ids).to_its_end()
    asked = "rate limited; Kie asks to wait 1m"
    assert run.ends == [
        *((task_id, 0.5, "waiting") for task_id in "abcde"),
        ("limited", 1, asked),
        ("not asked", 1, asked),
        ("slow", 2, "success"),
        ("away", 3, "code 500"),
    ]


def test_a_pause_that_outlasts_the_retries_of_a_task_ends_it() -> None:
    script = _by_task(slow=(_ERROR, 9), limited=(_asks(14), 19.5))
    run = PollRun(script, _QUERY, ["slow", "limited"]).to_its_end()
    assert run.ends == [
        ("limited", 19.5, "rate limited; Kie asks to wait 14s"),
        ("slow", 19.5, "code 500; tried 2 times in 20s"),
    ]


def test_after_a_pause_one_task_asks_first() -> None:
    script: Script = lambda _task_id, now: (_asks(30) if now < 30 else _SUCCESS, 0.5)  # noqa: E731
    run = PollRun(script, _WAIT, _ids(10)).to_its_end()
    assert run.moments == [
        *[0] * 8, 30.5, 31.0, 31.12, 31.25, 31.38, 31.5, 31.62, 31.75, 31.88, 32.0,
    ]  # fmt: skip


@pytest.mark.parametrize("latency", [0.0, 0.35, 1.1])
def test_many_tasks_keep_the_budget_and_nearly_use_it_up(latency: float) -> None:
    run = PollRun(always(_WAITING, latency), _wait(120, None), _ids(300)).to_its_end()
    assert _most_in_a_second([moment for moment, _ in run.polls]) <= 8
    assert len(run.polls) >= 0.97 * 8 * 120
    assert 120 <= run.clock.now() <= 131


def test_many_tasks_are_polled_in_turn() -> None:
    run = PollRun(always(_WAITING, 0.3), _wait(300, 1), _ids(100)).to_its_end()
    counts = Counter(task_id for _, task_id in run.polls)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert [task_id for _, task_id in run.polls[:100]] == _ids(100)


def test_no_more_polls_are_in_flight_than_threads() -> None:
    in_flight = []

    def script(_task_id: str, _now: float) -> tuple[Answer, float]:
        in_flight.append(len(run.scheduler.in_flight))
        return _SUCCESS, 20.9

    run = PollRun(script, _WAIT, _ids(200))
    run.to_its_end()
    assert max(in_flight) <= MAX_CONCURRENT_POLLS == 168


def test_time_in_the_queue_counts_for_no_retry_timeout() -> None:
    # A round over all tasks takes two minutes, as long as the retry timeout.
    polls: Counter[str] = Counter()

    def script(task_id: str, _now: float) -> tuple[Answer, float]:
        polls[task_id] += 1
        number = int(task_id[5:])
        if (number + polls[task_id]) % 2:
            return (_OFFLINE, _ERROR, _UNKNOWN)[number % 3], 0.2
        return (_SUCCESS if polls[task_id] > 4 else _WAITING), 0.2

    run = PollRun(script, _wait(7200, None), _ids(1000)).to_its_end()
    assert Counter(how for _, _, how in run.ends) == {"success": 1000}


# The machine and its main thread.


@pytest.mark.parametrize(
    ("slept", "latency", "polls", "end"),
    [
        # Between polls, in the middle of one, and not as long as to pass the deadline.
        (1000, 0.0, [0, 2, 1003], (1003, "success")),
        (1000, 2.0, [0, 1001], (1003, "success")),
        (300, 0.0, [0, 2, 303], (303, "success")),
    ],
)
def test_a_machine_that_slept_polls_once_more_before_it_gives_up(
    slept: float, latency: float, polls: list[float], end: tuple[float, str]
) -> None:
    script: Script = lambda _task_id, now: (_SUCCESS if now > 300 else _WAITING, latency)  # noqa: E731
    run = PollRun(script, _WAIT)
    at = 3.0 if latency == 0 else 1.0
    run.event_queue.put_at(at, lambda: run.clock.advance(slept))
    run.to_its_end()
    assert (run.moments, run.ends) == (polls, [("a", *end)])


def test_what_was_in_flight_when_the_machine_slept_is_polled_again() -> None:
    run = PollRun(_in_turn(None, _SUCCESS), _WAIT)
    run.event_queue.put_at(1, lambda: run.clock.advance(1000))
    run.to_its_end()
    assert (run.moments, run.ends) == ([0, 1001], [("a", 1001, "success")])


def test_sleep_counts_for_no_retry_timeout_but_for_the_deadline() -> None:
    run = PollRun(always(_ERROR), _wait(900, 3))
    run.event_queue.put_at(6, lambda: run.clock.advance(800))
    run.to_its_end()
    assert run.moments == [0, 1, 3, 806, 814, 830, 860, 890, 900]
    assert run.ends == [("a", 900, "code 500; tried 9 times in 1m41s")]


def test_no_moment_is_missed_by_what_floats_make_of_a_sleep() -> None:
    """Where one was, the clock would stand still and the run never end."""
    numbers = random.Random(1)
    for _ in range(50):
        run = PollRun(always(_WAITING), _wait(900, None))
        slept = numbers.uniform(70, 700)
        run.event_queue.put_at(6, lambda slept=slept: run.clock.advance(slept))  # noqa: B023
        run.to_its_end()
        assert run.ends == [("a", 900, "still waiting after 15m")]


def test_a_consumer_that_blocks_is_as_good_as_a_machine_that_sleeps() -> None:
    run = PollRun(always(_WAITING), _wait(10, 2))
    list(run.poller.receive(_first_answer(run)))
    run.clock.advance(60)
    assert list(run.poller.expire()) == []
    run.to_its_end()
    assert run.ends == [("a", 60, "still waiting after 10s")]


def test_two_short_delays_are_not_a_sleep() -> None:
    run = PollRun(always(None), _WAIT)
    assert run.poller.start_due() == 21
    run.clock.advance(25)
    run.poller.start_due()
    run.clock.advance(2)
    assert [snapshot.retry is not None for snapshot in run.poller.expire()] == [True]


def _first_answer(run: PollRun) -> Any:
    wake = run.poller.start_due()
    run.event_queue.get(wake)  # the rate limiter's
    return run.event_queue.get(wake)


def test_a_signal_passes_through() -> None:
    run = PollRun(always(_WAITING), _WAIT)
    run.event_queue.put_at(3, Interrupted(2))
    with pytest.raises(Interrupted):
        run.to_its_end()
    assert run.clock.now() == 3


def test_a_bug_on_a_worker_comes_up_on_the_main_thread() -> None:
    def broken(_task_id: str, _started: float) -> Task:
        raise ZeroDivisionError

    clock = SystemClock()
    event_queue = ThreadEventQueue(clock)
    poller = Poller(
        PollScheduler(["a"], _QUERY, clock.now(), random.Random(1).uniform),
        broken,
        rate_limiter=RateLimiter(clock),
        workers=DaemonThreadPool(2, event_queue),
        clock=clock,
    )
    with pytest.raises(WorkerCrashed) as crash:
        event_queue.get(poller.start_due())
    assert isinstance(crash.value.__cause__, ZeroDivisionError)


class _Body:
    """What an answer holds; it can be seen to be gone."""


@pytest.mark.parametrize("error", [_ERROR, _OFFLINE, _UNKNOWN])
def test_while_a_task_is_polled_again_nothing_is_kept_of_an_answer(error: KieError) -> None:
    bodies: list[weakref.ref[_Body]] = []

    def script(_task_id: str, _now: float) -> tuple[Answer, float]:
        assert [body() for body in bodies] == [None] * len(bodies)
        body = _Body()
        bodies.append(weakref.ref(body))
        raise type(error)(error.message) from ValueError(body)

    PollRun(script, _wait(600, None)).to_its_end()
    assert len(bodies) > 3


# How soon a result is noticed.


@pytest.mark.parametrize("finished", [0.1, 5, 13.1, 39.9, 41, 146, 453, 786, 880])
def test_a_result_is_noticed_soon_after_it_is_there(finished: float) -> None:
    for seed in range(20):
        jitter = random.Random(seed).uniform
        run = PollRun(_until(finished, _WAITING, _SUCCESS), _WAIT, random=jitter).to_its_end()
        assert run.clock.now() - finished <= max(2.2, 0.06 * finished)


def test_fifteen_minutes_of_waiting_take_about_a_hundred_polls() -> None:
    for seed in range(20):
        jitter = random.Random(seed).uniform
        run = PollRun(always(_GENERATING, 0.35), _WAIT, random=jitter).to_its_end()
        assert 90 <= len(run.polls) <= 110
        assert [how for _, _, how in run.ends] == ["still generating after 15m"]
        assert 900.35 <= run.clock.now() <= 900.7
        assert min(b - a for a, b in pairwise(run.moments[:-1])) >= 1.99
