"""A file is given up after two minutes and at least five attempts without one new byte."""

import pytest

from kiecli.download.retry import RetryPolicy, SlowTransferMonitor


def longest(_low: float, high: float) -> float:
    return high


def failed(times: int, *, now: float = 0.0, size: int = 0) -> RetryPolicy:
    """Return a policy that has seen some failures."""
    policy = RetryPolicy(now, size, longest)
    for _ in range(times):
        policy.on_failure()
    return policy


@pytest.mark.parametrize(
    ("failures", "now", "is_over"),
    [(0, 500, False), (4, 120, False), (4, 500, False), (5, 119.9, False), (5, 120, True)],
)
def test_it_takes_two_minutes_and_five_attempts_to_give_up(
    failures: int, now: float, is_over: bool
) -> None:
    policy = failed(failures)
    assert (policy.is_over(now), policy.remaining(now)) == (is_over, max(0.0, 120 - now))


def test_the_summary_says_after_how_long_and_how_many_attempts() -> None:
    expected = "gave up after 2m5s and 6 attempts"
    assert failed(6, now=100.0).summary(225.4) == expected


def test_pauses_grow_up_to_half_a_minute_and_differ() -> None:
    assert [failed(n).pause(0.0) for n in range(8)] == [1, 1, 2, 4, 8, 16, 30, 30]
    policy = RetryPolicy(0.0, 0, lambda low, _high: low)
    policy.on_failure()
    assert policy.pause(0.0) == 0.5


@pytest.mark.parametrize(("now", "pause"), [(95.0, 25.0), (119.5, 0.5), (120.0, 30.0)])
def test_the_last_attempt_comes_when_the_two_minutes_end(now: float, pause: float) -> None:
    assert failed(7).pause(now) == pause


def test_a_new_byte_starts_the_count_and_the_time_anew() -> None:
    policy = failed(9, size=10)
    policy.on_progress(119.0, 11)
    policy.on_failure()
    assert (policy.pause(200.0), policy.is_over(500.0), policy.remaining(238.0)) == (1, False, 1)


def test_bytes_that_were_here_before_are_not_new() -> None:
    policy = failed(5, size=10)
    policy.on_progress(100.0, 10)
    assert policy.is_over(120.0)


def test_a_trickle_is_noticed_after_ten_seconds_and_then_once_a_minute() -> None:
    monitor = SlowTransferMonitor(0.0, 0)
    noticed = [(at, monitor.slow_rate(at, at)) for at in range(200)]
    assert [(at, rate) for at, rate in noticed if rate is not None] == [
        (10, 1.0),
        (70, 1.0),
        (130, 1.0),
        (190, 1.0),
    ]


def test_a_host_that_takes_its_time_but_sends_is_not_slow() -> None:
    monitor = SlowTransferMonitor(0.0, 0)
    assert [monitor.slow_rate(at, at * 1024) for at in (10, 20, 30)] == [None, None, None]


def test_a_machine_that_slept_is_no_slow_host() -> None:
    monitor = SlowTransferMonitor(0.0, 0)
    rates = [monitor.slow_rate(at, 10) for at in (9.0, 3609.0, 3628.0)]
    assert rates == [None, None, 0.0]


def test_starting_again_is_no_negative_speed() -> None:
    monitor = SlowTransferMonitor(0.0, 5000)
    assert monitor.slow_rate(10.0, 100) == 0.0
