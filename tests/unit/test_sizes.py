"""Numbers of bytes as people read them."""

import pytest

from kiecli import sizes


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (16_432, "16.4 kB"),
        (1_400_000, "1.4 MB"),
        (2.5e9, "2.5 GB"),
        (3e15, "3000.0 TB"),
    ],
)
def test_sizes_are_decimal(number: float, shown: str) -> None:
    assert sizes.show(number) == shown
