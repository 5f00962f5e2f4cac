"""`kiecli config`: what it prints, what it keeps, how it ends."""

import json
import signal
from itertools import chain, repeat
from math import inf
from pathlib import Path

import httpx
import pytest

from kiecli.commands.config import ask_key
from kiecli.errors import Interrupted
from kiecli.streams import ErrorOutput
from kiecli.system.system_process import SYSTEM_PROCESS
from tests.support.faults import Faults, envelope
from tests.support.program import KEY, FakeStream, Program, Ran, Typed
from tests.support.systems import WINDOWS, needs_bytes_as_names, needs_modes

END_OF_INPUT = SYSTEM_PROCESS.end_of_input

OTHER = "other-key-9876543210"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


def write(path: Path, **values: object) -> None:
    path.write_text(json.dumps(values))
    path.chmod(0o600)


def test_bare_config_prints_its_help(kiecli: Program, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kiecli("config")
    assert (ran.code, ran.err) == (0, "")
    assert kiecli("config", "-h") == Ran(0, "", "")
    assert ran.out == capsys.readouterr().out  # Typer prints --help itself
    assert ran.out.startswith(
        "Usage: kiecli config [OPTIONS] COMMAND [ARGS]...\n\n  Show and change settings.\n"
    )


@pytest.mark.parametrize("command", ["list", "get", "set", "unset", "path", "check"])
def test_each_help_has_an_example(
    kiecli: Program, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert kiecli("config", command, "-h") == Ran(0, "", "")
    _, _, examples = capsys.readouterr().out.partition("\n  Example")
    assert f"kiecli config {command}" in examples


def test_list_in_a_pipe_is_tab_separated(kiecli: Program, path: Path) -> None:
    write(path, dir="out\ttab", timeout="1\th")
    assert kiecli("config", "list", KIE_API_KEY="", KIECLI_TIMEOUT="5m") == Ran(
        0,
        "api-key\t\t\t\n"
        "base-url\thttps://kie.test\tenvironment\t\n"
        "dir\tout tab\tfile\t\n"
        "timeout\t5m\tenvironment\tfile 1 h\n",
        "",
    )


def test_list_on_a_terminal_is_a_table(kiecli: Program, path: Path) -> None:
    write(path, **{"api-key": OTHER})
    terminal = FakeStream(terminal=True)
    assert kiecli("config", "list", out=terminal, environ={"COLUMNS": "54"}) == Ran(
        0,
        "NAME      VALUE             SOURCE       OVERRIDES\n"
        "api-key   ****cdef          environment  file ****3210\n"
        "base-url  https://kie.test  environment\n"
        "dir       .                 default\n"
        "timeout   15m               default\n",
        "",
    )


def test_list_on_a_terminal_has_no_column_for_what_nothing_overrides(kiecli: Program) -> None:
    assert kiecli("config", "list", out=FakeStream(terminal=True)).out == (
        "NAME      VALUE             SOURCE\n"
        "api-key   ****cdef          environment\n"
        "base-url  https://kie.test  environment\n"
        "dir       .                 default\n"
        "timeout   15m               default\n"
    )


def test_list_on_a_narrow_terminal_is_a_paragraph_for_each_setting(
    kiecli: Program, path: Path
) -> None:
    write(path, timeout="1h")
    terminal = FakeStream(terminal=True)
    variables = {"KIE_API_KEY": "", "KIECLI_TIMEOUT": "5m", "COLUMNS": "49"}
    assert kiecli("config", "list", out=terminal, environ=variables) == Ran(
        0,
        "api-key\n  (not set)\n"
        "base-url\n  https://kie.test\n  environment\n"
        "dir\n  .\n  default\n"
        "timeout\n  5m\n  environment\n  overrides file 1h\n",
        "",
    )


def test_list_as_json_has_an_object_for_each_setting(kiecli: Program, path: Path) -> None:
    write(path, timeout="1h")
    ran = kiecli("config", "list", "--json", KIE_API_KEY="", KIECLI_TIMEOUT="5m")
    assert ran == Ran(
        0,
        '{"name":"api-key","value":null,"source":null,"hides":[]}\n'
        '{"name":"base-url","value":"https://kie.test","source":"environment","hides":[]}\n'
        '{"name":"dir","value":".","source":"default","hides":[]}\n'
        '{"name":"timeout","value":"5m","source":"environment",'
        '"hides":[{"source":"file","value":"1h"}]}\n',
        "",
    )


def test_list_shows_values_that_cannot_be_used(kiecli: Program) -> None:
    ran = kiecli("config", "list", KIECLI_TIMEOUT="soon", KIE_API_KEY="short\n")
    assert ran.out.splitlines()[0] == "api-key\t****\tenvironment\t"
    assert ran.out.splitlines()[3] == "timeout\tsoon\tenvironment\t"


def test_list_masks_a_user_in_the_address(kiecli: Program, path: Path) -> None:
    """Such an address is refused in use; until then its password must not reach a log."""
    write(path, **{"base-url": "me:canary@kie.test"})
    ran = kiecli("config", "list", KIE_BASE_URL="https://me:canary@kie.test/v1")
    assert ran.out.splitlines()[1] == (
        "base-url\thttps://****@kie.test/v1\tenvironment\tfile ****@kie.test"
    )
    ran = kiecli("config", "list", "--json", KIE_BASE_URL="https://me:canary@kie.test/v1")
    assert json.loads(ran.out.splitlines()[1]) == {
        "name": "base-url",
        "value": "https://****@kie.test/v1",
        "source": "environment",
        "hides": [{"source": "file", "value": "****@kie.test"}],
    }


def test_a_broken_file_is_an_error_that_names_it(kiecli: Program, path: Path) -> None:
    path.write_text("{\n")
    assert kiecli("config", "list") == Ran(
        2,
        "",
        f"kiecli: the config file {path} is broken: expecting property name enclosed in double "
        "quotes in line 2. Fix or remove it; it was not changed\n",
    )


@needs_modes
@pytest.mark.parametrize("line", [["list"], ["get", "dir"]])
def test_a_file_that_others_can_read_is_warned_about(
    kiecli: Program, path: Path, line: list[str]
) -> None:
    write(path, dir="out")
    path.chmod(0o644)
    ran = kiecli("config", *line)
    assert ran.code == 0
    assert ran.err == (
        f"kiecli: warning: others can read the config file {path}; to fix this: chmod 600 {path}\n"
    )


def test_get_prints_the_value_in_force(kiecli: Program, path: Path) -> None:
    write(path, dir="~/out", timeout=90)
    assert kiecli("config", "get", "dir") == Ran(0, f"{Path.home() / 'out'}\n", "")
    assert kiecli("config", "get", "timeout") == Ran(0, "90\n", "")
    assert kiecli("config", "get", "base-url") == Ran(0, "https://kie.test\n", "")


def test_a_terminal_does_not_obey_what_get_prints(kiecli: Program) -> None:
    ran = kiecli("config", "get", "dir", KIECLI_DIR="a\x9b2Jb")
    assert ran.out == "a\x9b2Jb\n"
    ran = kiecli("config", "get", "dir", out=FakeStream(terminal=True), KIECLI_DIR="a\x9b2Jb")
    assert ran.out == "a2Jb\n"


def test_get_refuses_a_value_that_cannot_be_used(kiecli: Program) -> None:
    assert kiecli("config", "get", "timeout", KIECLI_TIMEOUT="soon") == Ran(
        2,
        "",
        "kiecli: KIECLI_TIMEOUT: 'soon' is not a duration such as 90s, 15m or 1h30m. "
        "Fix or unset KIECLI_TIMEOUT\n",
    )


def test_get_shows_a_person_the_mask_and_a_script_nothing(kiecli: Program) -> None:
    assert kiecli("config", "get", "api-key", out=FakeStream(terminal=True)) == Ran(
        0, "****cdef\n", ""
    )
    assert kiecli("config", "get", "api-key") == Ran(
        2,
        "",
        "kiecli: not printing the masked key into a pipe. "
        "For the real key: kiecli config get api-key --reveal\n",
    )


@pytest.mark.parametrize("terminal", [False, True])
def test_get_reveals_the_key_with_reveal(kiecli: Program, terminal: bool) -> None:
    out = FakeStream(terminal=terminal)
    ran = kiecli("config", "get", "api-key", "--reveal", out=out, KIE_API_KEY=f" {OTHER} ")
    assert ran == Ran(0, f"{OTHER}\n", "")


@pytest.mark.parametrize("line", [["get", "api-key"], ["get", "api-key", "--reveal"], ["check"]])
def test_without_a_key_the_error_says_where_to_get_one(kiecli: Program, line: list[str]) -> None:
    assert kiecli("config", *line, KIE_API_KEY="") == Ran(
        4,
        "",
        "kiecli: no API key is set, in KIE_API_KEY or the config file. "
        "Get one at https://kie.ai/api-key, then run: kiecli config set api-key\n",
    )


@pytest.mark.parametrize("command", ["get", "set", "unset"])
def test_an_unknown_name_is_refused_with_the_nearest(kiecli: Program, command: str) -> None:
    assert kiecli("config", command, "basurl") == Ran(
        2, "", "kiecli: 'basurl' is not a setting. Did you mean 'base-url'?\n"
    )


@pytest.mark.parametrize("arguments", [["dir=out"], ["dir="], ["dir=", "out"]])
def test_a_name_and_a_value_in_one_word_are_refused(
    kiecli: Program, path: Path, arguments: list[str]
) -> None:
    assert kiecli("config", "set", *arguments) == Ran(
        2,
        "",
        "kiecli: the name and the value are two words, without '='. "
        "Run: kiecli config set dir VALUE\n",
    )
    assert not path.exists()


def test_set_saves_a_value_silently(kiecli: Program, path: Path) -> None:
    assert kiecli("config", "set", "timeout", "1h30m") == Ran(0, "", "")
    assert kiecli("config", "set", "dir", "-", stdin="my files\n") == Ran(0, "", "")
    assert json.loads(path.read_text()) == {"timeout": "1h30m", "dir": "my files"}


def test_somebody_who_is_to_type_a_value_is_told_so(kiecli: Program, path: Path) -> None:
    assert kiecli("config", "set", "dir", "-", stdin=Typed(b"out\n")) == Ran(
        0, "", f"kiecli: reading dir from the terminal; end with {END_OF_INPUT}\n"
    )
    assert json.loads(path.read_text()) == {"dir": "out"}


@needs_bytes_as_names
def test_a_name_that_is_not_utf8_comes_back_as_it_went_in(kiecli: Program) -> None:
    kiecli("config", "set", "dir", "-", stdin=b"out\xff\n")
    assert kiecli("config", "get", "dir").out == "out\udcff\n"


def test_set_warns_when_the_environment_hides_the_value(kiecli: Program, path: Path) -> None:
    assert kiecli("config", "set", "dir", "out", KIECLI_DIR="x") == Ran(
        0, "", "kiecli: warning: KIECLI_DIR in the environment overrides this dir\n"
    )
    assert json.loads(path.read_text()) == {"dir": "out"}


@pytest.mark.parametrize("values", [[], ["my", "files"]])
def test_set_takes_one_value(kiecli: Program, path: Path, values: list[str]) -> None:
    ran = kiecli("config", "set", "dir", *values)
    assert ran == Ran(
        2,
        "",
        f"kiecli: dir takes one value, got {len(values) or 'none'}. "
        "Give it in quotes, or '-' to read it from stdin: kiecli config set dir VALUE\n",
    )
    assert not path.exists()


def test_set_refuses_a_value_that_cannot_be_used(kiecli: Program, path: Path) -> None:
    assert kiecli("config", "set", "base-url", "http://kie.test") == Ran(
        2,
        "",
        "kiecli: base-url: 'http://kie.test' would send the key unencrypted: use https\n",
    )
    assert not path.exists()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_set_reads_utf_16(kiecli: Program, path: Path, encoding: str) -> None:
    key, name = f"{OTHER}\r\n".encode(encoding), "Bilder é\r\n".encode(encoding)
    ran = kiecli("config", "set", "api-key", stdin=key, KIE_API_KEY="")
    assert ran == Ran(0, "", "kiecli: API key saved; verify it with: kiecli config check\n")
    assert kiecli("config", "set", "dir", "-", stdin=name) == Ran(0, "", "")
    assert json.loads(path.read_text()) == {"api-key": OTHER, "dir": "Bilder é"}


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_set_reads_the_key_from_stdin(kiecli: Program, path: Path, arguments: list[str]) -> None:
    ran = kiecli("config", "set", "api-key", *arguments, stdin=f"\ufeff{OTHER}\r\n", KIE_API_KEY="")
    assert ran == Ran(0, "", "kiecli: API key saved; verify it with: kiecli config check\n")
    assert json.loads(path.read_text()) == {"api-key": OTHER}
    assert WINDOWS or path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("stdin", "reason"),
    [
        (b"", "is empty"),
        (None, "is empty"),
        (b" \n", "is empty"),
        (b"canary\nsecond", "is not one line of printable ASCII"),
        (b"canary\xff", "is not one line of printable ASCII"),
        (b"canary=x", "has a space or a '=' in it, so it is not the key alone"),
    ],
)
def test_what_cannot_be_a_key_is_refused_unseen(
    kiecli: Program, path: Path, stdin: bytes | None, reason: str
) -> None:
    assert kiecli("config", "set", "api-key", stdin=stdin) == Ran(
        4,
        "",
        f"kiecli: api-key: the key {reason}. "
        "Copy the key from https://kie.ai/api-key, then run: kiecli config set api-key\n",
    )
    assert not path.exists()


def test_a_pasted_key_is_taken_out_of_its_line_with_one_note(
    kiecli: Program, kie: Faults, path: Path
) -> None:
    kie.always("credit", envelope(200, "success", 1))
    note = "kiecli: {}: using the API key only, without the text around it\n"
    pasted = f'export KIE_API_KEY="{OTHER}"'
    assert kiecli("config", "check", KIE_API_KEY=pasted) == Ran(
        0, "key\tKIE_API_KEY\ncredits\t1\n", note.format("KIE_API_KEY")
    )
    assert kiecli("config", "list", KIE_API_KEY=pasted).out.startswith("api-key\t****3210\t")
    assert kiecli("config", "set", "api-key", stdin=pasted, KIE_API_KEY="").err == (
        note.format("api-key") + "kiecli: API key saved; verify it with: kiecli config check\n"
    )
    assert json.loads(path.read_text()) == {"api-key": OTHER}
    (seen,) = kie.seen("credit")
    assert seen.headers["authorization"] == f"Bearer {OTHER}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["api-key", KEY],
        ["api-key", KEY, KEY],
        ["api-key", "", KEY],
        ["api-key", "-", KEY],
        [f"api-key={KEY}"],
        [f"api-key={KEY}", "-"],
    ],
)
def test_a_key_as_an_argument_is_refused_unseen(
    kiecli: Program, path: Path, arguments: list[str]
) -> None:
    assert kiecli("config", "set", *arguments) == Ran(
        2,
        "",
        "kiecli: never type the key into the command line: it ends up in your shell history "
        "(this one may be there now). Run this and paste it at the prompt: "
        "kiecli config set api-key\n",
    )
    assert not path.exists()


