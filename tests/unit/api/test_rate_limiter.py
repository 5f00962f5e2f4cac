"""How often Kie may be asked, seen from here and seen from there."""

import random
from bisect import bisect_left
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiecli.api.rate_limiter import RateLimiter

_JITTER = 0.25


def _start(rate_limiter: RateLimiter, now: float) -> float:
    """Take one start as soon as there is one; return its moment."""
    while wait := rate_limiter.acquire(now):
        now += wait
    return now


def _starts(wishes: Iterable[float]) -> list[float]:
    """Return when starts that were wished for at these moments came about."""
    rate_limiter, now, starts = RateLimiter(), 0.0, []
    for wish in wishes:
        now = _start(rate_limiter, max(now, wish))
        starts.append(now)
    return starts


def _most_in_a_second(moments: list[float]) -> int:
    ordered = sorted(moments)
    return max(n - bisect_left(ordered, m - 1 + 1e-9) for n, m in enumerate(ordered, start=1))


def _arrivals(starts: list[float], seed: int) -> list[float]:
    scatter = random.Random(seed)
    return [start + scatter.uniform(0, _JITTER) for start in starts]


def _worst_arrivals(starts: list[float], edge: float) -> list[float]:
    """Return the arrivals that crowd most after a moment: what can be late until it, is."""
    return [max(start, min(start + _JITTER, edge)) for start in starts]


_gaps = st.lists(
    st.one_of(st.just(0.0), st.floats(0, 0.3), st.floats(0.9, 1.3), st.floats(1.9, 4)),
    min_size=1,
    max_size=60,
)


@given(_gaps, st.integers(0, 1000))
@settings(deadline=None)
def test_no_pattern_of_wishes_breaks_the_budget_here_or_there(gaps: list[float], seed: int) -> None:
    wishes = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    starts = _starts(wishes)
    assert _most_in_a_second(starts) <= 8
    assert _most_in_a_second(_arrivals(starts, seed)) <= 10
    for start in starts:
        crowded = _worst_arrivals(starts, start + _JITTER)
        assert _most_in_a_second(crowded) <= 10


def test_a_thousand_wishes_at_once_use_the_budget_up_without_breaking_it() -> None:
    starts = _starts([0.0] * 1000)
    assert starts[-1] == pytest.approx((1000 - 8) / 8, rel=0.01)
    assert _most_in_a_second(starts) == 8
    for seed in range(20):
        assert _most_in_a_second(_arrivals(starts, seed)) <= 10


def test_eight_may_start_together_at_the_beginning_and_after_quiet() -> None:
    starts = _starts([0.0] * 9 + [10.0] * 9)
    assert starts == [0.0] * 8 + [1.0] + [10.0] * 8 + [11.0]


def test_without_quiet_before_it_there_is_no_burst() -> None:
    assert _starts([0.0] * 8 + [2.5] * 3 + [4.4] * 3)[8:] == pytest.approx(
        [2.5, 2.5, 2.5, 4.4, 4.525, 4.65]
    )


def test_a_burst_is_over_at_once() -> None:
    assert _starts([0.0, 0.05, 0.2, 0.2]) == pytest.approx([0.0, 0.05, 0.2, 0.325])


def test_a_start_that_is_not_taken_costs_nothing() -> None:
    rate_limiter = RateLimiter()
    for _ in range(8):
        rate_limiter.acquire(0.0)
    assert [rate_limiter.acquire(0.5), rate_limiter.acquire(0.5), rate_limiter.acquire(1.0)] == [
        0.5,
        0.5,
        0.0,
    ]


def test_a_rate_limit_pauses_everybody_for_five_seconds() -> None:
    rate_limiter = RateLimiter()
    rate_limiter.acquire(0.0)
    assert rate_limiter.on_rate_limited(started=0.0, now=0.3, retry_after=None) == 5.3
    assert _start(rate_limiter, 0.3) == pytest.approx(5.3)


def test_the_pause_doubles_to_thirty_seconds_while_the_rate_limit_lasts() -> None:
    rate_limiter, now, pauses = RateLimiter(), 0.0, []
    for _ in range(6):
        until = rate_limiter.on_rate_limited(started=now, now=now + 0.5, retry_after=None)
        pauses.append(until - (now + 0.5))
        now = until
    assert pauses == pytest.approx([5, 10, 20, 30, 30, 30])


def test_looks_that_were_under_way_together_pause_once() -> None:
    rate_limiter = RateLimiter()
    ends = [rate_limiter.on_rate_limited(0.1, now, None) for now in (1.0, 1.0, 1.2)]
    assert ends == [6.0, 6.0, 6.0]


def test_after_a_good_answer_the_next_pause_is_a_short_one() -> None:
    rate_limiter = RateLimiter()
    rate_limiter.on_rate_limited(started=0, now=1, retry_after=None)
    rate_limiter.on_success(started=6)
    assert rate_limiter.on_rate_limited(started=7, now=8, retry_after=None) == 13


def test_a_good_answer_from_before_the_pause_does_not_shorten_the_next() -> None:
    rate_limiter = RateLimiter()
    rate_limiter.on_rate_limited(started=0, now=1, retry_after=None)
    rate_limiter.on_success(started=0.5)
    assert rate_limiter.on_rate_limited(started=6, now=7, retry_after=None) == 17


@pytest.mark.parametrize("told", [0.0, 3.0, 60.0])
def test_retry_after_is_obeyed_to_the_second(told: float) -> None:
    assert RateLimiter().on_rate_limited(started=0, now=1, retry_after=told) == 1 + told


def test_a_longer_retry_after_of_a_look_under_way_counts_a_shorter_one_does_not() -> None:
    rate_limiter = RateLimiter()
    rate_limiter.on_rate_limited(started=0, now=1, retry_after=None)
    assert rate_limiter.on_rate_limited(started=0.5, now=2, retry_after=60) == 62
    assert rate_limiter.on_rate_limited(started=0.5, now=3, retry_after=2) == 62
