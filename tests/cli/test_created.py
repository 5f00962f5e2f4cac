"""Tasks that the command before the pipe has created are paid for: they are always named."""

import io
import json
from pathlib import Path

import httpx
import pytest

from kiecli.cli.main import main
from kiecli.errors import Interrupted
from kiecli.runtime import Runtime
from kiecli.system.syntax import SHELL
from kiecli.system.system_process import SYSTEM_PROCESS
from tests.support.creation import creation
from tests.support.faults import Faults, envelope
from tests.support.program import KEY, FakeStream, Program, Ran, Typed

END_OF_INPUT = SYSTEM_PROCESS.end_of_input

HERO = json.dumps({"hero": json.loads(creation("new1")), "foot er": json.loads(creation("new2"))})
FOOTER = SHELL.quote("foot er=new2")


@pytest.mark.parametrize(
    ("argv", "stdin", "named"),
    [
        (
            ["wait", "--wrong", "-"],
            creation("new1"),
            "created new1; to continue: kiecli wait new1\n",
        ),
        (
            ["status", "-q", "-", "--exit-stat"],
            creation("new1", "new2"),
            "created new1\nkiecli: created new2\nkiecli: to continue: kiecli status new1 new2\n",
        ),
        (
            ["download", "-q", "-t", "5m", "-"],
            creation("new1"),
            "created new1; to continue: kiecli download --wait -t 5m new1\n",
        ),
        (
            ["download", "-o", "{colour}", "-"],
            HERO,
            (
                "created hero=new1\n"
                "kiecli: created foot er=new2\n"
                f"kiecli: to continue: kiecli download --wait hero=new1 {FOOTER}\n"
            ),
        ),
        (
            ["download", "-d", "file", "-"],
            creation("new1"),
            "created new1; to continue: kiecli download --wait new1\n",
        ),
        (
            ["wait", "-", "a/b"],
            HERO.replace("foot er", "-footer"),
            (
                "created hero=new1\n"
                "kiecli: created new2\n"
                "kiecli: to continue: kiecli wait hero=new1 new2\n"
            ),
        ),
        (  # the second createTask printed nothing
            ["wait", "-"],
            f'{{"hero": {creation("new1")}, "footer": }}',
            "created hero=new1; to continue: kiecli wait hero=new1\n",
        ),
        (
            ["wait", "-"],
            creation("new1") + '{"code":402,"msg":"m"}',
            "created new1; to continue: kiecli wait new1\n",
        ),
        (
            ["wait", "--wrong", "-"],
            creation("new1").replace("taskId", "task\\u0049d"),
            "created new1; to continue: kiecli wait new1\n",
        ),
        (
            ["wait", creation("new1"), "-"],
            "ok1 ok2",
            "created new1; to continue: kiecli wait new1 ok1 ok2\n",
        ),
        (
            ["wait", creation("new1")],
            "",
            "created new1; to continue: kiecli wait new1\n",
        ),
        (
            ["download", "-w", "-d", "out", "hero=ok1", "bad id", "-"],
            creation("new1"),
            "created new1; to continue: kiecli download -w -d out hero=ok1 new1\n",
        ),
        (
            ["wait", "--any", "-t", "abc", "-i", "5s", "ok1", "-"],
            creation("new1"),
            "created new1; to continue: kiecli wait --any -i 5s ok1 new1\n",
        ),
        (
            ["download", "-w", "-d", KEY, "--json", "-"],
            creation("new1"),
            "created new1; to continue: kiecli download -w --json new1\n",
        ),
        (
            ["download", "--wrong", "-d", f"{KEY}/x", "--json", "--help", "-"],
            creation("new1"),
            "created new1; to continue: kiecli download --wait --json new1\n",
        ),
        (
            ["download", "-w", "-"],
            HERO.replace("foot er", "HERO"),
            (
                "created hero=new1\n"
                "kiecli: created new2\n"
                "kiecli: to continue: kiecli download -w hero=new1 new2\n"
            ),
        ),
        (
            ["wiat", "-"],
            creation("new1"),
            "created new1; to continue: kiecli download --wait new1\n",
        ),
    ],
)
def test_a_line_that_is_refused_names_them(
    kiecli: Program, folder: Path, kie: Faults, argv: list[str], stdin: str, named: str
) -> None:
    (folder / "file").touch()
    ran = kiecli(*argv, stdin=stdin)
    error, _, rest = ran.err.partition("\nkiecli: ")
    assert error.startswith("kiecli: ")
    assert rest == named
    assert ran.code != 0
    assert kie.requests == []