def test_a_broken_file_is_refused_before_the_key_is_asked_for(kiecli: Program, path: Path) -> None:
    path.write_text("[]")
    assert kiecli("config", "set", "api-key", stdin=Typed()) == Ran(
        2,
        "",
        f"kiecli: the config file {path} is broken: not a JSON object. "
        "Fix or remove it; it was not changed\n",
    )


def test_a_key_in_the_place_of_a_name_is_refused_unseen(kiecli: Program) -> None:
    for arguments in ([KEY], [f"api-key={KEY}"], [KEY, KEY]):
        assert kiecli("config", "set", *arguments).code == 2


@pytest.mark.parametrize("left", [EOFError(), KeyboardInterrupt(), Interrupted(signal.SIGINT)])
def test_leaving_the_prompt_ends_its_line_and_the_run(left: BaseException) -> None:
    def ask(prompt: str) -> str:
        err.line(prompt)
        raise left

    stream = FakeStream(terminal=True)
    err = ErrorOutput(stream)
    with pytest.raises(Interrupted) as interrupted:
        ask_key(err, ask)
    assert interrupted.value.signum == signal.SIGINT
    assert stream.text == "API key (typing stays hidden): \n\n"


def test_unset_forgets_a_value_and_nothing_else(kiecli: Program, path: Path) -> None:
    write(path, dir="out", theme="dark")
    assert kiecli("config", "unset", "dir") == Ran(0, "", "")
    assert kiecli("config", "unset", "dir") == Ran(0, "", "")
    assert json.loads(path.read_text()) == {"theme": "dark"}


