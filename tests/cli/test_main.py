"""What holds for every command: usage, keys, streams, signals, bugs, text from strangers."""

import errno
import io
import json
import os
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Any

import httpx
import pytest

from kiecli import __version__
from kiecli.cli.main import interrupt_message, main
from kiecli.errors import Interrupted
from kiecli.runtime import Runtime
from tests.support.faults import Faults, envelope
from tests.support.program import KEY, FakeStream, Program, Ran
from tests.support.systems import needs_modes
from tests.support.terminal import FakeTerminal

_AFTER = "options come after the command, as in: kiecli wait -q ID"
_JSON = "for JSON: --json, to save the results: kiecli download ID"


@pytest.mark.parametrize("argv", [["--version"], ["version"], ["version", "wait"]])
def test_version_prints_the_version(kiecli: Program, argv: list[str]) -> None:
    assert kiecli(*argv) == Ran(0, f"kiecli {__version__}\n", "")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["statsu", "a"], "no such command 'statsu'. Did you mean 'status'? See: kiecli --help"),
        (["ID"], "no such command 'ID'. See: kiecli --help"),
        (["-x"], "no such option '-x'. See: kiecli --help"),
        *(
            (word, "a task id needs a command before it, as in: kiecli status ID")
            for word in (
                ["ecf8cf86"],
                ["ecf8cf8611cc40ff28e6f1ff8ebc4a12", "task_12345678"],
                ["sk-abcdefghijklmnop"],
                ["demo-image"],
                ["hero=ecf8cf86"],
                ["https://kie.ai/logs?taskId=a"],
            )
        ),
        (
            ["submit", "a"],
            (
                "no such command 'submit'; kiecli does not submit tasks."
                " Pipe the answer of createTask into: kiecli download --wait -"
            ),
        ),
        (
            ["create"],
            (
                "no such command 'create'; kiecli does not submit tasks."
                " Pipe the answer of createTask into: kiecli download --wait -"
            ),
        ),
        (
            ["Credits"],
            "no such command 'Credits'; to see the credits left: kiecli config check",
        ),
        (["login"], "no such command 'login'; to save the API key: kiecli config set api-key"),
        (
            ["help", "submit"],
            (
                "no such command 'submit'; kiecli does not submit tasks."
                " Pipe the answer of createTask into: kiecli download --wait -"
            ),
        ),
        (["config", "create"], "no such command 'create'. See: kiecli config --help"),
        (["version", "-x"], "no such option '-x'. See: kiecli --help"),
        (
            ["--api-key", "x"],
            "no such option '--api-key'; to save the API key: kiecli config set api-key",
        ),
        (["--json", "status", "a"], f"no such option '--json'; {_AFTER}"),
        (["-q", "wait", "a"], f"no such option '-q'; {_AFTER}"),
        (["-V"], "no such option '-V'; to print the version: kiecli --version"),
        (["config", "-q"], "no such option '-q'. See: kiecli config --help"),
        (["config", "--json"], "no such option '--json'. See: kiecli config --help"),
        (
            ["status", "--watch", "a"],
            "no such option '--watch'; to wait for a task: kiecli wait ID",
        ),
        (
            ["wait", "--dir", "out", "a"],
            "no such option '--dir'; to save the results too: kiecli download --wait ID",
        ),
        *(
            (
                [command, "--output=json", "a"],
                f"no such option '--output'; {_JSON}",
            )
            for command in ("status", "wait")
        ),
        (
            ["download", "--force", "a"],
            (
                "no such option '--force'; to replace existing files: --overwrite."
                " See: kiecli download --help"
            ),
        ),
        (
            ["download", "--output-dir", "out", "a"],
            (
                "no such option '--output-dir'; to save into a folder: --dir."
                " See: kiecli download --help"
            ),
        ),
        (["wait", "--force", "a"], "no such option '--force'. See: kiecli wait --help"),
        (["show", "a"], "no such command 'show'; to see a task: kiecli status ID"),
        (
            ["cancel", "a"],
            "no such command 'cancel'; kiecli does not cancel or delete tasks",
        ),
        (
            ["completion", "bash"],
            "no such command 'completion'; to set up completion: kiecli --install-completion",
        ),
        (["wait", "--bogus"], "no such option '--bogus'. See: kiecli wait --help"),
        (["--vrsion"], "no such option '--vrsion'. Did you mean '--version'? See: kiecli --help"),
        (
            ["download", "--overwite", "a"],
            "no such option '--overwite'. Did you mean '--overwrite'? See: kiecli download --help",
        ),
        (["wait", "a", "-t"], "option '-t' requires an argument. See: kiecli wait --help"),
        (
            ["config", "get", "dir", "--reveal=3"],
            ("option '--reveal' does not take a value. See: kiecli config get --help"),
        ),
        (["config", "-h=3"], "no such option '-='. See: kiecli config --help"),
        (["--version=3"], "option '--version' does not take a value. See: kiecli --help"),
        (
            ["config", "list", "x"],
            "got unexpected extra argument (x). See: kiecli config list --help",
        ),
        (
            ["status"],
            (
                "missing argument 'TASK...|-'; to read ids from stdin, give '-'. "
                "See: kiecli status --help"
            ),
        ),
        (
            ["wait"],
            (
                "missing argument 'TASK...|-'; to read ids from stdin, give '-'. "
                "See: kiecli wait --help"
            ),
        ),
        (
            ["download"],
            (
                "missing argument 'TASK...|-'; to read ids from stdin, give '-'. "
                "See: kiecli download --help"
            ),
        ),
        (["status", "--nope", "a"], "no such option '--nope'. See: kiecli status --help"),
        (
            ["wait", "-t", "soon", "a"],
            (
                "invalid value for '--timeout' / '-t': 'soon' is not a duration such as 90s, 15m"
                " or 1h30m. See: kiecli wait --help"
            ),
        ),
        (
            ["wait", "-i", "0.5", "a"],
            (
                "invalid value for '--interval' / '-i': the interval must be at least 1s."
                " See: kiecli wait --help"
            ),
        ),
        (
            ["wait", "-i", "0", "a"],
            (
                "invalid value for '--interval' / '-i': the duration must be greater than zero."
                " See: kiecli wait --help"
            ),
        ),
        (
            ["status", "https://tempfile.test/a.png"],
            (
                "argument 1 is a URL, not a task id: 'https://tempfile.tes…'."
                " Give the taskId of the task"
            ),
        ),
        (["status", "-", "-"], "'-' is given more than once. Stdin can be read only once"),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_help(
    kiecli: Program, kie: Faults, argv: list[str], message: str
) -> None:
    assert kiecli(*argv) == Ran(2, "", f"kiecli: {message}\n")
    assert kie.requests == []


