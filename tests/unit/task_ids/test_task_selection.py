"""Which tasks a line names, how they are labelled, and why a line is refused."""

import json
from typing import Any

import pytest
from hypothesis import example, given

from kiecli.commands.created_tasks import created_messages
from kiecli.errors import KieError, UsageError
from kiecli.outcome import Outcome
from kiecli.render.text import error_text
from kiecli.safe_text import sanitize
from kiecli.system.shell_syntax import join
from kiecli.system.syntax import SHELL
from kiecli.task_ids.stdin_ids import StdinTasks, read_tasks
from kiecli.task_ids.task_id import FoundTask, label_error, parse_task
from kiecli.task_ids.task_selection import TaskSelection, select_tasks
from tests.support.hostile.answers import bodies
from tests.support.hostile.oracle import FAILURES, assert_tame, attempt
from tests.support.hostile.search import examples
from tests.support.hostile.text import text

ONE = "ecf8cf8611cc40ff28e6f1ff8ebc4a12"
TWO = "task_kling_1765187766581"
KEY = "sk-0123456789abcdef"
ID_HINT = "a task id has letters, digits and _ . : - only, 128 at most"
FILL_HINT = "did the command that should fill it fail?"


def creation(task_id: str = ONE) -> str:
    """createTask's answer."""
    return json.dumps({"code": 200, "msg": "success", "data": {"taskId": task_id}})


def never_read() -> StdinTasks:
    raise AssertionError("stdin was read")


def selected(*arguments: str, stdin: str = "", **checks: Any) -> TaskSelection:
    return select_tasks(arguments, lambda: read_tasks(stdin.encode()), **checks)


def refusal(*arguments: str, stdin: str = "", **checks: Any) -> tuple[str, str]:
    with pytest.raises(UsageError) as raised:
        select_tasks(arguments, lambda: read_tasks(stdin.encode()), **checks)
    return raised.value.message, raised.value.hint


# --- ids


def test_arguments_are_trimmed_and_named_once_in_their_order() -> None:
    arguments = [TWO, f" {ONE}\n", f'"{TWO}"', f" ' {ONE}' ", "a:b.c-d_e", f"{TWO},", f"`{ONE};`"]
    assert select_tasks(arguments, never_read) == TaskSelection((TWO, ONE, "a:b.c-d_e"))


@pytest.mark.parametrize(
    "argument",
    [
        f"https://api.kie.ai/api/v1/jobs/recordInfo?taskId={ONE}",
        f"api.kie.ai/recordInfo?x=1&taskId={ONE}&y=2#z",
        f'"https://h.test/?TASK_ID={ONE}"',
        f"https://h.test/?taskId=%20{ONE},",
        f"\u201c{ONE}\u201d",
        f"\u200b{ONE}\u00a0",
        f"{ONE},;",
    ],
)
def test_an_id_is_taken_out_of_what_stands_around_it(argument: str) -> None:
    assert selected(argument).task_ids == (ONE,)
    assert selected(f"hero={argument}") == TaskSelection((ONE,), {ONE: "hero"})


def test_an_id_has_128_characters_at_most() -> None:
    assert selected("a" * 128).task_ids == ("a" * 128,)
    assert refusal("a" * 129) == ("argument 1 is not a task id", ID_HINT)


def test_a_dash_stands_for_stdin_where_it_stands() -> None:
    assert selected("first", "-", "last", stdin="x last y").task_ids == ("first", "x", "last", "y")