def test_path_names_the_file_before_it_is_there(kiecli: Program, path: Path) -> None:
    assert kiecli("config", "path") == Ran(0, f"{path}\n", "")
    assert not path.exists()


def test_check_prints_the_source_and_the_credits(kiecli: Program, kie: Faults, path: Path) -> None:
    kie.next("credit", envelope(200, "success", 1250.5))
    assert kiecli("config", "check") == Ran(0, "key\tKIE_API_KEY\ncredits\t1250.5\n", "")
    kie.next("credit", envelope(200, "success", 80000000))
    write(path, **{"api-key": OTHER})
    ran = kiecli("config", "check", KIE_API_KEY="")
    assert ran == Ran(0, f"key\tapi-key in {path}\ncredits\t80000000\n", "")
    sent = [seen.headers["authorization"] for seen in kie.seen("credit")]
    assert sent == [f"Bearer {KEY}", f"Bearer {OTHER}"]


def test_check_as_json_has_the_source_and_the_credits(kiecli: Program, kie: Faults) -> None:
    kie.next("credit", envelope(200, "success", 12.5))
    assert kiecli("config", "check", "--json") == Ran(
        0, '{"ok":true,"source":"environment","credits":12.5,"error":null,"exit_code":0}\n', ""
    )


def test_check_of_a_refused_key(kiecli: Program, kie: Faults, path: Path) -> None:
    kie.next("credit", envelope(401, "Unauthorized"), times=2)
    assert kiecli("config", "check") == Ran(
        4,
        "",
        "kiecli: Kie refused the API key (KIE_API_KEY): Unauthorized (code 401). "
        "Set KIE_API_KEY to a key from https://kie.ai/api-key\n",
    )
    write(path, **{"api-key": OTHER})
    ran = kiecli("config", "check", "--json", KIE_API_KEY="")
    assert (ran.code, json.loads(ran.out)) == (
        4,
        {
            "ok": False,
            "source": "file",
            "credits": None,
            "error": {
                "kind": "access",
                "message": f"Kie refused the API key (api-key in {path}): Unauthorized (code 401)",
                "hint": "get a key at https://kie.ai/api-key, then run: kiecli config set api-key",
                "temporary": False,
            },
            "exit_code": 4,
        },
    )
    assert ran.err == (
        f"kiecli: Kie refused the API key (api-key in {path}): Unauthorized (code 401). "
        "Get a key at https://kie.ai/api-key, then run: kiecli config set api-key\n"
    )