@pytest.mark.parametrize(
    ("argv", "stdin", "code", "line"),
    [
        (
            ["wait", "-t", "50%", "a"],
            "",
            2,
            (
                "invalid value for '--timeout' / '-t': '50%25' is not a duration such as 90s,"
                " 15m or 1h30m. See: kiecli wait --help"
            ),
        ),
        (
            ["wait", "a"],
            "",
            4,
            (
                "no API key is set, in KIE_API_KEY or the config file. Get one at"
                " https://kie.ai/api-key, then run: kiecli config set api-key"
            ),
        ),
        (
            ["status", "-"],
            '{"code":500,"msg":"Server exception","data":null}',
            6,
            (
                "the answer on stdin is an error, not a task:"
                " Kie answered: Server exception (code 500)"
            ),
        ),
    ],
)
def test_what_ends_the_whole_run_is_one_annotation_in_github_actions(
    kiecli: Program, argv: list[str], stdin: str, code: int, line: str
) -> None:
    environ = {"GITHUB_ACTIONS": "true", "KIE_API_KEY": ""}
    assert kiecli(*argv, stdin=stdin, environ=environ) == Ran(
        code, "", f"::error title=kiecli::{line}\n"
    )


@pytest.mark.parametrize("command", ["status", "wait", "download"])
@pytest.mark.parametrize("stdin", ["", " \n", None])
def test_an_empty_stdin_is_wrong_usage(
    kiecli: Program, kie: Faults, command: str, stdin: str | None
) -> None:
    err = "kiecli: no task id on stdin: did the command before the pipe fail?\n"
    assert kiecli(command, "--json", "-", stdin=stdin) == Ran(2, "", err)
    assert kie.requests == []


