"""How things are put into words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.errors import DeadlineExceeded, KieError, SaveError, TaskPending
from kiecli.render.text import (
    annotation,
    count,
    counts,
    decimal,
    error_line,
    humanize,
    named,
    sanitize,
    shell_word,
    shortened,
    size,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [bold]text[/bold]", "plain [bold]text[/bold]"),
        ("熊猫 é", "熊猫 é"),
        ("a\tb\nc\r\nd\x0be\x0cf\x85g\u2028h\u2029i", "a b c  d e f g h i"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]8;;https://evil.test\x1b\\link\x07", "]8;;https://evil.test\\link"),
        ("\x9b31m\x00\x7f", "31m"),
        ("a\u202eb\u2066c\u200ed\u061ce", "abcde"),
        ("half \ud83d pair", "half \ufffd pair"),
    ],
)
def test_text_from_strangers_is_one_line_without_controls(text: str, shown: str) -> None:
    assert sanitize(text) == shown


@given(st.text())
def test_nothing_that_is_clean_can_move_a_cursor(text: str) -> None:
    shown = sanitize(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in shown)
    assert sanitize(shown) == shown


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [("short", 5, "short"), ("longer", 5, "lo..."), ("lo  nger", 6, "lo...")],
)
def test_what_is_cut_ends_in_dots(text: str, length: int, shown: str) -> None:
    assert shortened(text, length) == shown


@pytest.mark.parametrize(
    ("error", "about", "resume_command", "line"),
    [
        (KieError("it broke"), "", "", "kiecli: it broke"),
        (KieError("it broke", hint="mend it"), "", "", "kiecli: it broke. Mend it"),
        (KieError("it broke"), "a, b", "", "kiecli: a, b: it broke"),
        (
            KieError("it broke"),
            "",
            "kiecli wait a",
            "kiecli: it broke. To try again: kiecli wait a",
        ),
        (
            KieError("it broke", hint="mend it"),
            "a",
            "kiecli wait a",
            "kiecli: a: it broke. Mend it; to try again: kiecli wait a",
        ),
        (
            DeadlineExceeded("still generating after 15m"),
            "",
            "kiecli wait ID",
            (
                "kiecli: still generating after 15m. The task is still running at Kie;"
                " to keep waiting: kiecli wait ID"
            ),
        ),
        (
            TaskPending("not finished yet: waiting"),
            "",
            "kiecli download --wait a",
            "kiecli: not finished yet: waiting. To wait for it: kiecli download --wait a",
        ),
        (
            SaveError("disk full"),
            "",
            "kiecli download a",
            "kiecli: disk full. To try again: kiecli download a",
        ),
        (KieError("said\n\x1b[2J"), "", "", "kiecli: said [2J"),
    ],
)
def test_an_error_is_one_line(error: KieError, about: str, resume_command: str, line: str) -> None:
    assert error_line(error, about=about, resume_command=resume_command) == line


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
    assert size(number) == shown


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
def test_ages_are_rough(seconds: float, shown: str) -> None:
    assert humanize(seconds) == shown


def test_an_annotation_is_escaped() -> None:
    assert annotation("100% bad\r\nline") == "::error title=kiecli::100%25 bad%0D%0Aline"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("success", "success"),
        ("two words", "two-words"),
        (" \x1b ", "unknown"),
        ("::error::x", "error::x"),
    ],
)
def test_a_word_for_a_shell_is_one_word_and_no_command(text: str, shown: str) -> None:
    assert shell_word(text) == shown


def test_words_are_counted_in_order_of_appearance() -> None:
    assert counts(["b", "a", "b"]) == "2 b, 1 a"
