"""The line that does what is left of a run."""

import pytest

from kiecli.outcome import resume_command, shell_command
from kiecli.system.shell_syntax import join
from kiecli.system.syntax import SHELL


@pytest.mark.parametrize(
    ("argv", "tasks", "line"),
    [
        (["wait"], ["a"], "kiecli wait a"),
        (["status"], ["a", "hero=b"], "kiecli status a hero=b"),
        (["download", "--wait", "-d", "my out"], ["a"], None),
        (["download", "-o", "{model}/$n"], ["my hero=a"], None),
    ],
)
def test_a_line_is_quoted_for_the_shell_where_it_must_be(
    argv: list[str], tasks: list[str], line: str | None
) -> None:
    assert shell_command(argv, tasks) == (line or join(SHELL, ["kiecli", *argv, *tasks]))


@pytest.mark.parametrize(
    ("number", "created", "is_named"),
    [(1, False, True), (200, False, True), (201, False, False), (201, True, True)],
)
def test_two_hundred_tasks_are_named_and_all_that_were_just_created(
    number: int, created: bool, is_named: bool
) -> None:
    tasks = [f"t{n}" for n in range(number)]
    line = f"kiecli wait {' '.join(tasks)}"
    run_again = "run the same line again; what is saved is kept"
    assert resume_command(["wait"], tasks, created=created) == (line if is_named else run_again)
