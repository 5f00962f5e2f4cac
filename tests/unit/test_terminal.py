"""What environment variables ask of a terminal's look."""

import pytest

from kiecli.terminal import rich_environ, wants_animation, wants_color


@pytest.mark.parametrize(
    ("environ", "color", "animation"),
    [
        ({}, True, True),
        ({"NO_COLOR": "1"}, False, True),
        ({"NO_COLOR": ""}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "0"}, False, True),
        ({"CI": "true"}, True, False),
        ({"CI": "woodpecker"}, True, False),
        ({"CI": "False"}, True, True),
        ({"CI": "0"}, True, True),
        ({"CI": ""}, True, True),
    ],
)
def test_colour_and_animation(environ: dict[str, str], color: bool, animation: bool) -> None:
    assert (wants_color(environ), wants_animation(environ)) == (color, animation)


@pytest.mark.parametrize("columns", ["0", "", "-1", "wide", " 80", "8e1", "²", "9" * 5000])
def test_a_width_that_is_no_positive_number_is_not_passed_to_rich(columns: str) -> None:
    environ = {"COLUMNS": columns, "LINES": "24", "TERM": "xterm", "NO_COLOR": "1", "HOME": "/"}
    assert rich_environ(environ) == {"LINES": "24", "TERM": "xterm"}
    assert rich_environ({"COLUMNS": "80"}) == {"COLUMNS": "80"}
