"""Which tasks stdin names, in every form in which ids come through a pipe."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiecli.api.responses import decode
from kiecli.errors import ExitCode, KieError, TaskNotFound
from kiecli.task_ids.json_answers import OPAQUE_NAMES
from kiecli.task_ids.stdin_ids import read_tasks
from kiecli.task_ids.stdin_text import MAX_DECOMPRESSED
from kiecli.task_ids.task_id import is_task_id
from kiecli.task_ids.task_selection import select_tasks
from tests.support.hostile.answers import bodies
from tests.support.hostile.oracle import attempt
from tests.support.hostile.search import examples
from tests.support.hostile.text import text

ONE = "ecf8cf8611cc40ff28e6f1ff8ebc4a12"
TWO = "task_kling_1765187766581"
DECOY = "0123456789abcdef0123456789abcdef"


def creation(task_id: str = ONE) -> dict[str, Any]:
    """createTask's answer."""
    return {"code": 200, "msg": "success", "data": {"taskId": task_id, "recordId": task_id}}


def record(task_id: str = ONE, *, code: int = 200, state: str = "success") -> dict[str, Any]:
    """recordInfo's answer, or with another code the body of a callback."""
    inputs = json.dumps({"prompt": 'a "red" {panda}', "task_id": DECOY, "taskId": DECOY})
    result = {"resultUrls": ["https://tempfile.test/a.png"], "taskId": DECOY, "task_id": DECOY}
    data = {
        "taskId": task_id,
        "model": "wan/2-7-image",
        "state": state,
        "param": json.dumps({"input": inputs, "model": "wan/2-7-image"}),
        "resultJson": json.dumps(result),
        "response": result,
    }
    return {"code": code, "msg": "said", "data": data}


def ours(task_id: str, label: str | None = None) -> dict[str, Any]:
    """An object of `kiecli --json`."""
    raw = {"taskId": DECOY, "label": "not-this-one"}
    return {"task_id": task_id, "state": "fail", "label": label, "error": None, "raw": raw}


def lines(*values: object) -> str:
    return "".join(f"{json.dumps(value)}\n" for value in values)


def ids(stdin: str | bytes) -> list[str]:
    """What stdin names: `LABEL=ID` and `ID`, those that were just created with a `!`."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    tasks = read_tasks(data).or_raise()
    assert [task.error for task in tasks] == [None] * len(tasks)
    names = [f"{task.label}={task.task_id}" if task.label else task.task_id for task in tasks]
    return [f"{name}!" if task.created else name for task, name in zip(tasks, names, strict=True)]


def created(stdin: str | bytes) -> list[str]:
    """The ids that were just created, whatever is wrong with stdin."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    tasks = read_tasks(data).tasks
    return [task.task_id for task in tasks if task.created and is_task_id(task.task_id)]


