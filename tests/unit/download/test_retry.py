"""A file is given up after five tries in a row, or two minutes, without one new byte."""

from kiecli.download.retry import RetryPolicy, SlowTransferMonitor


def longest(_low: float, high: float) -> float:
    return high


def shortest(low: float, _high: float) -> float:
    return low


def test_five_tries_in_a_row_end_it_with_growing_pauses_between() -> None:
    patience = RetryPolicy(0.0, 0, longest)
    endured = []
    for _ in range(5):
        patience.on_failure()
        endured.append((patience.pause(), patience.is_over(1.0)))
    assert endured == [(1.0, False), (2.0, False), (4.0, False), (8.0, False), (16.0, True)]
    assert patience.summary == "gave up after 5 tries without progress"


def test_a_pause_is_never_more_than_half_a_minute_and_differs() -> None:
    pauses = []
    for random in (shortest, longest):
        patience = RetryPolicy(0.0, 0, random)
        for _ in range(9):
            patience.on_failure()
        pauses.append(patience.pause())
    assert pauses == [15.0, 30.0]


def test_a_new_byte_starts_the_count_and_the_time_anew() -> None:
    patience = RetryPolicy(0.0, 10, longest)
    for _ in range(4):
        patience.on_failure()
    patience.on_progress(119.0, 11)
    patience.on_failure()
    assert (patience.pause(), patience.is_over(238.0)) == (1.0, False)


def test_bytes_that_were_here_before_are_not_new() -> None:
    patience = RetryPolicy(0.0, 10, longest)
    for _ in range(5):
        patience.on_failure()
        patience.on_progress(1.0, 10)
    assert patience.is_over(1.0)


def test_two_minutes_without_a_new_byte_end_it() -> None:
    patience = RetryPolicy(0.0, 0, longest)
    patience.on_progress(50.0, 1)
    patience.on_progress(160.0, 1)
    assert (patience.is_over(169.9), patience.is_over(170.0)) == (False, True)
    assert patience.summary == "gave up after 2 minutes without progress"


def test_a_host_that_drips_is_noticed_after_ten_seconds_and_then_once_a_minute() -> None:
    pace = SlowTransferMonitor(0.0, 0)
    noticed = [(at, pace.drip(at, at)) for at in range(200)]
    assert [(at, rate) for at, rate in noticed if rate is not None] == [
        (10, 1.0),
        (70, 1.0),
        (130, 1.0),
        (190, 1.0),
    ]


def test_a_host_that_takes_its_time_but_sends_is_not_a_drip() -> None:
    pace = SlowTransferMonitor(0.0, 0)
    assert [pace.drip(at, at * 1024) for at in (10, 20, 30)] == [None, None, None]


def test_starting_again_is_no_negative_pace() -> None:
    pace = SlowTransferMonitor(0.0, 5000)
    assert pace.drip(10.0, 100) == 0.0
