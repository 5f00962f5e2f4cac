"""Answers that are far deeper, longer or more numerous than real ones, and still are answers.

Where the time that something takes could grow with the square of what came, the numbers here are
such that a test run would be felt to hang.
"""

import json
from functools import reduce

import pytest

from kiecli import safe_json
from kiecli.api.models import Result, Task
from kiecli.download.plan import SaveOptions, plan
from kiecli.errors import UsageError
from kiecli.files.template import DEFAULT_TEMPLATE, Template
from kiecli.task_ids import json_values
from kiecli.task_ids.stdin_ids import StdinTasks, read_tasks
from kiecli.task_ids.task_selection import select_tasks

_URL = "https://tempfile.aiquickdraw.com/r/a.png"
_OPTIONS = SaveOptions(".", Template.parse(DEFAULT_TEMPLATE))


def _delivering(result: object) -> Task:
    return Task.parse("a", {"state": "success", "resultJson": json.dumps(result)})


def _wrapped(value: object, lists: int) -> object:
    return reduce(lambda nested, _: [nested], range(lists), value)


def test_strings_of_lists_in_strings_of_lists_go_deeper_than_the_stack() -> None:
    """Each string is shallow by itself; together they have a thousand levels."""
    text = reduce(lambda nested, _: json.dumps(_wrapped(nested, 60)), range(17), _URL)
    [result] = _delivering({"resultUrls": text}).results
    assert result.url.startswith("[[[[")


def test_a_url_in_as_many_strings_and_lists_as_were_ever_met_is_found() -> None:
    text = json.dumps([json.dumps([json.dumps([_URL])])])
    assert _delivering({"resultUrls": [text]}).results == (Result(1, _URL, "image"),)


def test_twenty_thousand_results_have_names_of_their_own() -> None:
    task = _delivering({"resultUrls": [f"https://h/{n}" for n in range(20_000)]})
    assert len({target.path for target in plan(task, _OPTIONS)}) == 20_000


def test_twenty_thousand_objects_on_stdin_are_twenty_thousand_ids() -> None:
    lines = [json.dumps({"task_id": f"t{n}", "raw": "x" * 300}) for n in range(20_000)]
    selection = select_tasks(["-"], lambda: read_tasks("\n".join(lines).encode()))
    assert selection.task_ids == tuple(f"t{n}" for n in range(20_000))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{}", "value 1 on stdin is JSON without a task id"),
        ('{"a":1}\n', "value 1 on stdin is JSON without a task id"),
        ("[1]", "value 1 on stdin is not a task id"),
        ("null ", "word 1 on stdin is null"),
        ('{"taskId":null}', "the taskId of value 1 on stdin is null"),
    ],
)
def test_of_fifty_thousand_values_without_an_id_the_first_is_told(value: str, message: str) -> None:
    assert len(json_values.tasks_in(safe_json.parse_all(value * 50_000))) == 1
    tasks, error = read_tasks((value * 50_000).encode())
    with pytest.raises(UsageError) as raised:
        select_tasks(["-"], lambda: StdinTasks(tasks, error))
    assert raised.value.message == message


def test_backslashes_behind_a_name_are_read_once() -> None:
    _, error = read_tasks(b"taskId" + b"\\" * 1_000_000)
    assert error is not None


def test_values_without_space_between_them_are_read_in_order() -> None:
    assert list(safe_json.parse_all("[1]" * 20_000)) == [[1]] * 20_000
