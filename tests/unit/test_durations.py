"""Durations: what people type, and what they are shown."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiecli import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("15m", 900),
        ("1h30m", 5400),
        ("1h30m15s", 5415),
        ("1h5s", 3605),
        ("1.5h", 5400),
        ("0.25", 0.25),
        ("2.5s", 2.5),
        ("090", 90),
        ("15M", 900),
        (" 15m\n", 900),
        ("8760h", durations.MAX_SECONDS),
    ],
)
def test_durations_as_people_type_them(text: str, seconds: float) -> None:
    assert durations.parse(text) == seconds


_NO_DURATIONS = [
    "", " ", "soon", "h", "m", "s", "-5", "-5m", "+5", "5ms", "5 m", "1h 30m", "1h30", "30m1h",
    "1h1h", "1d", "1e3", "nan", "inf", "infinity", "0x10", "1_000", ".5h", "5.", "1,5h",
    "\u0661\u0665m", "5\u017f", "15m\x00", "1h-5m",
]  # fmt: skip


@pytest.mark.parametrize("text", _NO_DURATIONS)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="duration") as refusal:
        durations.parse(text, zero=True)
    assert str(refusal.value) == f"{text!r} is not a duration such as 90s, 15m or 1h30m"


@pytest.mark.parametrize("text", ["31536001", "8760h1s", "99999999999h", "9" * 5000])
def test_more_than_a_year_is_a_typing_mistake(text: str) -> None:
    with pytest.raises(ValueError, match=r"is longer than a year$"):
        durations.parse(text)


@pytest.mark.parametrize("text", ["0", "0s", "0h0m", "0.0", "0." + "0" * 400 + "1"])
def test_zero_is_taken_only_where_it_is_allowed(text: str) -> None:
    assert durations.parse(text, zero=True) == 0
    with pytest.raises(ValueError, match=r"^the duration must be greater than zero$"):
        durations.parse(text)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"),
        (-3, "0s"),
        (0.04, "0s"),
        (2, "2s"),
        (2.5, "2.5s"),
        (9.96, "10s"),
        (12.4, "12s"),
        (45, "45s"),
        (59.7, "1m"),
        (90, "1m30s"),
        (900, "15m"),
        (900.3, "15m"),
        (3605, "1h5s"),
        (5400, "1h30m"),
        (90000, "25h"),
    ],
)
def test_durations_as_they_are_shown(seconds: float, shown: str) -> None:
    assert durations.show(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.2, "1s"),
        (89.6, "1m30s"),
        (2 * 86400 - 1, "47h59m59s"),
        (2 * 86400, "2 days"),
        (365 * 86400, "365 days"),
        (1e12, "over a year"),
    ],
)
def test_pauses_that_servers_ask_for(seconds: float, shown: str) -> None:
    assert durations.show_pause(seconds) == shown


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=int(durations.MAX_SECONDS)))
def test_what_is_shown_can_be_typed_again(seconds: int) -> None:
    assert durations.parse(durations.show(seconds), zero=True) == seconds


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    try:
        seconds = durations.parse(text)
    except ValueError:
        return
    assert 0 < seconds <= durations.MAX_SECONDS