def test_check_retries_temporary_errors(kiecli: Program, kie: Faults) -> None:
    kie.next("credit", envelope(500, "Internal error"), times=3)
    kie.next("credit", envelope(200, "success", 1))
    assert kiecli("config", "check") == Ran(
        0,
        "key\tKIE_API_KEY\ncredits\t1\n",
        "kiecli: Kie answered: Internal error (code 500); retrying for up to 15s\n",
    )


@pytest.mark.parametrize(
    ("code", "msg", "message"),
    [
        (500, "Internal error", "Kie answered: Internal error (code 500)"),
        (404, "Not found", "Kie's answer contains no credit balance"),
        (501, "Failed", "Kie's answer contains no credit balance"),
        (200, "success", "Kie's answer contains no credit balance"),
    ],
)
def test_check_gives_up_after_its_retry_timeout(
    kiecli: Program, kie: Faults, code: int, msg: str, message: str
) -> None:
    kie.always("credit", envelope(code, msg))
    assert kiecli("config", "check") == Ran(
        6,
        "",
        f"kiecli: {message}; retrying for up to 15s\n"
        f"kiecli: {message}; tried 5 times in 15s. To try again: kiecli config check\n",
    )


def test_check_polls_until_the_end_of_its_retry_timeout_if_kie_asks_for_short_pauses(
    kiecli: Program, kie: Faults
) -> None:
    kie.always("credit", httpx.Response(503, headers={"Retry-After": "2"}))
    message = "Kie answered with an error page (HTTP 503)"
    again = "Kie asks to wait 2s. To try again: kiecli config check"
    assert kiecli("config", "check") == Ran(
        6,
        "",
        f"kiecli: {message}; retrying for up to 15s\n"
        f"kiecli: {message}; tried 5 times in 15s; {again}\n",
    )
    assert [seen.at for seen in kie.seen("credit")] == [0, 2, 4, 8, 15]


