"""What of a refused line the next line names: tasks and labels that it cannot refuse."""

import json

import pytest

from kiecli.task_ids.stdin_ids import StdinTasks, read_tasks
from kiecli.task_ids.task_selection import TaskSelection
from kiecli.task_ids.usable_tasks import usable_tasks

ONE = "ecf8cf8611cc40ff28e6f1ff8ebc4a12"
TWO = "task_kling_1765187766581"
KEY = "sk-0123456789abcdef"
NOTHING = TaskSelection((), {})


def creation(task_id: str = ONE) -> str:
    """createTask's answer."""
    return json.dumps({"code": 200, "msg": "success", "data": {"taskId": task_id}})


@pytest.mark.parametrize(
    ("arguments", "stdin", "selection"),
    [
        (["-"], "", NOTHING),
        (["-"], creation(), TaskSelection((ONE,), {}, (ONE,))),
        ([creation()], "", TaskSelection((ONE,), {}, (ONE,))),
        ([TWO, "-", "a"], creation(), TaskSelection((TWO, ONE, "a"), {}, (ONE,))),
        (["h=a", "a b", "=c", "-"], creation(), TaskSelection(("a", "c", ONE), {"a": "h"}, (ONE,))),
        (["-"], f"{TWO} a", TaskSelection((TWO, "a"), {})),
        # The beginning of a stdin whose writer was killed.
        (
            ["-"],
            f'{creation()}{{"code": 200, "data": {{"taskId": "x',
            TaskSelection((ONE,), {}, (ONE,)),
        ),
        # Words beside a createTask answer are log lines, and damage is no task.
        (["-"], f"{creation()}word {TWO}", TaskSelection((ONE,), {}, (ONE,))),
        (["-"], creation(KEY), NOTHING),
        ([KEY, f"x{KEY}=a"], "", TaskSelection((), {})),
    ],
)
def test_only_what_can_be_a_task_is_named(
    arguments: list[str], stdin: str, selection: TaskSelection
) -> None:
    assert usable_tasks(arguments, read_tasks(stdin.encode()), [KEY]) == selection


@pytest.mark.parametrize(
    ("arguments", "labels"),
    [
        (["a=x", "b=y"], {"x": "a", "y": "b"}),
        (["-a=x", f"{'a' * 101}=y"], {}),
        (["a=x", "b=x"], {"x": "a"}),  # two labels for one task
        (["a=x", "a=y"], {"x": "a"}),  # one label for two
        (["a/b=x", "a-b=y"], {"x": "a/b"}),  # one file name
        (["A=x", "a=y"], {"x": "A"}),
        (["x=x", "y=z", "y"], {"x": "x"}),  # another task's id
        (["X=x", "Y=z", "y"], {"x": "X"}),
    ],
)
def test_labels_in_each_others_way_are_left_out(
    arguments: list[str], labels: dict[str, str]
) -> None:
    assert usable_tasks(arguments, StdinTasks()).labels == labels