def test_tasks_that_were_just_created_are_told_apart() -> None:
    assert selected("a=b", "-", stdin=creation(TWO) * 2) == TaskSelection(
        ("b", TWO), {"b": "a"}, (TWO,)
    )


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["-", "a", "-"], "'-' is given more than once", "stdin can be read only once"),
        (["a", ""], "argument 2 is empty", FILL_HINT),
        (["' '"], "argument 1 is empty", FILL_HINT),
        (["hero="], "the id of argument 1 is empty", FILL_HINT),
        (["hero=null"], "the id of argument 1 is null", FILL_HINT),
        (["a", "None"], "argument 2 is None", FILL_HINT),
        (["a", "undefined,"], "argument 2 is undefined", FILL_HINT),
        (
            ["https://tempfile.test/a.png?token=secret"],
            "argument 1 is a URL, not a task id: 'https://tempfile.tes…'",
            "give the taskId of the task",
        ),
        (
            ["ftp://me:pass@h.test/a"],
            "argument 1 is a URL, not a task id: 'ftp://h.test/a'",
            "give the taskId of the task",
        ),
        (
            ["a", '{"x": "y=z"}'],
            'argument 2 is JSON, not a task id: \'{"x": "y=z"}\'',
            "pipe JSON in and give '-' as the task",
        ),
        (["a,b", "c"], "argument 1 has commas in it: 'a,b'", "separate task ids with spaces"),
        (
            ['"a1","b2"'],
            """argument 1 has commas in it: 'a1","b2'""",
            "separate task ids with spaces",
        ),
        (["hello world"], "argument 1 is not a task id: 'hello world'", ID_HINT),
        (["caf\u00e9"], "argument 1 is not a task id: 'caf\u00e9'", ID_HINT),
        (["b@d" * 9], "argument 1 is not a task id: 'b@db@db@db@db@db@db@…'", ID_HINT),
        # What can be a key, or has one in it, is not repeated.
        (["a/b"], "argument 1 is not a task id", ID_HINT),
        (["Bearer abc"], "argument 1 is not a task id", ID_HINT),
        (["my key: sk-123"], "argument 1 is not a task id", ID_HINT),
        (["0123456789abcdef01234567@"], "argument 1 is not a task id", ID_HINT),
        (["a,/"], "argument 1 is not a task id: 'a,/'", ID_HINT),
    ],
)
def test_what_cannot_be_an_id_is_named_by_its_place(
    arguments: list[str], message: str, hint: str
) -> None:
    assert refusal(*arguments) == (message, hint)


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        ("ids.txt", "ids.txt"),
        ("ids", "ids"),
        ("@my ids.txt", "my ids.txt"),
        ("new/ids", "new/ids"),
        ("hero=ids.txt", "ids.txt"),
    ],
)
def test_a_file_in_the_place_of_an_id_gets_the_line_that_reads_it(argument: str, name: str) -> None:
    files = {"ids.txt", "ids", "my ids.txt", "new/ids"}
    is_file = files.__contains__
    line = SHELL.with_stdin("kiecli wait -", name)
    refused = (f"'{name}' is a file", f"to read ids from it: {line}")
    assert refusal("a", argument, is_file=is_file, command="wait") == refused
    message, _ = refusal("a", f"{argument}!@", is_file=is_file)
    assert "argument 2 is not a task id" in message


def test_a_file_named_by_an_id_is_no_reason_to_refuse_the_id() -> None:
    assert selected(ONE, "demo-image", is_file=lambda _: True).task_ids == (ONE, "demo-image")


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["a", KEY], "", "argument 2 is the API key itself"),
        ([f"KIE_API_KEY={KEY}"], "", "argument 1 is the API key itself"),
        ([f"Bearer {KEY}"], "", "argument 1 is the API key itself"),
        (["-"], f"a {KEY}", "word 2 on stdin is the API key itself"),
        (["-"], f'["{KEY}"]', "value 1 on stdin is the API key itself"),
        ([f"x-{KEY}=a"], "", "the label of argument 1 has the API key in it"),
        ([f"x-{KEY}=a".replace("-", "%2d")], "", "the label of argument 1 has the API key in it"),
        (["a", f"%{ord(KEY[0]):x}{KEY[1:]}"], "", "argument 2 is the API key itself"),
        (["-"], f"({KEY[:14]}", "word 1 on stdin is not a task id"),
        (["k"], "", "argument 1 is the API key itself"),
        ([f"{KEY[:13]}.@"], "", "argument 1 is not a task id"),
    ],
)
def test_the_key_is_refused_unseen(arguments: list[str], stdin: str, message: str) -> None:
    assert refusal(*arguments, stdin=stdin, api_keys=[KEY, "k"])[0] == message