def test_a_stdin_that_cannot_be_read_is_wrong_usage(kiecli: Program) -> None:
    class Folder(io.BytesIO):
        def read1(self, _size: int | None = -1, /) -> bytes:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))

    err = FakeStream()
    runtime = Runtime(
        environ=kiecli.environ,
        stdin=Folder(),
        stdout=FakeStream(),
        stderr=err,
    )
    assert main(["status", "-"], runtime) == 2
    assert err.text == "kiecli: cannot read stdin: is a directory\n"


@pytest.mark.parametrize(
    ("code", "kie_message", "exit_code", "message"),
    [
        (
            402,
            "Credits insufficient",
            4,
            (
                "the account is out of credits: Credits insufficient (code 402). Top up at"
                " https://kie.ai/pricing"
            ),
        ),
        (
            422,
            "The model name is not supported",
            2,
            (
                "Kie rejected the request: The model name is not supported (code 422)."
                " Fix the createTask call before the pipe"
            ),
        ),
        (500, "Server exception", 6, "Kie answered: Server exception (code 500)"),
    ],
)
def test_an_error_of_create_task_has_its_own_code_and_message(
    kiecli: Program, kie: Faults, code: int, kie_message: str, exit_code: int, message: str
) -> None:
    stdin = json.dumps({"code": code, "msg": kie_message, "data": None})
    ran = kiecli("download", "--wait", "--json", "-", stdin=stdin)
    assert ran == Ran(
        exit_code, "", f"kiecli: the answer on stdin is an error, not a task: {message}\n"
    )
    assert kie.requests == []


@pytest.mark.parametrize("command", ["status", "wait", "download"])
def test_without_a_key_nothing_is_asked(kiecli: Program, kie: Faults, command: str) -> None:
    del kiecli.environ["KIE_API_KEY"]
    assert kiecli(command, "--json", "a") == Ran(
        4,
        "",
        "kiecli: no API key is set, in KIE_API_KEY or the config file. "
        "Get one at https://kie.ai/api-key, then run: kiecli config set api-key\n",
    )
    assert kie.requests == []


def test_a_broken_config_file_is_bad_configuration(kiecli: Program, tmp_path: Path) -> None:
    del kiecli.environ["KIE_API_KEY"]
    (tmp_path / "config.json").write_text('{\n"api-key": \n')
    ran = kiecli("wait", "--json", "a")
    assert (ran.code, ran.out) == (2, "")
    assert "line " in ran.err


@needs_modes
def test_a_config_file_that_others_can_read_is_warned_about(
    kiecli: Program, tmp_path: Path
) -> None:
    del kiecli.environ["KIE_API_KEY"]
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"api-key": KEY}))
    path.chmod(0o644)
    warning = (
        f"kiecli: warning: others can read the config file {path}; to fix this: chmod 600 {path}\n"
    )
    assert kiecli("wait", "demo-text").err.startswith(warning)
    assert kiecli("status", "-q", "demo-image") == Ran(0, "success\n", "")


@pytest.mark.parametrize("command", ["status", "wait", "download"])
@pytest.mark.parametrize(
    ("argv", "stdin", "place"),
    [
        ([KEY], "", "argument 2"),
        (["-"], KEY, "word 1 on stdin"),
        (["-"], f'["{KEY}"]', "value 1 on stdin"),
    ],
)
def test_the_key_in_the_place_of_an_id_is_refused_unseen(
    kiecli: Program, kie: Faults, command: str, argv: list[str], stdin: str, place: str
) -> None:
    assert kiecli(command, "a", *argv, stdin=stdin) == Ran(
        2,
        "",
        f"kiecli: {place} is the API key itself. Give the taskId that createTask returned\n",
    )
    assert kie.requests == []