def test_check_cut_short_gives_the_reason_of_the_attempt_before(
    kiecli: Program, kie: Faults
) -> None:
    kie.next("credit", envelope(500, "Internal error"), times=2)
    kiecli.latency = chain([13, 13], repeat(inf)).__next__
    message = "Kie answered: Internal error (code 500)"
    again = "To try again: kiecli config check"
    assert kiecli("config", "check") == Ran(
        6,
        "",
        f"kiecli: {message}; retrying for up to 15s\n"
        f"kiecli: {message}; tried 3 times in 30s. {again}\n",
    )
    assert kiecli.clock.now() == 30


@pytest.mark.parametrize("code", [400, 422])
def test_check_of_a_request_that_kie_rejects_blames_no_task_id(
    kiecli: Program, kie: Faults, code: int
) -> None:
    kie.next("credit", envelope(code, "Bad request"))
    assert kiecli("config", "check") == Ran(
        2,
        "",
        f"kiecli: Kie rejected the request: Bad request (code {code}). "
        "Check base-url with: kiecli config get base-url\n",
    )


def test_check_gives_the_line_to_run_in_json_too(kiecli: Program, kie: Faults) -> None:
    kie.always("credit", httpx.Response(429, headers={"Retry-After": "3600"}))
    ran = kiecli("config", "check", "--json")
    message = "rate limited by Kie (HTTP 429); Kie asks to wait 1h"
    again = "to try again: kiecli config check --json"
    assert (ran.code, ran.err) == (6, f"kiecli: {message}. {again[0].upper()}{again[1:]}\n")
    assert json.loads(ran.out)["error"] == {
        "kind": "unavailable",
        "message": message,
        "hint": again,
        "temporary": True,
    }