def test_a_key_that_looks_like_nothing_known_is_not_echoed_in_part() -> None:
    key = "!a.b!c.d!e.f!g.h!i.j!k.l"
    refused = refusal("-", stdin=f"<{key}", api_keys=[key])
    assert refused == ("word 1 on stdin is not a task id", ID_HINT)


def test_other_ids_pass_beside_the_key() -> None:
    assert selected("ab", ONE, api_keys=[KEY, "a"]).task_ids == ("ab", ONE)


# --- labels


@pytest.mark.parametrize(
    ("arguments", "selection"),
    [
        ([f"hero={ONE}", TWO], TaskSelection((ONE, TWO), {ONE: "hero"})),
        ([ONE, f"hero={ONE}", f" 'hero={ONE}' "], TaskSelection((ONE,), {ONE: "hero"})),
        ([f"my hero ={ONE}"], TaskSelection((ONE,), {ONE: "my hero"})),
        ([f"'my hero'={ONE}"], TaskSelection((ONE,), {ONE: "my hero"})),
        ([f"{ONE}={ONE}"], TaskSelection((ONE,), {ONE: ONE})),
        ([f"{'x' * 100}={ONE}"], TaskSelection((ONE,), {ONE: "x" * 100})),
        ([f"\U0001f469\u200d\U0001f467={ONE}"], TaskSelection((ONE,), {ONE: "👩\u200d👧"})),
        (["a", "A"], TaskSelection(("a", "A"))),
        (["x=a", "a.b", "A.B"], TaskSelection(("a", "a.b", "A.B"), {"a": "x"})),
    ],
)
def test_a_label_stands_before_its_id(arguments: list[str], selection: TaskSelection) -> None:
    assert select_tasks(arguments, never_read) == selection


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ([f"={ONE}"], "the label of argument 1 is empty", ""),
        ([f"{'x' * 101}=a"], "the label of argument 1 has 101 characters; 100 are the most", ""),
        (["a", "b\tc=d"], "the label of argument 2 has a control character in it", ""),
        (["\u202eb=d"], "the label of argument 1 has a control character in it", ""),
        (["b\u2028c=d"], "the label of argument 1 has a control character in it", ""),
        (["b\udcffc=d"], "the label of argument 1 has a control character in it", ""),
        (
            ["hero=a", "hero=b"],
            "argument 1 and argument 2 name two tasks, both as 'hero'",
            "give each task a label of its own",
        ),
        (
            ["hero=a", "b", "footer=a"],
            "argument 1 and argument 3 name one task, as 'hero' and as 'footer'",
            "give each task one label",
        ),
        (["a=b", "a"], "the label 'a' is the id of another task", ""),
        (
            ["Hero=a", "hero=b"],
            "'Hero' and 'hero' would become one file name",
            "give one of them another label",
        ),
        (
            ["x y=a", "x:y=b"],
            "'x y' and 'x:y' would become one file name",
            "give one of them another label",
        ),
        (
            ["caf\u00e9=a", "cafe\u0301=b"],
            "'caf\u00e9' and 'cafe\u0301' would become one file name",
            "give one of them another label",
        ),
        (
            ["ABC=a", "abc"],
            "'ABC' and 'abc' would become one file name",
            "give one of them another label",
        ),
    ],
)
def test_labels_that_would_be_in_the_way_are_refused(
    arguments: list[str], message: str, hint: str
) -> None:
    assert refusal(*arguments) == (message, hint)


