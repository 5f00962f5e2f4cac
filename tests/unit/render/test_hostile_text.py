"""What strangers write is shown as text: no terminal and no log takes it for a command."""

import json

import pytest

from kiecli.api.models import Task
from kiecli.errors import ExitCode, KieUnavailable
from kiecli.outcome import Outcome
from kiecli.render import json_lines
from kiecli.render.formats import state_words
from kiecli.render.text import annotation, error_line, sanitize, shell_word


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("wan/2-7 [bold]x[/bold]", "wan/2-7 [bold]x[/bold]"),
        ("a\tb\nc\r\nd\x85e\u2028f\u2029g", "a b c  d e f g"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]8;;http://evil\x07link\x1b]8;;\x07", "]8;;http://evillink]8;;"),
        ("\x9b31m\x90\x00\x7f", "31m"),
        ("gnp.\u202egpj\u202c \u2066x\u2069", "gnp.gpj x"),
        ("half \ud800 a pair", "half \ufffd a pair"),
        ("雨の日 \N{CLOUD}", "雨の日 \N{CLOUD}"),
        ("##[error]x", "## [error]x"),
        ("#\x1b#\u202e[add-mask]e", "## [add-mask]e"),
        ("# #[ ##", "# #[ ##"),
    ],
)
def test_text_is_shown_without_what_anything_would_obey(text: str, shown: str) -> None:
    assert sanitize(text) == shown


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("generating", "generating"),
        ("post processing", "post-processing"),
        (" \t::error title=x::y", "error-title=x::y"),
        ("::::", "unknown"),
        ("\u202e\x1b", "unknown"),
        ("##[error]x", "##-[error]x"),
        ("x" * 101, "x" * 100),
    ],
)
def test_a_state_alone_on_a_line_is_one_word_and_no_command(state: str, shown: str) -> None:
    outcome = Outcome("a", Task.parse("a", {"state": state}))
    assert state_words(outcome) == [shown] == [shell_word(shown)]


def test_json_holds_a_command_that_a_log_does_not_find() -> None:
    error_message = r"##[error]x ###[a]\##[b]"
    line = json_lines.encoded({error_message: [error_message]})
    assert "##[" not in line
    assert json.loads(line) == {error_message: [error_message]}


def test_a_message_of_megabytes_is_cut_for_people_and_whole_in_json() -> None:
    error = KieUnavailable("x" * 8_000_000, hint="look at https://status.kie.ai")
    assert error_line(error, about="a") == (
        f"kiecli: a: {'x' * 1997}... Look at https://status.kie.ai"
    )
    outcome = Outcome("a", None, error, ExitCode.UNAVAILABLE)
    assert json_lines.record(outcome, 0)["error"]["message"] == error.message


def test_an_annotation_has_no_line_and_no_property_but_its_own() -> None:
    hostile = "100%\r\n::stop-commands::x\n,title=y::z"
    assert annotation(hostile) == (
        "::error title=kiecli::100%25%0D%0A::stop-commands::x%0A,title=y::z"
    )
