"""Text from strangers in each form that it is shown in: a word, JSON, a message, an annotation."""

import json

from kiecli.api.models import Task
from kiecli.errors import ExitCode, KieUnavailable
from kiecli.outcome import Outcome
from kiecli.render import json_lines
from kiecli.render.formats import state_words
from kiecli.render.text import annotation, error_text


def test_a_state_alone_on_a_line_is_one_word_of_100_characters_at_most() -> None:
    outcome = Outcome("a", Task.parse("a", {"state": f"::post processing{'x' * 100}"}))
    assert state_words(outcome) == [f"post-processing{'x' * 83}"]


def test_json_holds_a_command_that_a_log_does_not_find() -> None:
    error_message = r"##[error]x ###[a]\##[b]"
    line = json_lines.encoded({error_message: [error_message]})
    assert "##[" not in line
    assert json.loads(line) == {error_message: [error_message]}


def test_a_message_of_megabytes_is_cut_for_people_and_whole_in_json() -> None:
    error = KieUnavailable("x" * 8_000_000, hint="look at https://status.kie.ai")
    assert error_text(error, about="a") == (f"a: {'x' * 1997}... Look at https://status.kie.ai")
    outcome = Outcome("a", None, error, ExitCode.UNAVAILABLE)
    assert json_lines.record(outcome, 0)["error"]["message"] == error.message


def test_an_annotation_has_no_line_and_no_property_but_its_own() -> None:
    hostile = "100%\r\n::stop-commands::x\n,title=y::z"
    assert annotation(hostile) == ("::error title=kiecli::100%25  ::stop-commands::x ,title=y::z")
