"""Which ids a line asks about, in every form in which they come."""

import json

import pytest

from kiecli.errors import ExitCode, KieError, UsageError
from kiecli.ids import TaskSelection, read, reject_api_key

ONE = "ecf8cf8611cc40ff28e6f1ff8ebc4a12"
TWO = "task_kling_1765187766581"


def created(task_id: str) -> str:
    """Return createTask's answer."""
    return json.dumps(
        {"code": 200, "msg": "success", "data": {"taskId": task_id, "recordId": task_id}}
    )


def answered(task_id: str, *, code: int = 200, state: str = "success") -> str:
    """Return recordInfo's answer, or with another code a callback's body."""
    inputs = json.dumps({"prompt": 'a "red" panda', "task_id": "of-another-task"})
    data = {
        "taskId": task_id,
        "model": "wan/2-7-image",
        "state": state,
        "param": json.dumps({"input": inputs, "model": "wan/2-7-image"}),
        "resultJson": json.dumps({"resultUrls": ["https://tempfile.test/a.png"]}),
    }
    return json.dumps({"code": code, "msg": "said", "data": data})


def ours(task_id: str) -> str:
    """Return an object of `kiecli --json`."""
    return json.dumps({"task_id": task_id, "state": "fail", "raw": {"taskId": "not-this-one"}})


def asked(*arguments: str, stdin: str | bytes = b"") -> TaskSelection:
    text = stdin.encode() if isinstance(stdin, str) else stdin
    return read(arguments, lambda: text)


def never_read() -> bytes:
    raise AssertionError("stdin was read")


def test_arguments_are_trimmed_and_named_once_in_their_order() -> None:
    arguments = [TWO, f" {ONE}\n", f'"{TWO}"', f" ' {ONE}' ", "a:b.c-d_e"]
    assert read(arguments, never_read) == TaskSelection((TWO, ONE, "a:b.c-d_e"), ())


def test_an_id_has_128_characters_at_most() -> None:
    assert asked("a" * 128).task_ids == ("a" * 128,)
    with pytest.raises(UsageError):
        asked("a" * 129)


def test_a_dash_stands_for_stdin_where_it_stands() -> None:
    assert asked("first", "-", "last", stdin="x last y") == TaskSelection(
        ("first", "x", "last", "y"), ()
    )


@pytest.mark.parametrize(
    "stdin",
    [
        f"{ONE} {TWO}",
        f"{ONE}\n{TWO}\n",
        f"\r\n{ONE}\r\n\r\n\t{TWO}\r\n",
        f"\ufeff{ONE}\n{TWO}\n",
        f'"{ONE}"\n"{TWO}"\n',
        f"'{ONE}' '{TWO}'",
        f'"{ONE}"\n{TWO}\n',
        f'["{ONE}", "{TWO}"]',
        f'\ufeff  ["{ONE}", [["{TWO}"]], "{ONE}"]',
        answered(ONE) + answered(TWO, state="waiting"),
        f"{answered(ONE)}\n{answered(TWO, state='generating')}\n",
        f"[{answered(ONE)}, {answered(TWO)}]",
        json.dumps([json.loads(answered(ONE)), TWO]),
        answered(ONE, code=501, state="fail") + answered(TWO),
        f"{ours(ONE)}\n{ours(TWO)}\n",
        f"{ours(ONE)}\n[{answered(TWO)}]\n",
        json.dumps({"taskId": ONE}) + json.dumps({"taskId": f" {TWO} "}),
    ],
)
def test_stdin_holds_ids_in_any_of_their_forms(stdin: str) -> None:
    assert asked("-", stdin=stdin) == TaskSelection((ONE, TWO), ())


@pytest.mark.parametrize(
    "stdin",
    [
        created(ONE) + created(TWO),
        f"{created(ONE)}\n{created(TWO)}\n",
        f"[{created(ONE)},{created(TWO)}]",
        json.dumps(json.loads(created(ONE)), indent=2) + created(TWO) + created(ONE),
    ],
)
def test_ids_that_were_just_created_are_told_apart(stdin: str) -> None:
    assert asked("-", stdin=stdin) == TaskSelection((ONE, TWO), (ONE, TWO))


def test_a_mixture_of_forms_is_one_list() -> None:
    stdin = f'{created(ONE)}\n"plain"\n{answered(TWO)}["listed"]{ours("printed")}'
    assert asked("typed", "-", stdin=stdin) == TaskSelection(
        ("typed", ONE, "plain", TWO, "listed", "printed"), (ONE,)
    )


def test_an_answer_whose_inner_quoting_a_shell_ate_still_has_its_id() -> None:
    eaten = answered(ONE).replace('\\"', '"').replace("\\\\", "\\")
    with pytest.raises(ValueError, match="delimiter"):
        json.loads(eaten)
    assert asked("-", stdin=eaten) == TaskSelection((ONE,), ())


def test_an_object_of_ours_with_broken_quoting_still_has_its_id() -> None:
    assert asked("-", stdin=f'{{"task_id": "{ONE}", "raw": {{broken}}') == TaskSelection((ONE,), ())