@pytest.mark.parametrize(("option", "name"), [("-d", "--dir"), ("-o", "--output")])
def test_the_key_in_a_path_is_refused_unseen(
    kiecli: Program, kie: Faults, folder: Path, option: str, name: str
) -> None:
    assert kiecli("download", option, f"out/{KEY}.png", "demo-image") == Ran(
        2, "", f"kiecli: {name} has the API key in it. Leave it out of {name}\n"
    )
    assert (kie.requests, list(folder.iterdir())) == ([], [])


@pytest.mark.parametrize(
    "argv", [[KEY], ["wait", "-t", KEY, "a"], ["status", f"--{KEY}"], ["download", "-d", KEY]]
)
def test_a_key_in_any_other_place_is_not_repeated(kiecli: Program, argv: list[str]) -> None:
    ran = kiecli(*argv)
    assert (ran.code, ran.out) == (2, "")


def test_a_key_that_kie_repeats_is_hidden(kiecli: Program, kie: Faults) -> None:
    kie.always("recordInfo", envelope(401, f"Bearer {KEY} is not known"))
    ran = kiecli("wait", "--json", "a")
    assert ran.code == 4
    assert json.loads(ran.out)["error"]["message"] == (
        "Kie refused the API key (KIE_API_KEY): Bearer **** is not known (code 401)"
    )
    assert ran.err == (
        "kiecli: Kie refused the API key (KIE_API_KEY): Bearer **** is not known (code 401)."
        " Get a key at https://kie.ai/api-key; to test one: kiecli config check\n"
    )


@pytest.mark.parametrize("columns", ["20", "40", "80"])
@pytest.mark.parametrize("argv", [["status"], ["status", "--json"], ["wait", "-v"], ["download"]])
def test_no_piece_of_a_key_that_kie_repeats_is_shown_or_written(
    kiecli: Program, kie: Faults, folder: Path, columns: str, argv: list[str]
) -> None:
    """Panels wrap it, JSON escapes it, rows cut it, file names have it."""
    key = 'sk-"canary"/canary\\canary'
    param = json.dumps({"input": json.dumps({"prompt": f"{key} {key}"}), "model": key})
    fields: dict[str, Any] = {"param": param, "model": key, "extra": [key, {key: key}]}
    kie.task("good", urls=[f"{kie.base_url}/files/{key}.png"], **fields)
    kie.task("text", result={"resultObject": {"text": param}}, **fields)
    kie.task("bad", "fail", failCode=key, failMsg=f"no {key}", **fields)
    kie.task("odd", key, **fields)
    screen = FakeTerminal(int(columns))
    template = ["-o", "{task_id}-{model}-{prompt}-{name}.{ext}"] if argv == ["download"] else []
    for ids in (["good", "text", "bad", "odd"], ["bad"], ["odd"]):
        environ = {"KIE_API_KEY": key, "COLUMNS": columns}
        kiecli(*argv, *template, *ids, out=screen, err=screen, environ=environ, KIECLI_TIMEOUT="1s")
    assert "canary" not in screen.text.replace("\n", "")
    assert "****" in screen.text
    assert not [path for path in folder.rglob("*") if "canary" in path.name]
    assert "canary" not in "".join(path.read_text() for path in folder.iterdir())


def test_a_word_that_is_the_key_of_a_simulation_is_no_secret(kiecli: Program, kie: Faults) -> None:
    kie.task("sandbox-1")
    ran = kiecli("status", "sandbox-1", environ={"KIE_API_KEY": "sandbox"})
    assert ran.out.startswith("sandbox-1\t")


def broken(request: httpx.Request) -> httpx.Response:
    """A bug that has the key in its message."""
    raise RuntimeError(f"no way with {request.headers['authorization']}")