@pytest.mark.parametrize(
    ("latencies", "retry_after", "at", "end"),
    [
        ([inf], None, 30, (6, "no answer within 20 s; tried 2 times in 30s")),
        ([25, inf], None, 30, (6, "no answer within 20 s; tried 2 times in 30s")),
        ([25, 1], None, 23, (0, "")),
        ([0], 3600, 0, (6, "rate limited by Kie (HTTP 429); Kie asks to wait 1h")),
    ],
)
def test_check_is_over_when_it_says_so(
    kiecli: Program,
    kie: Faults,
    latencies: list[float],
    retry_after: int | None,
    at: float,
    end: tuple[int, str],
) -> None:
    if retry_after is not None:
        headers = {"Retry-After": str(retry_after)}
        kie.always("credit", httpx.Response(429, headers=headers))
    kiecli.latency = chain(latencies, repeat(latencies[-1])).__next__
    ran = kiecli("config", "check")
    code, message = end
    assert (ran.code, kiecli.clock.now()) == (code, at)
    again = "To try again: kiecli config check"
    assert ran.err.splitlines()[-1] == f"kiecli: {message}. {again}" or code == 0


def test_check_asks_nobody_with_a_key_that_cannot_be_one(kiecli: Program, kie: Faults) -> None:
    assert kiecli("config", "check", "--json", KIE_API_KEY="canary\nx") == Ran(
        4,
        "",
        "kiecli: KIE_API_KEY: the key is not one line of printable ASCII. "
        "Copy the key from https://kie.ai/api-key into KIE_API_KEY\n",
    )
    assert kie.requests == []
