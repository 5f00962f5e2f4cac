"""How things are put into words."""

import pytest

from kiecli.errors import DeadlineExceeded, KieError, SaveError, TaskPending
from kiecli.render.text import (
    count,
    counts,
    decimal,
    error_text,
    humanize,
    named,
    shortened,
)


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [("short", 5, "short"), ("longer", 5, "lo..."), ("lo  nger", 6, "lo...")],
)
def test_what_is_cut_ends_in_dots(text: str, length: int, shown: str) -> None:
    assert shortened(text, length) == shown


@pytest.mark.parametrize(
    ("error", "about", "resume_command", "line"),
    [
        (KieError("it broke"), "", "", "it broke"),
        (KieError("it broke", hint="mend it"), "", "", "it broke. Mend it"),
        (KieError("it broke"), "a, b", "", "a, b: it broke"),
        (
            KieError("it broke"),
            "",
            "kiecli wait a",
            "it broke. To try again: kiecli wait a",
        ),
        (
            KieError("it broke", hint="mend it"),
            "a",
            "kiecli wait a",
            "a: it broke. Mend it; to try again: kiecli wait a",
        ),
        (
            DeadlineExceeded("still generating after 15m"),
            "",
            "kiecli wait ID",
            (
                "still generating after 15m. The task is still running at Kie;"
                " to keep waiting: kiecli wait ID"
            ),
        ),
        (
            TaskPending("not finished yet: waiting"),
            "",
            "kiecli download --wait a",
            "not finished yet: waiting. To wait for it: kiecli download --wait a",
        ),
        (
            SaveError("disk full"),
            "",
            "kiecli download a",
            "disk full. To try again: kiecli download a",
        ),
    ],
)
def test_an_error_says_what_went_wrong_and_what_to_do(
    error: KieError, about: str, resume_command: str, line: str
) -> None:
    assert error_text(error, about=about, resume_command=resume_command) == line


def test_a_few_ids_are_named_and_many_counted() -> None:
    assert named(["a"]) == "a"
    assert named(["a", "b", "c", "d"]) == "a, b, c, d"
    assert named(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


def test_numbers_with_their_nouns() -> None:
    assert [count(n, "task") for n in (0, 1, 2)] == ["0 tasks", "1 task", "2 tasks"]


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (13.0, "13"), (13.1, "13.1"), (0.4, "0.4"), (1_234_567.5, "1234567.5")],
)
def test_numbers_have_no_exponents(number: float, shown: str) -> None:
    assert decimal(number) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0s"),
        (12.4, "12s"),
        (59.0, "59s"),
        (61.0, "1m"),
        (3 * 3600 + 650, "3h10m"),
        (47 * 3600, "47h"),
        (48 * 3600, "2 days"),
        (12.4 * 86400, "12 days"),
    ],
)
def test_ages_are_rounded_to_their_largest_units(seconds: float, shown: str) -> None:
    assert humanize(seconds) == shown


def test_words_are_counted_in_order_of_appearance() -> None:
    assert counts(["b", "a", "b"]) == "2 b, 1 a"
