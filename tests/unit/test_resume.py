"""The line that does what is left of a run."""

import pytest

from kiecli.outcome import resume_command, shell_command
from kiecli.system.shell_syntax import join
from kiecli.system.syntax import SHELL


@pytest.mark.parametrize(
    ("argv", "words", "line"),
    [
        (["wait"], ["a"], "kiecli wait a"),
        (["status"], ["a", "hero=b"], "kiecli status a hero=b"),
        (["download", "--wait", "-d", "my out"], ["a"], None),
        (["download", "-o", "{model}/$n"], ["my hero=a"], None),
    ],
)
def test_a_line_is_quoted_for_the_shell_where_it_must_be(
    argv: list[str], words: list[str], line: str | None
) -> None:
    assert shell_command(argv, words) == (line or join(SHELL, ["kiecli", *argv, *words]))


@pytest.mark.parametrize(
    ("number", "created", "is_named"),
    [(1, False, True), (200, False, True), (201, False, False), (201, True, True)],
)
def test_two_hundred_tasks_are_named_and_all_that_were_just_created(
    number: int, created: bool, is_named: bool
) -> None:
    words = [f"t{n}" for n in range(number)]
    line = f"kiecli wait {' '.join(words)}"
    again = "run the same line again; what is saved is kept"
    assert resume_command(["wait"], words, created=created) == (line if is_named else again)