@pytest.mark.parametrize("command", ["status", "wait", "download"])
def test_a_bug_on_a_worker_is_reported_without_the_key(
    kiecli: Program, folder: Path, command: str
) -> None:
    kiecli.transport = httpx.MockTransport(broken)
    ran = kiecli(command, "a")
    assert (ran.code, ran.out) == (70, "")
    lines = ran.err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert "RuntimeError: no way with Bearer ****" in lines
    assert lines[-1] == f"kiecli: this is a bug in kiecli {__version__}; please report it"
    assert list(folder.iterdir()) == []


def test_a_bug_while_saving_is_reported(kiecli: Program, kie: Faults, folder: Path) -> None:
    kie.always("file", RuntimeError("no way"))
    ran = kiecli("download", "demo-image")
    assert (ran.code, ran.out) == (70, "")
    assert "RuntimeError: no way" in ran.err
    assert not (folder / "demo-image-1.png").exists()


@pytest.mark.parametrize("command", ["status", "wait", "download"])
@pytest.mark.parametrize(("signum", "code"), [(SIGINT, 130), (SIGTERM, 143)])
def test_a_signal_names_what_is_left(
    kiecli: Program, folder: Path, command: str, signum: int, code: int
) -> None:
    kiecli.latency = 1.0
    kiecli.event_queue.put_at(0.5, Interrupted(signum))
    assert kiecli(command, "-q", "a", "b") == Ran(
        code, "", f"kiecli: interrupted; to continue: kiecli {command} a b\n"
    )
    assert list(folder.iterdir()) == []


def test_a_signal_before_anything_is_known_has_no_line(kiecli: Program) -> None:
    class Ctrl(io.BytesIO):
        def read1(self, _size: int | None = -1, /) -> bytes:
            raise Interrupted(SIGINT)

    err = FakeStream()
    runtime = Runtime(
        environ=kiecli.environ,
        stdin=Ctrl(),
        stdout=FakeStream(),
        stderr=err,
    )
    assert main(["wait", "-"], runtime) == 130
    assert err.text == "kiecli: interrupted\n"
    assert interrupt_message(runtime) == "kiecli: interrupted"


def test_a_signal_that_python_wrapped_is_still_a_signal(kiecli: Program) -> None:
    class Wrapped(io.BytesIO):
        def read1(self, _size: int | None = -1, /) -> bytes:
            raise RuntimeError("Error calling __set_name__") from Interrupted(SIGTERM)

    err = FakeStream()
    runtime = Runtime(
        environ=kiecli.environ,
        stdin=Wrapped(),
        stdout=FakeStream(),
        stderr=err,
    )
    assert main(["wait", "-"], runtime) == 143
    assert err.text == "kiecli: interrupted\n"


FULL = OSError(errno.ENOSPC, "No space left on device")
GONE = BrokenPipeError(errno.EPIPE, "Broken pipe")


@pytest.mark.parametrize(
    ("flags", "repeated"), [((), ()), (("--json",), ("--json",)), (("-q",), ())]
)
@pytest.mark.parametrize("command", ["status", "wait"])
def test_a_stdout_that_is_full_is_exit_7(
    kiecli: Program, command: str, flags: tuple[str, ...], repeated: tuple[str, ...]
) -> None:
    ran = kiecli(command, "-q", *flags, "demo-image", out=FakeStream(breaks=FULL))
    assert ran == Ran(
        7,
        "",
        "kiecli: cannot write to stdout: no space left on device."
        f" To try again: kiecli {' '.join([command, *repeated])} demo-image\n",
    )


@pytest.mark.parametrize("argv", [["--version"], [], ["status", "-q", "demo-image"]])
def test_a_reader_that_has_gone_is_141_without_a_word(kiecli: Program, argv: list[str]) -> None:
    assert kiecli(*argv, out=FakeStream(breaks=GONE)) == Ran(141, "", "")


@pytest.mark.parametrize("breaks", [FULL, GONE])
def test_a_stderr_that_breaks_changes_nothing(kiecli: Program, breaks: OSError) -> None:
    ran = kiecli("wait", "demo-video", "demo-fail", err=FakeStream(breaks=breaks))
    assert ran == Ran(1, "https://kie.test/files/demo-video/1/video.mp4\n", "")