def refusal(stdin: str | bytes) -> tuple[str, str]:
    """Message and hint of the first thing that is wrong with stdin."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    _, error = attempt(lambda: select_tasks(["-"], lambda: read_tasks(data)))
    assert error is not None
    return error.message, error.hint


@pytest.mark.parametrize(
    "stdin",
    [
        f"{ONE} {TWO}",
        f"{ONE}\n{TWO}\n",
        f"\r\n{ONE}\r\n\r\n\t{TWO}\r\n",
        f"{ONE}, {TWO};\n",
        f"{ONE} , {TWO}\n",
        f'"{ONE}"\n"{TWO}"\n',
        f"'{ONE}' '{TWO}'",
        f'"{ONE}"\n{TWO}\n',
        f'"{ONE}",\n"{TWO}",\n',
        f"# the hero\n{ONE}\n  # and the footer\n{TWO}\n#",
        f"https://api.kie.ai/api/v1/jobs/recordInfo?taskId={ONE} {TWO}",
        f'["{ONE}", "{TWO}"]',
        f'  ["{ONE}", [["{TWO}"]]]',
        f'[" {ONE} ", "\\"{TWO}\\""]',
        lines(record(ONE), record(TWO, state="waiting")),
        json.dumps(record(ONE)) + json.dumps(record(TWO, state="generating")),
        json.dumps([record(ONE), TWO]),
        lines(record(ONE, code=501, state="fail"), record(TWO)),
        lines(ours(ONE), ours(TWO)),
        lines(ours(ONE), [record(TWO)]),
        lines({"taskId": ONE}, {"taskId": f" {TWO} "}),
        json.dumps({"data": {"data": [{"taskId": ONE}, {"task_id": TWO}]}}),
        json.dumps([{"json": {"result": [ONE, TWO]}}]),
        json.dumps({"statusCode": 200, "headers": {"server": "nginx"}, "body": [ONE, TWO]}),
        f'HTTP/1.1 200 OK\r\nServer: x\r\n\r\n["{ONE}", "{TWO}"]',
        f'{{"data": {{"taskId": "{ONE}", "taskId": "{TWO}"}}}}',
    ],
)
def test_stdin_holds_ids_in_any_of_their_forms(stdin: str) -> None:
    assert ids(stdin) == [ONE, TWO]


@pytest.mark.parametrize(
    "stdin",
    [
        lines(creation(ONE), creation(TWO)),
        json.dumps(creation(ONE)) + json.dumps(creation(TWO)),
        json.dumps([creation(ONE), creation(TWO)]),
        json.dumps(creation(ONE), indent=2) + json.dumps(creation(TWO), indent=4),
        lines(creation(ONE)["data"], creation(TWO)["data"]),  # jq .data
        lines(*[{**creation(task_id), "code": "200"} for task_id in (ONE, TWO)]),
        # Numbers that curl's -w '%{http_code}' adds, log lines of every sort.
        json.dumps(creation(ONE)) + "200\n" + json.dumps(creation(TWO)) + "200\n",
        lines({"level": "info", "msg": "posting"}, creation(ONE), creation(TWO), True),
        f"[INFO] [1] posting {{x\n{json.dumps(creation(ONE))}\n> [2 {json.dumps(creation(TWO))}",
        f'said "hello: {json.dumps(creation(ONE))}\n{{"args": ["a"]}}{json.dumps(creation(TWO))}.',
        'POST body={"model":"m","input":{"prompt":"cut o\n' + lines(creation(ONE), creation(TWO)),
        'HTTP/2 200\r\nnel: {"success_fraction":0}\r\nreport-to: {"group":"cf-nel"}\r\n\r\n'
        + lines(creation(ONE), creation(TWO)),
        # Bodies as automation tools hand them on.
        json.dumps([{"json": {"body": creation(ONE)}}, {"json": {"body": creation(TWO)}}]),
        lines(json.dumps(creation(ONE)), json.dumps(json.dumps(creation(TWO)))),
        json.dumps({"result": {"data": creation(ONE)}, "body": json.dumps(creation(TWO)), "x": 1}),
        json.dumps({"ok": True, "answers": [creation(ONE), creation(TWO)]}),
        # Nested more deeply than Python's own parser is trusted with.
        "[" * 70 + json.dumps(creation(ONE)) + "," + json.dumps(creation(TWO)) + "]" * 70,
    ],
)
def test_ids_that_were_just_created_are_told_apart(stdin: str) -> None:
    assert ids(stdin) == [f"{ONE}!", f"{TWO}!"]
    assert created(stdin) == [ONE, TWO]


@pytest.mark.parametrize(
    ("stdin", "found"),
    [
        (f"hero={ONE} {TWO}", [f"hero={ONE}", TWO]),
        (f"'hero={ONE}'\n\"foot er\"={TWO}".replace(" ", "-"), [f"hero={ONE}", f"foot-er={TWO}"]),
        (f"\"hero\"=\"{ONE}\"\n'foot'='{TWO}'", [f"hero={ONE}", f"foot={TWO}"]),
        (json.dumps({"hero": ONE, "my footer": TWO}), [f"hero={ONE}", f"my footer={TWO}"]),
        (json.dumps({"hero": ONE, "foot": creation(TWO)}), [f"hero={ONE}", f"foot={TWO}!"]),
        (json.dumps({"a": json.dumps(creation()), "b": record(TWO)}), [f"a={ONE}!", f"b={TWO}"]),
        (json.dumps({"a": [{"body": creation()}], "b": ours(TWO)}), [f"a={ONE}!", f"b={TWO}"]),
        (json.dumps({"data": {"hero": ONE, "foot": TWO}}), [f"hero={ONE}", f"foot={TWO}"]),
        (f'HTTP/1.1 200 OK\n\n{{"hero": "{ONE}"}}\n', [f"hero={ONE}"]),
        (lines({"hero": ONE}, creation(TWO)), [f"hero={ONE}", f"{TWO}!"]),
        (lines({"label": "hero", "taskId": ONE}), [f"hero={ONE}"]),
        (json.dumps([{"label": "a", "taskId": ONE}, {"taskId": TWO}]), [f"a={ONE}", TWO]),
        (lines(ours(ONE, "hero"), ours(TWO)), [f"hero={ONE}", TWO]),
        (lines({"label": "hero", **creation()}), [f"hero={ONE}!"]),
        (lines({"label": "hero", "body": {"data": creation()}}), [f"hero={ONE}!"]),
        (lines({"label": "hero", "x": creation(), "y": 1}), [f"{ONE}!"]),
        (lines({"hero": ours(ONE, "hero")}), [f"hero={ONE}"]),
        (lines({"label": None, "taskId": ONE}, {"label": "", "taskId": TWO}), [ONE, TWO]),
        # Not maps: a name that is no label, or a value that is neither id nor answer.
        (lines({"id": creation(), "hero": creation(TWO)}), [f"{ONE}!", f"{TWO}!"]),
        (lines({"input": creation(), "hero": creation(TWO)}), [f"{TWO}!"]),
        (lines({"err": None, "hero": creation()}), [f"{ONE}!"]),
        (lines({"hero": creation(), "text": "two words"}), [f"{ONE}!"]),
        (lines({"batch": {"hero": creation()}}), [f"hero={ONE}!"]),
        (lines({"hero": creation(), "attributes": {"env": "prod"}}), [f"{ONE}!"]),
    ],
)
def test_labels_come_with_the_ids(stdin: str, found: list[str]) -> None:
    assert ids(stdin) == found


@pytest.mark.parametrize("wrap", [lambda value: value, json.dumps])
@pytest.mark.parametrize("name", sorted(OPAQUE_NAMES))
def test_nothing_below_what_a_task_was_asked_for_or_came_to_is_taken(wrap: Any, name: str) -> None:
    other = {name: wrap({"taskId": DECOY, "items": [creation(DECOY)]})}
    assert ids(lines({**other, "data": creation()})) == [f"{ONE}!"]
    assert refusal(lines(other))[0] == "value 1 on stdin is JSON without a task id"
    assert ids(f"log: {json.dumps(other)[:-1]}\n{json.dumps(creation())}") == [f"{ONE}!"]


WITH_HEAD = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n"


@pytest.mark.parametrize(
    "stdin",
    [
        f"\ufeff{lines(creation())}".encode(),
        lines(creation()).encode("utf-16"),
        lines(creation()).encode("utf-16-le"),
        lines(creation()).encode("utf-16-be"),
        b"\xfe\xff" + lines(creation()).encode("utf-16-be"),
        lines(creation()).encode("utf-16-le") + b"\n",
        "été\n".encode() * 2000 + lines(creation()).encode("utf-16-le") * 300,
        b"\x00\x80 \x1b(B \x1b]0;title\x07" + lines(creation()).encode(),
        b"\x1b]8;;http" + lines(creation()).encode(),
        b"caf\xe9 " + lines(creation()).encode(),
        gzip.compress(lines(creation()).encode()),
        gzip.compress(b"log\n") + gzip.compress(lines(creation()).encode()),
        WITH_HEAD + gzip.compress(lines(creation()).encode()),
        gzip.compress(lines(creation()).encode())[:-12],
        gzip.compress(lines(creation()).encode())[:-8] + b"damaged!",
        gzip.compress(lines(creation()).encode()) + b"200",
        gzip.compress(lines(creation()).encode("utf-16")),
    ],
)
def test_bytes_are_unpacked_and_decoded(stdin: bytes) -> None:
    assert set(ids(stdin)) == {f"{ONE}!"}


def test_colours_are_left_out() -> None:
    coloured = (
        '\x1b[1;39m{\x1b[0m\x1b[34;1m"taskId"\x1b[0m\x1b[1;39m:\x1b[0m\x1b[0;32m"'
        f'{ONE}"\x1b[0m\x1b[1;39m\x1b[1;39m}}\x1b[0m\n'
    )
    assert ids(coloured) == [ONE]


def test_zeros_between_words_separate_them() -> None:
    assert ids(f"{ONE}\0{TWO}\0") == [ONE, TWO]


@pytest.mark.parametrize(
    "stdin",
    [
        # createTask's answer, cut off in front, behind, on both sides, and with its id alone.
        json.dumps(creation())[30:],
        json.dumps(creation())[:-1],
        json.dumps(creation())[12:-40],
        json.dumps(creation(), indent=2)[:-3],
        f'"taskId": "{ONE}"',
        f'"taskId":"{ONE}',
        json.dumps(json.dumps(creation()))[:-9],
        json.dumps(json.dumps(json.dumps(creation())))[:-20],
        '{"request": {"input": {"taskId": "x", "n": [1]}}, "answer": '
        + json.dumps(creation())[:-2],
        '{"request": {"input": 5, "taskId": 7}, "answer": ' + json.dumps(creation())[:-2],
        json.dumps({"param": json.dumps({"task_id": DECOY}), **creation()})[:-3],
        '{"input":\n{"task_id": "x"}, "data":\n' + json.dumps(creation()) + "\n[",
        '{"a": "\n' + json.dumps(creation()),
        '{"a" ]' + json.dumps(creation()),
        "[" * 2000 + json.dumps(creation()),
    ],
)
def test_a_damaged_answer_of_create_task_still_has_its_id(stdin: str) -> None:
    assert ids(stdin) == [f"{ONE}!"]


@pytest.mark.parametrize(
    ("stdin", "found"),
    [
        # The inner quoting is gone: the body went through a shell's echo.
        (json.dumps(record()).replace('\\"', '"').replace("\\\\", "\\"), [ONE]),
        (json.dumps(record())[:-4], [ONE]),
        (json.dumps(ours(ONE))[:-4], [ONE]),
        (json.dumps([record(ONE), creation(TWO)])[:-2], [ONE, f"{TWO}!"]),
        (lines(record(ONE))[:-9] + "\n" + lines(creation(TWO)), [ONE, f"{TWO}!"]),
        (lines(record(TWO)) + lines(creation(ONE))[:-9], [TWO, f"{ONE}!"]),
        # What `grep` takes out of several answers.
        (f'    "taskId": "{ONE}",\n    "taskId": "{TWO}",\n', [f"{ONE}!", f"{TWO}!"]),
        (f'a.json:"taskId":"{ONE}"\nb.json:"taskId":"{TWO}"\n', [f"{ONE}!", f"{TWO}!"]),
        (f'{{"taskId": "{ONE}", "parts": [{{"taskId": "{TWO}"', [f"{ONE}!"]),
        # A value is missing, but not that of a label.
        (f'{{"code": 200, "data": {{"taskId": "{ONE}", "x": }}, "y": }}', [f"{ONE}!"]),
        (f'{{"note": ":, }}", "hero": {json.dumps(creation())}, "footer":}}', [f"{ONE}!"]),
    ],
)
def test_damaged_json_has_the_ids_of_its_outermost_objects(stdin: str, found: list[str]) -> None:
    assert ids(stdin) == found


@pytest.mark.parametrize(
    ("stdin", "message", "hint"),
    [
        ("a\nnull\n", "word 2 on stdin is null", "did the command that should fill it fail?"),
        ("null", "word 1 on stdin is null", "did the command that should fill it fail?"),
        (
            json.dumps([ONE, None]),
            "value 2 on stdin is null",
            "did the command that should fill it fail?",
        ),
        (
            f"{ONE} hero=",
            "the id of word 2 on stdin is empty",
            "did the command that should fill it fail?",
        ),
        (
            f"{ONE} b@d",
            "word 2 on stdin is not a task id: 'b@d'",
            "a task id has letters, digits and _ . : - only, 128 at most",
        ),
        (
            "b@d",
            "word 1 on stdin is not a task id: 'b@d'",
            "a task id has letters, digits and _ . : - only, 128 at most",
        ),
        (
            "https://tempfile.test/a.png\n",
            "word 1 on stdin is a URL, not a task id: 'https://tempfile.tes…'",
            "give the taskId of the task",
        ),
        (
            f'["{ONE}", 7]',
            "value 2 on stdin is not a task id",
            "ids are text",
        ),
        (
            f'"{ONE}" 7 {{}}',
            "value 2 on stdin is not a task id",
            "ids are text",
        ),
        (
            "<!DOCTYPE html><script>{}</script>".format('{"theme": "dark"}'),
            "stdin is neither task ids nor JSON with a task id: '<!DOCTYPE html><scri…'",
            "pipe in createTask's answer as it came",
        ),
        (
            '<!DOCTYPE html>\n{"theme": "dark"}\n',
            "stdin is neither task ids nor JSON with a task id: '<!DOCTYPE html>\n{\"th…'",
            "pipe in createTask's answer as it came",
        ),
        (
            'options: {"theme": "dark"}',
            'stdin is neither task ids nor JSON with a task id: \'options: {"theme": "…\'',
            "pipe in createTask's answer as it came",
        ),
        (
            '{"code": 200, ',
            "stdin is neither task ids nor JSON with a task id: '{\"code\": 200,'",
            "pipe in createTask's answer as it came",
        ),
        (
            "[" * 500,
            f"stdin is neither task ids nor JSON with a task id: '{'[' * 20}…'",
            "pipe in createTask's answer as it came",
        ),
        (
            f'{{"taskId": "{ONE}/x", broken',
            "an id in damaged JSON on stdin is not a task id",
            "a task id has letters, digits and _ . : - only, 128 at most",
        ),
        (
            '{"code":200,"data":{"taskId":"ecf8cf8611cc40',
            "the answer on stdin is cut off in its task id: 'ecf8cf8611cc40'",
            "find the task at https://kie.ai/logs",
        ),
        (
            lines({"code": 200, "msg": "success", "data": None}),
            "value 1 on stdin is JSON without a task id",
            "it takes a taskId, as in createTask's answer, or a task_id, as in kiecli's JSON",
        ),
        (
            lines(creation(), {"code": 200, "msg": "success", "data": 100.5}),
            "value 2 on stdin is JSON without a task id",
            "it takes a taskId, as in createTask's answer, or a task_id, as in kiecli's JSON",
        ),
        (
            lines({"result": "success"}),
            "value 1 on stdin is JSON without a task id",
            "it takes a taskId, as in createTask's answer, or a task_id, as in kiecli's JSON",
        ),
        (
            lines({"taskId": None}),
            "the taskId of value 1 on stdin is null",
            "did the command that should fill it fail?",
        ),
        (
            lines({"taskId": ""}),
            "the taskId of value 1 on stdin is empty",
            "did the command that should fill it fail?",
        ),
        (lines({"taskId": 7}), "the taskId of value 1 on stdin is not text", "ids are text"),
        (
            lines({"taskId": ONE, "label": 7}),
            "the label of value 1 on stdin is not text",
            "",
        ),
        (
            f'{{"hero": "{ONE}", "hero": "{TWO}"}}',
            "a name stands twice in value 1 on stdin",
            "give each task its own",
        ),
        *[  # a command that should have filled in a value has printed nothing
            (
                stdin,
                "the answer for 'footer' on stdin is empty",
                "did the command that should fill it fail?",
            )
            for stdin in (
                f'{{"hero": {json.dumps(creation())}, "footer": }}',
                f'{{"footer":, "hero": {json.dumps(creation())}}}',
                f'{{"hero": "{ONE}", "footer": \n}}\n',
                '{"footer": , "hero": }',
            )
        ],
        (
            lines({"hero": ours(ONE, "footer")}),
            "'footer' in value 1 on stdin has another label, too: 'hero'",
            "give each task one label",
        ),
        (
            gzip.compress(b"x" * (MAX_DECOMPRESSED + 1)),
            "stdin unpacks to more than 64 MiB",
            "pipe in ids only",
        ),
        *[
            (stdin, "no task id on stdin: did the command before the pipe fail?", "")
            for stdin in (b"", b" \r\n\t", b"\xef\xbb\xbf", b"[]", b"[[], []]", "# none", b",")
        ],
        *[  # no id ends with a colon: it is a message, the second one Cloudflare's
            (stdin, "no task id on stdin: did the command before the pipe fail?", "")
            for stdin in ("Error: timeout", "error code: 1010\n", f"{ONE} failed:")
        ],
    ],
)
def test_what_cannot_be_an_id_is_named_by_its_place(
    stdin: str | bytes, message: str, hint: str
) -> None:
    assert refusal(stdin) == (message, hint)


def test_gzip_of_64_mebibytes_is_read() -> None:
    assert ids(gzip.compress(ONE.encode().ljust(MAX_DECOMPRESSED))) == [ONE]


def test_bytes_that_are_no_text_are_refused() -> None:
    assert refusal(b"\x89PNG\r\n\x1a\n\xff\xd8") == (
        "word 1 on stdin is not a task id: '\ufffdPNG'",
        "a task id has letters, digits and _ . : - only, 128 at most",
    )


def meaning(status: int, body: str) -> KieError:
    """What an answer means wherever it comes from."""
    with pytest.raises(KieError) as raised:
        decode(status, {}, body.encode())
    return raised.value


@pytest.mark.parametrize(
    ("code", "kie_message", "exit_code"),
    [
        (401, "Unauthorized", ExitCode.REFUSED),
        ("402", "Credits insufficient", ExitCode.REFUSED),
        (422, "The model name is not supported", ExitCode.USAGE),
        (429, "", ExitCode.UNAVAILABLE),
        (500, "Server exception", ExitCode.UNAVAILABLE),
        (501, "flagged as sensitive", ExitCode.FAILED),
    ],
)
@pytest.mark.parametrize(
    "stdin",
    [
        "%s",
        "HTTP/2 200 \r\nnel: {}\r\n\r\n%s",
        "log\n%s",
        '{"status": 200, "data": %s}',
        '[{"code": 200, "data": {"taskId": "a"}}, %s]',
        '{"hero-0": "a", "hero": %s}',
    ],
)
def test_an_error_of_create_task_is_raised_as_what_it_is(
    code: int, kie_message: str, exit_code: ExitCode, stdin: str
) -> None:
    body = json.dumps({"code": code, "msg": kie_message, "data": {"reason": "other"}})
    expected = meaning(200, body)
    with pytest.raises(KieError) as raised:
        read_tasks((stdin % body).encode()).or_raise()
    assert raised.value.exit_code is exit_code
    which = "for 'hero' on stdin" if "hero" in stdin else "on stdin"
    assert raised.value.message == f"the answer {which} is an error, not a task: {expected.message}"
    fix = "fix the createTask call before the pipe"
    assert raised.value.hint == (fix if exit_code is ExitCode.USAGE else expected.hint)


def test_what_create_task_did_not_find_is_told_in_its_own_words() -> None:
    with pytest.raises(TaskNotFound) as raised:
        read_tasks(b'{"code": 404, "msg": "Model not found"}').or_raise()
    assert (raised.value.message, raised.value.hint) == (
        "the answer on stdin is an error, not a task: Kie answered: Model not found (code 404)",
        "fix the createTask call before the pipe",
    )


@pytest.mark.parametrize(
    ("stdin", "status"),
    [
        (lines({"timestamp": "t", "status": 404, "error": "Not Found", "path": "/api"}), 404),
        ("HTTP/1.1 200 OK\n\nHTTP/1.1 502 Bad\n\n<html>", 502),
        ("HTTP/1.1 301 Moved\r\nlocation: /x\r\n\r\n", 301),
    ],
)
def test_a_page_in_the_place_of_an_answer_is_told_by_its_status(stdin: str, status: int) -> None:
    message = meaning(status, "").message
    assert refusal(stdin)[0] == f"the answer on stdin is an error, not a task: {message}"


@pytest.mark.parametrize(
    "value",
    [
        {"level": "error", "code": 7, "msg": "x"},
        {"code": "ECONNREFUSED", "msg": "x"},
        {"code": 500, "level": "error"},
        {"code": True, "msg": "x"},
        {"status": "fail", "error": "x"},
        {"status": 200, "error": None},
    ],
)
def test_what_other_tools_call_code_or_status_is_no_error_of_kie(value: object) -> None:
    assert ids(lines(value, creation())) == [f"{ONE}!"]


def test_what_was_created_is_found_beside_anything_that_is_wrong() -> None:
    refused = (
        lines(creation(), {"code": 402, "msg": "m"}, {"taskId": 7}) + "[" + lines(creation(TWO))
    )
    assert created(refused) == [ONE, TWO]
    twice = f'{{"a": {json.dumps(creation())}, "a": {json.dumps(creation(TWO))}}}'
    assert created(twice) == [ONE, TWO]
    assert created(lines(record(), ours(TWO), creation("b@d"))) == []
    assert created(b"") == []


def test_zeros_separate_words_as_for_xargs() -> None:
    assert ids(b"run1\0run2\0") == ["run1", "run2"]
    assert ids(b"x=ab\0cd") == ["x=ab", "cd"]
    assert ids("ab".encode("utf-16-le")) == ["ab"]


# --- whatever arrives


@examples(200)
@given(bodies() | st.binary(max_size=80) | text.map(lambda each: each.encode(errors="ignore")))
@example(b"\xef\xbb\xbf")
@example(b'"taskId":"' + b"\\" * 10_000)
@example(b'{"taskId' + b'\\"' * 5000)
@example(b"[" * 100_000)
@example(b'"' * 10_001)
@example(b"\x1f\x8b\x08")
@example(json.dumps(json.dumps([[[json.dumps([[[json.dumps("x")]]])]]])).encode())
def test_bytes_on_stdin_are_tasks_or_one_error(stdin: bytes) -> None:
    tasks, error = read_tasks(stdin)
    assert tasks or error is not None
    for task in tasks if error else ():
        assert task.created
        assert is_task_id(task.task_id)


def _strings_in_lists(depth: int) -> str:
    value: object = creation()
    for _ in range(depth):
        value = [[[json.dumps(value)]]]
    return json.dumps(value)


def test_strings_in_strings_in_strings_are_read() -> None:
    assert ids(_strings_in_lists(10)) == [f"{ONE}!"]


def test_strings_that_are_nested_too_deeply_are_searched() -> None:
    assert ids(_strings_in_lists(15)) == [f"{ONE}!"]


_noise = st.text(st.sampled_from('{}[]":,\\ \n\tax0.<>=/\r'), max_size=30).filter(
    lambda each: "#" not in each
)


@examples(300)
@given(_noise, _noise, st.sampled_from([None, 2]), st.integers(0, 2))
@example("{}]", "", None, 0)
@example('{"a":', "}", None, 0)
@example('{"a":"', "", None, 1)
@example('["\\', "", None, 0)
@example('"\\', "", None, 1)
def test_created_ids_are_found_in_any_noise(
    before: str, after: str, indent: int | None, strings: int
) -> None:
    answer = json.dumps(creation(), indent=indent)
    for _ in range(strings):
        answer = json.dumps(answer)
    assert created(f"{before}{answer}{after}") == [ONE]


@examples(300)
@given(st.data(), st.sampled_from(sorted(OPAQUE_NAMES)), st.booleans(), text)
def test_ids_of_inputs_are_never_taken(
    data: st.DataObject, name: str, as_string: bool, prompt: str
) -> None:
    nested: object = {"prompt": prompt, "taskId": DECOY, "x": [{"task_id": DECOY}], "label": "l"}
    answer = record()
    answer["data"] = {"state": "x", name: json.dumps(nested) if as_string else nested}
    if data.draw(st.booleans()):
        answer["data"]["taskId"] = ONE
    whole = json.dumps(answer)
    start = data.draw(st.integers(0, whole.index(f'"{name}"')))
    cut = whole[start : data.draw(st.sampled_from([-1, -2, -20, -30, None]))]
    tasks, _ = read_tasks(cut.encode(errors="replace"))
    assert DECOY not in {task.task_id for task in tasks}