@pytest.mark.parametrize(
    ("label", "what"),
    [
        ("", "is empty"),
        ("-x", "begins with '-'"),
        ("a=b", "has '=' in it"),
        ("a://b", "has '://' in it"),
        ("a\nb", "has a control character in it"),
        ("h\ufffdro", "is not in UTF-8"),
    ],
)
def test_labels_in_json_have_the_same_rules(label: str, what: str) -> None:
    refused = refusal("-", stdin=json.dumps({label: ONE}))
    assert refused == (f"the label of value 1 on stdin {what}", "")


def test_two_labels_in_one_value_are_named_by_it() -> None:
    stdin = json.dumps({"data": [{"label": "a", "taskId": "x"}, {"label": "a", "taskId": "y"}]})
    assert refusal("-", stdin=stdin) == (
        "value 1 on stdin name two tasks, both as 'a'",
        "give each task a label of its own",
    )


# --- what a selection is for


def test_tasks_are_typed_again_with_their_labels() -> None:
    selection = TaskSelection(("a", "b"), {"a": "my hero"}, ("b",))
    assert (selection.name("a"), selection.name("b")) == ("my hero", "b")
    assert selection.resume_command(["wait", "-t", "5m"], ["a", "b"]) == (
        join(SHELL, ["kiecli", "wait", "-t", "5m", "my hero=a", "b"])
    )


@examples(200)
@given(text)
@example("[draft] cat")
@example("{x}")
@example('"q"')
@example("`q`")
@example("a&taskid")
def test_a_label_is_read_again_as_it_was(label: str) -> None:
    label = label.strip()
    if label_error(label, "") is None:
        argument = Outcome(ONE, label=label).argument
        assert TaskSelection((ONE,), {ONE: label}).arguments([ONE]) == [argument]
        assert parse_task(argument, "") == FoundTask(ONE, "", label=label)


def test_a_line_names_200_tasks_and_all_that_were_just_created() -> None:
    many = [f"t{n}" for n in range(201)]
    line = f"kiecli wait {' '.join(many)}"
    run_again = "run the same line again; what is saved is kept"
    assert TaskSelection(tuple(many)).resume_command(["wait"], many) == run_again
    assert TaskSelection(tuple(many)).resume_command(["wait"], many[1:]) == line.replace(" t0", "")
    assert TaskSelection(tuple(many), created=("t7",)).resume_command(["wait"], many) == line


@pytest.mark.parametrize(
    ("created", "lines"),
    [
        ((), []),
        (("a",), ["created x=a; to continue: kiecli wait -i 5s x=a b"]),
        (("a", "b"), ["created x=a", "created b", "to continue: kiecli wait -i 5s x=a b"]),
    ],
)
def test_created_tasks_are_named_with_the_line_that_continues(
    created: tuple[str, ...], lines: list[str]
) -> None:
    selection = TaskSelection(("a", "b"), {"a": "x"}, created)
    assert created_messages(selection, ["wait", "-i", "5s"], "to continue") == lines


# --- whatever arrives


@examples(200)
@given(bodies() | text.map(lambda each: each.encode(errors="ignore")), text)
def test_a_line_is_tasks_or_one_line_of_error(stdin: bytes, argument: str) -> None:
    for arguments in (["-"], [argument]):
        selection, error = attempt(lambda: select_tasks(arguments, lambda: read_tasks(stdin)))  # noqa: B023
        if error is None:
            assert selection is not None
            assert selection.task_ids
        else:
            assert error.exit_code in FAILURES
            line = sanitize(error_text(error))
            assert_tame(line)
            assert "\n" not in line


def test_an_error_of_create_task_is_told_as_text() -> None:
    stdin = json.dumps({"code": 500, "msg": "\n::error::x\x1b[2J##[debug]"})
    with pytest.raises(KieError) as raised:
        selected("-", stdin=stdin)
    assert sanitize(error_text(raised.value)) == (
        "the answer on stdin is an error, not a task: "
        "Kie answered: ::error::x[2J## [debug] (code 500)"
    )
