"""Moments as people and programs read them."""

import pytest

from kiecli.clock import iso_timestamp, local_time


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, None),
        (0.0, "1970-01-01T00:00:00Z"),
        (1_790_000_000.9, "2026-09-21T14:13:20Z"),
        (253_402_300_799.0, "9999-12-31T23:59:59Z"),
        (-1.0, "1969-12-31T23:59:59Z"),
        (-1e15, "0001-01-01T00:00:00Z"),
        (1e300, "9999-12-31T23:59:59Z"),
    ],
)
def test_timestamps_are_iso_8601_in_utc(seconds: float | None, shown: str | None) -> None:
    assert iso_timestamp(seconds) == shown


def test_a_time_out_of_range_is_the_last_of_year_9999() -> None:
    assert local_time(1e18) == "9999-12-31 23:59:59 UTC"
    assert local_time(1e18, "%Y-%m-%d %H:%M") == "9999-12-31 23:59 UTC"
