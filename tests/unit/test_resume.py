"""The line that takes work up again."""

import shlex

import pytest

from kiecli.outcome import shell_command


@pytest.mark.parametrize(
    ("words", "task_ids", "shown"),
    [
        (["wait"], ["a"], "kiecli wait a"),
        (["download", "-d", "my out"], ["a", "b"], "kiecli download -d 'my out' a b"),
        (["download", "-o", "$(x)/{n}"], ["a"], "kiecli download -o '$(x)/{n}' a"),
        (["download", "-d", ""], ["a"], "kiecli download -d '' a"),
    ],
)
def test_a_shell_takes_it_as_it_is(words: list[str], task_ids: list[str], shown: str) -> None:
    assert shell_command(words, task_ids) == shown
    assert shlex.split(shown) == ["kiecli", *words, *task_ids]


def test_up_to_twenty_ids_are_all_named() -> None:
    ids = [f"t{n}" for n in range(20)]
    assert shell_command(["wait"], ids) == f"kiecli wait {' '.join(ids)}"


def test_of_more_the_first_three_and_how_many() -> None:
    ids = [f"t{n}" for n in range(21)]
    assert shell_command(["wait"], ids) == "kiecli wait t0 t1 t2  # and 18 more"
