"""How often Kie is asked, seen from here and seen from there."""

import random
from bisect import bisect_left
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiecli.api.rate_limiter import RateLimiter
from kiecli.errors import ConnectionFailed, KieError, KieUnavailable, RateLimited, TaskNotFound
from tests.support.fakes import FakeClock

_JITTER = 0.25
_LIMITED = RateLimited("rate limited")


def _at(limiter: RateLimiter, clock: FakeClock, moment: float) -> float:
    """Start a request at a moment, or as soon as it may start; return when that is."""
    clock.advance_to(moment)
    while (started := limiter.try_acquire()) is None:
        clock.advance_to(clock.now() + limiter.delay())
    return started


def _starts(moments: Iterable[float]) -> list[float]:
    """Return when requests started that were wanted at these moments."""
    clock = FakeClock()
    limiter = RateLimiter(clock)
    return [_at(limiter, clock, moment) for moment in moments]


def _most_in_a_second(moments: list[float]) -> int:
    ordered = sorted(moments)
    return max(n - bisect_left(ordered, m - 1 + 1e-9) for n, m in enumerate(ordered, start=1))


def _arrivals(starts: list[float], seed: int) -> list[float]:
    jitter = random.Random(seed)
    return [start + jitter.uniform(0, _JITTER) for start in starts]


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
def test_no_pattern_of_requests_breaks_the_budget_here_or_there(
    gaps: list[float], seed: int
) -> None:
    starts = _starts(sum(gaps[: n + 1]) for n in range(len(gaps)))
    assert _most_in_a_second(starts) <= 8
    assert _most_in_a_second(_arrivals(starts, seed)) <= 10
    for start in starts:
        assert _most_in_a_second(_worst_arrivals(starts, start + _JITTER)) <= 10


def test_a_thousand_requests_at_once_use_the_budget_up_without_breaking_it() -> None:
    starts = _starts([0.0] * 1000)
    assert starts[-1] == pytest.approx((1000 - 8) / 8, rel=0.01)
    assert _most_in_a_second(starts) == 8
    for seed in range(20):
        assert _most_in_a_second(_arrivals(starts, seed)) <= 10


@pytest.mark.parametrize(
    ("wanted", "starts"),
    [
        # Eight together at the beginning and after quiet.
        ([0.0] * 9 + [10.0] * 9, [0.0] * 8 + [1.0] + [10.0] * 8 + [11.0]),
        # Without quiet there is no burst, and it is over at once.
        ([0.0] * 8 + [2.5] * 3 + [4.4] * 3, [0.0] * 8 + [2.5] * 3 + [4.4, 4.525, 4.65]),
        ([0.0, 0.05, 0.2, 0.2], [0.0, 0.05, 0.2, 0.325]),
    ],
)
def test_when_requests_start(wanted: list[float], starts: list[float]) -> None:
    assert _starts(wanted) == pytest.approx(starts)


def test_to_read_the_delay_changes_nothing() -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock)
    assert [limiter.delay() for _ in range(3)] == [0, 0, 0]
    assert [limiter.try_acquire() for _ in range(9)] == [0.0] * 8 + [None]
    clock.advance(0.5)
    assert [limiter.try_acquire(), limiter.delay(), limiter.delay()] == [None, 0.5, 0.5]
    clock.advance(0.5)
    assert limiter.try_acquire() == 1.0


def test_a_thread_waits_for_its_turn() -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock)
    assert [limiter.acquire() for _ in range(9)] == [0.0] * 8 + [1.0]
    assert clock.sleeps == [0.25] * 4


# How requests end, one after the other, each started as soon as it may and taking half a second;
# when they start.
_LIMITS: dict[str, tuple[list[KieError | None], list[float]]] = {
    "five seconds": ([_LIMITED, None], [0, 5.5]),
    "doubled while it lasts, up to thirty": (
        [_LIMITED] * 6, [0, 5.5, 16, 36.5, 67, 97.5, 128]),
    "short again after an answer": ([_LIMITED, None, _LIMITED, None], [0, 5.5, 6.0, 11.5]),
    "any other error is an answer": (
        [_LIMITED, TaskNotFound("m"), _LIMITED, KieUnavailable("m"), _LIMITED, None],
        [0, 5.5, 6, 11.5, 12, 17.5]),
    "no answer is none": (
        [_LIMITED, ConnectionFailed("m"), _LIMITED, None], [0, 5.5, 6.0, 16.5]),
    "Retry-After": ([RateLimited("m", retry_after=45), None], [0, 45.5]),
    "Retry-After of nothing": ([RateLimited("m", retry_after=0), None], [0, 0.5]),
    "Retry-After of an hour": ([RateLimited("m", retry_after=3600), None], [0, 60.5]),
}  # fmt: skip


@pytest.mark.parametrize("name", _LIMITS)
def test_a_429_pauses_all_requests(name: str) -> None:
    outcomes, starts = _LIMITS[name]
    clock = FakeClock()
    limiter = RateLimiter(clock)
    started = []
    for outcome in outcomes:
        started.append(_at(limiter, clock, clock.now()))
        clock.advance(0.5)
        limiter.completed(started[-1], outcome)
    started.append(_at(limiter, clock, clock.now()))
    assert started[: len(starts)] == pytest.approx(starts)


def test_requests_that_were_under_way_together_pause_once() -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock)
    assert limiter.pause_left() == 0
    started = [_at(limiter, clock, moment) for moment in (0, 0, 0, 0.05)]
    clock.advance_to(1)
    limiter.completed(started[0], _LIMITED)
    clock.advance_to(2)
    limiter.completed(started[1], _LIMITED)
    assert limiter.pause_left() == 4
    limiter.completed(started[2], RateLimited("m", retry_after=2))
    assert limiter.pause_left() == 4
    limiter.completed(started[3], RateLimited("m", retry_after=20))
    assert limiter.pause_left() == 20
    limiter.completed(_at(limiter, clock, 22), _LIMITED)
    assert limiter.pause_left() == 10  # doubled once, not with each of them


def test_a_good_answer_from_before_the_pause_does_not_end_it() -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock)
    refused, good = limiter.acquire(), limiter.acquire()
    clock.advance_to(1)
    limiter.completed(refused, _LIMITED)
    limiter.completed(good, None)
    probe = _at(limiter, clock, 1)
    assert (probe, limiter.try_acquire()) == (6, None)
    limiter.completed(probe, _LIMITED)
    assert limiter.pause_left() == 10


@pytest.mark.parametrize(
    ("outcome", "ended", "following"),
    [
        (None, 6.5, [6.5, 6.625]),
        (ConnectionFailed("m"), 6.5, [6.5, 27.5]),  # another goes ahead
        (_LIMITED, 6.5, [16.5, 37.5]),
        (None, 60, [27, 48]),  # it is lost: nobody waits for more than a request may take
    ],
)
def test_after_a_pause_one_request_goes_ahead(
    outcome: KieError | None, ended: float, following: list[float]
) -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock)
    limiter.completed(limiter.acquire(), _LIMITED)
    clock.advance_to(1)
    probe = _at(limiter, clock, 6)
    assert limiter.try_acquire() is None
    if ended < 27:
        clock.advance_to(ended)
        limiter.completed(probe, outcome)
    assert [_at(limiter, clock, 0), _at(limiter, clock, 0)] == following
