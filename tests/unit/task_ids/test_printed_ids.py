"""Ids in createTask's answer as languages and shells print it, in no form of JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.errors import KieError, UsageError
from kiecli.task_ids.json_answers import OPAQUE_NAMES
from kiecli.task_ids.stdin_ids import read_tasks
from tests.support.hostile.search import examples

ONE = "ecf8cf8611cc40ff28e6f1ff8ebc4a12"
DECOY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "stdin",
    [
        "{'code': 200, 'msg': 'success', 'data': {'taskId': 'new1'}}",  # Python
        "200 success @{taskId=new1; recordId=new1}",  # PowerShell
        "code msg     data\n---- ---     ----\n 200 success @{taskId=new1; recordId=new1}\n",
        "taskId   : new1\nrecordId : new1\n",
        "{code:200,msg:success,data:{taskId:new1}}",  # a shell took the quotes
        "{ code: 200, data: { taskId: 'new1' } }",  # JavaScript
        "{\u201ccode\u201d:200,\u201cdata\u201d:{\u201ctaskId\u201d:\u201cnew1\u201d}}",
        "{&quot;code&quot;:200,&quot;data&quot;:{&quot;taskId&quot;:&quot;new1&quot;}}",
        "{'data': {'taskId': 'new1', 'taskId': 'b'}}",
        "{'data': {'taskId': 'new1', 'x': {'taskId': 'b'}}",  # the last bracket is missing
        "}} log line {'data': {'taskId': 'new1'}}",
        "taskId     recordId  \r\n------     --------  \r\nnew1       new1\r\n\r\nPS C:\\>",
        "\x1b[32;1mtaskId\x1b[0m\r\n------\r\nnew1\r\n",
        "code: 200\nmsg: success\ndata:\n  taskId: new1\n  recordId: new1\n",  # yq
        "- data:\n    taskId: 'new1'\n    parts:\n      taskId: b\n",
        "data:\n  input:\n    taskId: b\n  taskId: new1\n",
        '{"code"=>200, "data"=>{"taskId"=>"new1", "recordId"=>"new1"}}',  # Ruby
        '{"input" => {"taskId" => "b", "x" => ["c"]}, "data" => {"taskId" => "new1"}}',
        '{:code=>200, :data=>{:taskId=>"new1"}}',
        # PHP
        "Array\n(\n    [data] => Array\n        (\n            [taskId] => new1\n        )\n)\n",
        "Array\n(\n  [input] => Array\n    (\n      [taskId] => b\n    )\n  [taskId] => new1\n)\n",
        "Array\n(\n  [input] => Array\n  (\n    [x] => :(\n  )\n  [taskId] => new1\n)\n",
        "array (\n  'data' => \n  array (\n    'taskId' => 'new1',\n  ),\n)",
        # A log line in JSON; what PowerShell makes of values deeper than its -Depth.
        """{"level": "info", "message": "got {'data': {'taskId': 'new1'}}"}""",
        """{"value": [{"code": 200, "data": "@{taskId=new1; recordId=new1}"}], "Count": 1}""",
        """["{'data': {'taskId': 'new1'}}"]""",
        "[\"a\"]\n{'data': {'taskId': 'new1'}}",
        "{'input': {'text': \"}{\", 'taskId': 'b'}\n{'data': {'taskId': 'new1'}}",
        # A client's whole response, with the request that it answers (axios).
        """{ config: { data: '{"model":"x","input":{"task_id":"b"}}' }, data: {taskId: 'new1'} }""",
        # What a script logs of a call.
        """sent: {"input": {"task_id": "b"}}\nresponse: {'data': {'taskId': 'new1'}}""",
        "response = {'data': {'taskId': 'new1'}, 'response': {'taskId': 'b'}}",
    ],
)
def test_an_id_that_was_created_is_found(stdin: str) -> None:
    found = read_tasks(stdin.encode()).or_raise()
    assert [(task.task_id, task.created) for task in found] == [("new1", True)]


def test_several_answers_are_found() -> None:
    answers = [f"{{'data': {{'taskId': '{task_id}'}}}}" for task_id in ("a", "b")]
    for stdin in (
        "\n".join(answers),
        " ".join(answers),
        "- data:\n    taskId: a\n- data:\n    taskId: b\n",
        "data:\n- taskId: a\n- taskId: b\n",
        "taskId recordId\n------ --------\na      a\nb      b\n",
        "@{taskId=a; recordId=a}\ntaskId   : b\nrecordId : b\n",
        "@{taskId=a; recordId=a}\ntaskId\n------\nb\n",
        "{\n  data: {\n    taskId: 'a',\n    x: {\n      taskId: 'c'\n    }\n  }\n}\ntaskId : b\n",
        "Array\n(\n    [taskId] => a\n)\nArray\n(\n    [taskId] => b\n)\n",
        "Array\n(\n [0] => Array\n (\n [taskId] => a\n )\n [1] => Array\n (\n [taskId] => b\n )\n)",
        "{'hero': {'data': {'taskId': 'a'}}, 'footer': {'data': {'taskId': 'b'}}}",
        "{hero={code=200, data={taskId=a}}, footer={code=200, data={taskId=b}}}",  # Java
        "{'count': 2, 'results': [{'data': {'taskId': 'a'}}, {'data': {'taskId': 'b'}}]}",
        "{'x': {'model': 'm'}, 'data': {'taskId': 'a'}, 'y': {'data': {'taskId': 'b'}}}",
    ):
        found = read_tasks(stdin.encode()).or_raise()
        assert [(task.task_id, task.created) for task in found] == [("a", True), ("b", True)]


@pytest.mark.parametrize(
    "stdin",
    [
        "{'data': {'taskId': 'a', 'state': 'success', 'param': \"{'taskId': 'b'}\"}}",
        "{'param': {'taskId': 'b', 'x': ['it}', {}]}, 'taskId': 'a'}",
        "{'input': 'taskId=b', 'taskId': 'a', 'model': 'x'}",
        "{model: x, input: taskId=b, taskId: a}",
        "{task_id: a}",
        "{'model': 'x', 'meta': {'state': 'y'}, 'taskId': 'a'}",
        # Kie's `param` is JSON, whose names have double quotes.
        """{'data': {'param': '{"input": {"taskId": "b"}}', 'taskId': 'a', 'state': 'success'}}""",
        """Array\n(\n    [param] => {"input":{"taskId":"b"}}\n    [taskId] => a\n)\n""",
        "data:\n  taskId: a\n  model: x\n  state: success\n  input:\n    taskId: b\n",
        "taskId state\n------ -----\na      success\n",
        "task_id\n-------\na\n",
    ],
)
def test_an_input_names_no_task_and_a_record_is_none_that_was_created(stdin: str) -> None:
    found = read_tasks(stdin.encode()).or_raise()
    assert [(task.task_id, task.created) for task in found] == [("a", False)]


@pytest.mark.parametrize(
    "stdin",
    [
        "see {https://kie.test/?taskId=a1}",
        "see {https://kie.test/?x=1&taskId=a1}",
        "see {mytaskId=a1}",
        "(the taskId: a1, in prose)",
        "{'taskId': ['a1']}",
        """{"message": "polling taskId=a1 now"}""",
        """{"input": "@{taskId=a1; recordId=a1}"}""",
        "{'param': {'taskId': 'a1'",
        "(data)\n  input:\n    taskId: a1\n",
        "(data)\n  taskId: [a1]\n",
        "(columns)\nrecordId model\n-------- -----\ntaskId   a1\n",
        "(a text)\ntaskId\n------\n\na1\n",
        "Array\n(\n    [input] => Array\n        (\n            [taskId] => a1\n",
        '{"code": 200, "input": {"taskId": "a1"}',
        # Quotes that a shell has unescaped: where the input ends is unknown.
        '{"data": {"param": "{"input": "{"x": "(a)", "taskId": "a1"}"}", "model": "x"}}',
        "{ response: { taskId: 'a1' } }",
    ],
)
def test_urls_prose_and_inputs_name_none(stdin: str) -> None:
    tasks, error = read_tasks(stdin.encode())
    assert isinstance(error, UsageError)
    assert tasks == []


@pytest.mark.parametrize(
    "cut",
    [
        "{code:200,data:{taskId:new1",
        '{"data":{"taskId":"new1',
        '{"data":{"taskId":"new1\n',
        "200 success @{taskId=new1\u2026\r\n",
        f"taskId{' ' * 40} x\n------{' ' * 40} -\nnew1\u2026{' ' * 9} 1\n",
        "data:\n  taskId: new1\u2026\n",
    ],
)
def test_an_id_that_may_be_cut_off_is_named_but_not_taken(cut: str) -> None:
    (task,) = read_tasks(cut.encode()).or_raise()
    assert isinstance(task.error, KieError)
    assert task.error.message == "the answer on stdin is cut off in its task id: 'new1'"
    (task,) = read_tasks(cut.replace("new1", ONE).encode()).or_raise()
    assert (task.task_id, task.created, task.error) == (ONE, True, None)


@examples(200)
@given(
    st.text(st.sampled_from("{}[]()'\"\\ \n:=,ax@"), max_size=20),
    st.sampled_from(sorted(OPAQUE_NAMES)),
    st.booleans(),
)
def test_ids_of_printed_inputs_are_never_taken(prompt: str, name: str, in_string: bool) -> None:
    data = {"taskId": ONE, name: {"prompt": prompt, "taskId": DECOY}}
    stdin = repr({"code": 200, "data": data})
    tasks, _ = read_tasks((json.dumps({"message": stdin}) if in_string else stdin).encode())
    assert DECOY not in {task.task_id for task in tasks}