def test_an_answer_that_is_no_json_is_named_too(kiecli: Program) -> None:
    answer = "{'code': 200, 'msg': 'success', 'data': {'taskId': 'new1'}}"
    ran = kiecli("wait", "--any", "--fail-fast", "-", stdin=answer)
    assert ran.err.endswith("\nkiecli: created new1; to continue: kiecli wait --any new1\n")


def test_the_api_key_is_no_task_that_was_created(kiecli: Program) -> None:
    err = "kiecli: value 1 on stdin is the API key itself. Give the taskId that createTask returned"
    assert kiecli("status", "--json", "-", stdin=creation(KEY)) == Ran(2, "", f"{err}\n")


@pytest.mark.parametrize(
    "environ",
    [
        {"KIECLI_TIMEOUT": "zz"},
        {"KIE_BASE_URL": "ftp://x"},
        {"KIE_API_KEY": ""},
    ],
)
def test_a_wrong_setting_keeps_the_options_of_the_line(
    kiecli: Program, environ: dict[str, str]
) -> None:
    argv = ["download", "-w", "--jobs=2", "-d", "out", "hero=ok2", "-"]
    ran = kiecli(*argv, stdin=creation("new1"), environ=environ)
    line = "kiecli download -w --jobs=2 -d out hero=ok2 new1"
    assert ran.err.endswith(f"kiecli: created new1; to continue: {line}\n")


class Cut(io.BytesIO):
    """A stdin whose reader is interrupted after what it holds."""

    def read1(self, size: int | None = -1, /) -> bytes:
        piece = super().read1(-1 if size is None else size)
        if not piece:
            raise Interrupted(15)
        return piece


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["download", "-q", "-d", "out", "-"], "kiecli download -d out new1"),
        (["wait", "hero=ok1", "-"], "kiecli wait hero=ok1 new1"),
        (["wait", "--wrong", "--json", "ok1", "-"], "kiecli wait --json ok1 new1"),
    ],
)
def test_a_signal_names_what_was_created_so_far(
    kiecli: Program, argv: list[str], line: str
) -> None:
    stdin = Cut(f'{creation("new1")}{{"code":200,"data":{{"taskId":"n'.encode())
    ran = kiecli(*argv, stdin=stdin)
    assert (ran.code, ran.out) == (143, "")
    assert ran.err.splitlines()[-1] == f"kiecli: interrupted; to continue: {line}"


def test_a_signal_has_no_line_where_nothing_was_created(kiecli: Program) -> None:
    ran = kiecli("wait", "ok1", "-", stdin=Cut(b"ok2 ok"))
    assert ran == Ran(143, "", "kiecli: interrupted\n")


@pytest.mark.parametrize("flags", [(), ("-q",)])
def test_a_missing_key_names_them_with_the_options_of_the_line(
    kiecli: Program, flags: tuple[str, ...]
) -> None:
    argv = ["download", *flags, "-w", "-d", "out", "-"]
    ran = kiecli(*argv, stdin=HERO, environ={"KIE_API_KEY": ""})
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.splitlines()[1:] == [
        "kiecli: created hero=new1",
        "kiecli: created foot er=new2",
        f"kiecli: to continue: kiecli download -w -d out hero=new1 {FOOTER}",
    ]


