"""When to poll again: a twentieth of the time waited, between 2 and 15 seconds."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.polling.policy import QUERY_POLICY, WAIT_POLICY, PollPolicy, backoff, poll_interval


def _low(low: float, _high: float) -> float:
    return low


def _middle(low: float, high: float) -> float:
    return (low + high) / 2


def _high(_low: float, high: float) -> float:
    return high


@pytest.mark.parametrize(
    ("elapsed", "shortest", "middle", "longest"),
    [
        (0, 2.0, 2.0, 2.0),
        (36, 2.0, 2.0, 2.0),
        (40, 2.0, 2.0, 2.2),
        (100, 4.5, 5.0, 5.5),
        (280, 12.6, 14.0, 15.0),
        (300, 13.5, 15.0, 15.0),
        (900, 15.0, 15.0, 15.0),
        (1e9, 15.0, 15.0, 15.0),
    ],
)
def test_a_pause_is_a_twentieth_of_the_time_waited_within_its_limits(
    elapsed: float, shortest: float, middle: float, longest: float
) -> None:
    pauses = [poll_interval(elapsed, None, scatter) for scatter in (_low, _middle, _high)]
    assert pauses == pytest.approx([shortest, middle, longest])


@given(st.floats(0, 1e6), st.floats(1, 1e6))
def test_an_interval_is_kept_as_it_was_given(elapsed: float, interval: float) -> None:
    assert poll_interval(elapsed, interval, _high) == interval


def _moments(scatter: random.Random) -> list[float]:
    moments = [0.0]
    while moments[-1] < 900:
        moments.append(moments[-1] + poll_interval(moments[-1], None, scatter.uniform))
    return moments


def test_fifteen_minutes_take_about_a_hundred_polls() -> None:
    counts = [len(_moments(random.Random(seed))) for seed in range(200)]
    assert min(counts) >= 95
    assert max(counts) <= 110


def test_a_result_is_noticed_within_two_seconds_and_later_within_six_percent() -> None:
    for seed in range(200):
        moments = _moments(random.Random(seed))
        for poll, following in pairwise(moments):
            assert following - poll <= max(2.2, 0.06 * poll)


def test_the_pause_after_failed_polls_doubles_from_one_second_to_thirty() -> None:
    longest = [backoff(failed, _high) for failed in (1, 2, 3, 4, 5, 6, 7, 5000)]
    assert longest == [1, 2, 4, 8, 16, 30, 30, 30]


def test_the_pause_after_failed_polls_is_scattered_over_its_whole_length() -> None:
    assert [backoff(failed, _low) for failed in (1, 9)] == [0, 0]
    assert [backoff(failed, _middle) for failed in (1, 9)] == [0.5, 15]


def test_a_query_ends_with_one_good_answer_and_retries_for_fifteen_seconds() -> None:
    assert (
        PollPolicy(
            until_finished=False, timeout=None, interval=None, not_found_grace=0, retry_timeout=15
        )
        == QUERY_POLICY
    )
    assert not QUERY_POLICY.single_attempt


def test_waiting_retries_for_two_minutes_and_gives_a_task_a_minute_to_become_visible() -> None:
    assert (
        PollPolicy(
            until_finished=True, timeout=None, interval=None, not_found_grace=60, retry_timeout=120
        )
        == WAIT_POLICY
    )
    assert not WAIT_POLICY._replace(timeout=900).single_attempt


def test_no_time_to_wait_is_one_poll() -> None:
    assert WAIT_POLICY._replace(timeout=0).single_attempt
