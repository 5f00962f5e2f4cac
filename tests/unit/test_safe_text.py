"""What strangers write is shown as text: no terminal and no log takes it for a command."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.safe_text import COMMAND, sanitize, shell_word


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("wan/2-7 [bold]x[/bold]", "wan/2-7 [bold]x[/bold]"),
        ("a\tb\nc\r\nd\x0be\x0cf\x85g\u2028h\u2029i", "a b c  d e f g h i"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]8;;http://evil\x07link\x1b\\", "]8;;http://evillink\\"),
        ("\x9b31m\x90\x00\x7f", "31m"),
        ("gnp.\u202egpj\u202c \u2066x\u2069\u200e\u061c", "gnp.gpj x"),
        ("half \ud800 a pair", "half \ufffd a pair"),
        ("雨の日 é \N{CLOUD}", "雨の日 é \N{CLOUD}"),
        ("##[error]x", "## [error]x"),
        ("#\x1b#\u202e[add-mask]e", "## [add-mask]e"),
        ("# #[ ##", "# #[ ##"),
    ],
)
def test_text_is_shown_without_what_anything_would_obey(text: str, shown: str) -> None:
    assert sanitize(text) == shown


@given(st.text())
def test_nothing_that_is_clean_can_move_a_cursor(text: str) -> None:
    shown = sanitize(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in shown)
    assert COMMAND not in shown
    assert sanitize(shown) == shown


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("generating", "generating"),
        ("post processing", "post-processing"),
        (" \t::error title=x::y", "error-title=x::y"),
        ("::::", "unknown"),
        ("\u202e\x1b", "unknown"),
        ("##[error]x", "##-[error]x"),
    ],
)
def test_a_state_alone_on_a_line_is_one_word_and_no_command(state: str, shown: str) -> None:
    assert shell_word(state) == shown