@pytest.mark.parametrize(
    ("arguments", "stdin", "message", "hint"),
    [
        (["-", "a", "-"], "", "'-' stands more than once for stdin", "name it once"),
        (
            ["a", ""],
            "",
            "argument 2 is empty",
            "did the command that should fill it fail?",
        ),
        (["' '"], "", "argument 1 is empty", "did the command that should fill it fail?"),
        (["a", "null"], "", "argument 2 is null", "did the command that should fill it fail?"),
        (
            ["-"],
            "a\nnull\n",
            "word 2 on stdin is null",
            "did the command that should fill it fail?",
        ),
        (
            ["https://tempfile.test/a.png?token=secret"],
            "",
            "argument 1 is a URL, not a task id",
            "give the taskId of the task",
        ),
        (
            ["a", created(ONE)],
            "",
            "argument 2 is JSON, not a task id",
            "pipe JSON in and give '-' as the id",
        ),
        (
            ["a/b"],
            "",
            "argument 1 is not a task id",
            "ids have letters, digits and _ . : - only, 128 at most",
        ),
        (
            ["-"],
            f"{ONE} b@d",
            "word 2 on stdin is not a task id",
            "ids have letters, digits and _ . : - only, 128 at most",
        ),
        (
            ["-"],
            "<!DOCTYPE html><title>502 Bad Gateway</title>",
            "word 1 on stdin is not a task id",
            "ids have letters, digits and _ . : - only, 128 at most",
        ),
        (
            ["-"],
            f'["{ONE}", "https://tempfile.test/a.png"]',
            "value 2 on stdin is a URL, not a task id",
            "give the taskId of the task",
        ),
        (["-"], f'[["{ONE}"], 7]', "value 2 on stdin is not a task id", "ids are text"),
        (
            ["-"],
            '{"taskId": 7}',
            "value 1 on stdin is JSON without a task id",
            "it takes a taskId, or a task_id of --json",
        ),
        (
            ["-"],
            '{"code": 200, "msg": "success", "data": null}',
            "value 1 on stdin is JSON without a task id",
            "it takes a taskId, or a task_id of --json",
        ),
        (
            ["-"],
            '{"code": 200, ',
            "stdin is neither task ids nor JSON that can be read",
            "pipe in createTask's answer as it came",
        ),
        (
            ["-"],
            "[" * 500,
            "stdin is neither task ids nor JSON that can be read",
            "pipe in createTask's answer as it came",
        ),
        (
            ["-"],
            f'{{"taskId": "{ONE}/x", broken',
            "an id in broken JSON on stdin is not a task id",
            "ids have letters, digits and _ . : - only, 128 at most",
        ),
    ],
)
def test_what_cannot_be_an_id_is_named_by_its_place(
    arguments: list[str], stdin: str, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        asked(*arguments, stdin=stdin)
    assert (refusal.value.message, refusal.value.hint) == (message, hint)


@pytest.mark.parametrize("stdin", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"[]", b"[[], []]"])
def test_an_empty_stdin_points_to_the_command_before_the_pipe(stdin: bytes) -> None:
    with pytest.raises(UsageError) as refusal:
        asked("-", stdin=stdin)
    assert refusal.value.message == "no task id on stdin: did the command before the pipe fail?"


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(UsageError) as refusal:
        asked("-", stdin=b"\x89PNG\r\n\x1a\n\xff\xd8")
    assert refusal.value.message == "word 1 on stdin is not a task id"


@pytest.mark.parametrize(
    ("code", "said", "exit_code", "message", "hint"),
    [
        (
            401,
            "Unauthorized",
            ExitCode.REFUSED,
            "Kie refused the API key: Unauthorized (code 401)",
            "get a key at https://kie.ai/api-key; to test one: kiecli config check",
        ),
        (
            402,
            "Credits insufficient",
            ExitCode.REFUSED,
            "the account is out of credits: Credits insufficient (code 402)",
            "top up at https://kie.ai/pricing",
        ),
        (
            422,
            "The model name is not supported",
            ExitCode.USAGE,
            "Kie rejected the request: The model name is not supported (code 422)",
            "mend the createTask call before the pipe",
        ),
        (429, "", ExitCode.UNAVAILABLE, "rate limited by Kie: code 429", ""),
        (
            500,
            "Server exception",
            ExitCode.UNAVAILABLE,
            "Kie answered: Server exception (code 500)",
            "",
        ),
        (
            501,
            "flagged as sensitive",
            ExitCode.FAILED,
            "Kie says the task failed: flagged as sensitive (code 501)",
            "blocked by content moderation; change the prompt or the input",
        ),
    ],
)
def test_an_error_of_create_task_is_told_as_what_it_is(
    code: int, said: str, exit_code: ExitCode, message: str, hint: str
) -> None:
    stdin = json.dumps({"code": code, "msg": said, "data": None})
    with pytest.raises(KieError) as refusal:
        asked("-", stdin=stdin)
    assert refusal.value.exit_code is exit_code
    assert refusal.value.message == f"the answer on stdin is an error, no task: {message}"
    assert refusal.value.hint == hint


@pytest.mark.parametrize(
    ("arguments", "stdin", "hint"),
    [
        (
            ["-"],
            created(ONE) + json.dumps({"code": 402, "msg": "m"}) + created(TWO),
            f"top up at https://kie.ai/pricing; created all the same: {ONE} {TWO}",
        ),
        (
            ["-"],
            json.dumps({"code": 500, "msg": "m"}) + created(TWO),
            f"created all the same: {TWO}",
        ),
        (
            ["-", "https://a.test"],
            created(ONE),
            f"give the taskId of the task; created all the same: {ONE}",
        ),
    ],
)
def test_a_refusal_names_what_was_created_beside_it(
    arguments: list[str], stdin: str, hint: str
) -> None:
    with pytest.raises(KieError) as refusal:
        asked(*arguments, stdin=stdin)
    assert refusal.value.hint == hint


def test_the_key_in_the_place_of_an_id_is_refused_unseen() -> None:
    key = "0123456789abcdef0123456789abcdef"
    with pytest.raises(UsageError) as refusal:
        reject_api_key(asked(ONE, key), key)
    assert refusal.value.message == "task id 2 is the API key itself"
    assert refusal.value.hint == "give the taskId that createTask answered with"


def test_other_ids_pass_beside_the_key() -> None:
    reject_api_key(asked(ONE, TWO), "0123456789abcdef0123456789abcdef")