@pytest.mark.parametrize(
    ("flags", "lead"), [((), "if interrupted, continue with"), (("-q",), "to continue")]
)
def test_a_refused_key_names_them_once(
    kiecli: Program, kie: Faults, flags: tuple[str, ...], lead: str
) -> None:
    kie.always("recordInfo", envelope(401, "no"))
    ran = kiecli("wait", *flags, "-", stdin=creation("new1"))
    named = [line for line in ran.err.splitlines() if "created" in line]
    assert (ran.code, named) == (4, [f"kiecli: created new1; {lead}: kiecli wait new1"])


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("ids", "lead"),
    [
        ([], "to wait for it"),
        (["ok1"], "files already saved are kept; to fetch the rest"),
    ],
)
def test_one_that_download_does_not_wait_for_is_named_without_notes_too(
    kiecli: Program, kie: Faults, folder: Path, ids: list[str], lead: str
) -> None:
    """With -q nothing else prints its id."""
    kie.task("ok1", urls=[kie.file("/1.bin", b"\0")])
    kie.task("new1", "generating")
    ran = kiecli("download", "-q", "-", *ids, stdin=creation("new1"))
    assert (ran.code, ran.err) == (8, f"kiecli: {lead}: kiecli download --wait new1\n")
    assert [path.name for path in folder.iterdir()] == [f"{task_id}-1.bin" for task_id in ids]


def test_one_that_was_not_just_created_is_left_to_the_exit_code(
    kiecli: Program, kie: Faults
) -> None:
    kie.task("old1", "generating")
    kie.task("new1", "fail", failMsg="no")
    ran = kiecli("download", "-q", "-", "old1", stdin=creation("new1"))
    assert (ran.code, ran.err.count("\n")) == (1, 1)


def test_all_of_them_are_named_however_many(kiecli: Program, kie: Faults) -> None:
    kie.always("recordInfo", httpx.Response(502))
    many = [f"new{n}" for n in range(300)]
    ran = kiecli("wait", "-q", "-t", "0", "-", stdin=creation(*many))
    assert ran.err.endswith(f": kiecli wait -t 0 {' '.join(many)}\n")


def test_a_stdin_that_cannot_be_read_is_the_only_error(kiecli: Program) -> None:
    class Broken(io.BytesIO):
        def read1(self, _size: int | None = -1, /) -> bytes:
            raise IsADirectoryError(21, "Is a directory")

    err = FakeStream()
    runtime = Runtime(environ=kiecli.environ, stdin=Broken(), stdout=FakeStream(), stderr=err)
    assert main(["status", "-"], runtime) == 2
    assert err.text == "kiecli: cannot read stdin: is a directory\n"


@pytest.mark.parametrize(
    ("argv", "stderr"),
    [
        (
            ["wait", "-"],
            (
                f"kiecli: reading task ids from the terminal; end with {END_OF_INPUT}\n"
                "kiecli: demo-image: success (took 13s), 1 result\n"
            ),
        ),
        (["wait", "-q", "-"], ""),
    ],
)
def test_a_terminal_is_told_what_is_expected(kiecli: Program, argv: list[str], stderr: str) -> None:
    ran = kiecli(*argv, stdin=Typed(b"demo-image\n"))
    assert ran == Ran(0, "https://kie.test/files/demo-image/1/image.png\n", stderr)


def test_a_wrong_line_waits_for_nobody_to_type(kiecli: Program) -> None:
    class Endless(Typed):
        def read1(self, _size: int | None = -1, /) -> bytes:
            raise Interrupted(2)

    ran = kiecli("wait", "--wrong", "-", stdin=Endless())
    assert (ran.code, ran.err.count("\n")) == (2, 1)


@pytest.mark.parametrize("argv", [["wait", "--wrong", "a"], ["config", "get", "-"], ["nothing"]])
def test_a_wrong_line_without_ids_on_stdin_reads_none(kiecli: Program, argv: list[str]) -> None:
    """In a pipeline that goes on for hours, stdin has no end."""

    class Endless(io.BytesIO):
        def read1(self, _size: int | None = -1, /) -> bytes:
            raise Interrupted(2)

    ran = kiecli(*argv, stdin=Endless())
    assert (ran.code, ran.err.count("\n")) == (2, 1)