@pytest.mark.parametrize(("argv", "code"), [(["demo-image"], 7), (["demo-fail"], 1)])
def test_with_closed_streams_the_exit_code_tells_the_outcome(
    kiecli: Program, argv: list[str], code: int
) -> None:
    runtime = Runtime(
        environ=kiecli.environ,
        stdin=None,
        stdout=None,
        stderr=None,
        transport=kiecli.transport,
    )
    assert main(["wait", *argv], runtime) == code


HOSTILE = "a\x1b[31mred\x1b]0;t\x07\u202eb\tc\nd\r[bold]e[/bold]\x9b\x00\u2066f"
SHOWN = "a[31mred]0;tb c d [bold]e[/bold]f"


@pytest.fixture
def hostile(kie: Faults) -> list[str]:
    """Tasks with text from a stranger in every field."""
    link = "https://f.test/\u202egnp.a\x1b[2J.png"
    params = json.dumps({"input": json.dumps({"prompt": HOSTILE})})
    fields = {"model": HOSTILE, "param": params, "recordId": HOSTILE}
    kie.task("good", urls=[link], **fields)
    kie.task("bad", "fail", failCode=HOSTILE, failMsg=HOSTILE, **fields)
    kie.task("odd", HOSTILE, **fields)
    kie.always("recordInfo", envelope(500, HOSTILE), task_id="away")
    return ["good", "bad", "odd", "away"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "argv",
    [
        ("status",),
        ("status", "-q"),
        ("status", "-v"),
        ("wait", "-t", "5s"),
        ("wait", "-t", "5s", "-v"),
        ("download",),
        ("download", "-w", "-t", "5s", "-o", "{task_id}-{model}-{name}.{ext}"),
    ],
)
def test_text_from_strangers_is_harmless_on_a_terminal(
    kiecli: Program, kie: Faults, hostile: list[str], argv: tuple[str, ...]
) -> None:
    kie.always("file", httpx.Response(200, content=b"GIF89a" + bytes(100)))
    # FakeTerminal fails at any character that it cannot print.
    screen = FakeTerminal(300)
    kiecli(*argv, *hostile, out=screen, err=screen, environ={"COLUMNS": "300"})
    for line in screen.screen.splitlines():
        assert "\u202e" not in line
        assert "\x9b" not in line
    for each in hostile:
        kiecli(*argv, each, out=screen, err=screen, environ={"COLUMNS": "300"})
    assert "\x1b[31mred" not in screen.text
    assert "\x1b]0;" not in screen.text
    assert "\x1b[2J" not in screen.text
    assert SHOWN in screen.screen or argv[:2] == ("status", "-q")


@pytest.mark.usefixtures("hostile")
def test_text_from_strangers_is_one_line_of_fields_in_a_pipe(kiecli: Program) -> None:
    ran = kiecli("status", "good", "odd")
    assert ran.out == (
        f"good\tsuccess\t{SHOWN}\t2026-09-21T14:13:20Z\t13\t1\t2026-09-22T14:13:33Z\t\n"
        f"odd\t{SHOWN}\t{SHOWN}\t2026-09-21T14:13:20Z\t\t0\t\t\n"
    )


@pytest.mark.usefixtures("hostile")
def test_text_from_strangers_stays_whole_in_json(kiecli: Program) -> None:
    ran = kiecli("status", "--json", "good", "bad", "odd")
    good, bad, odd = map(json.loads, ran.out.splitlines())
    assert ran.out.isascii()
    assert (good["model"], good["params"]["input"]["prompt"]) == (HOSTILE, HOSTILE)
    assert good["results"][0]["url"] == "https://f.test/%E2%80%AEgnp.a%1B[2J.png"
    assert (bad["fail_code"], bad["fail_message"]) == (HOSTILE, HOSTILE)
    assert (odd["state"], odd["raw"]["recordId"]) == (HOSTILE, HOSTILE)
