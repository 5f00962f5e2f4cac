"""`python -m kiecli.sandbox`, as it is typed."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from kiecli.sandbox.command import scripts_folder
from tests.support.raw_terminal import RawTerminal

SANDBOX = [sys.executable, "-m", "kiecli.sandbox"]
_ASK = """
import json, os, urllib.request
def get(url, **headers):
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10).read()
url = os.environ["KIE_BASE_URL"] + "/api/v1/jobs/recordInfo?taskId=demo-image"
data = json.loads(get(url, Authorization="Bearer " + os.environ["KIE_API_KEY"]))["data"]
link = json.loads(data["resultJson"])["resultUrls"][0]
print(data["state"], get(link)[:8])
"""


def sandbox(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*SANDBOX, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, **environment},
    )


def outcome(done: "subprocess.CompletedProcess[str]") -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


def test_a_command_finds_kie_its_key_and_its_files() -> None:
    """Even where a proxy is set that leads nowhere."""
    done = sandbox(sys.executable, "-c", _ASK, http_proxy="http://127.0.0.1:9")
    assert outcome(done) == (0, "success b'\\x89PNG\\r\\n\\x1a\\n'\n", "")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["sh", "-c", "exit 3"], 3),
        (["--port", "0", "--", "sh", "-c", "exit 4"], 4),
        (["sh", "-c", "kill -KILL $$"], 137),
        (["sh", "-c", "kill -INT $$"], -signal.SIGINT),
        (["sh", "-c", "kill -TERM $$"], -signal.SIGTERM),
    ],
)
def test_it_ends_as_the_command_ended(command: Sequence[str], code: int) -> None:
    assert outcome(sandbox(*command)) == (code, "", "")


def test_ctrl_c_reaches_the_command_and_its_code_is_returned() -> None:
    """A terminal sends it to the whole process group."""
    line = "trap 'exit 5' INT; echo ready; while :; do sleep 0.02; done"
    with subprocess.Popen(
        [*SANDBOX, "sh", "-c", line], stdout=subprocess.PIPE, text=True, process_group=0
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(timeout=20) == 5


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_without_a_command_it_serves_until_a_signal(number: int, code: int) -> None:
    with subprocess.Popen(
        SANDBOX,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_PROXY": "a b"},
    ) as running:
        assert running.stdout is not None
        lines = [running.stdout.readline() for _ in range(7)]
        url = shlex.split(lines[0])[1].partition("=")[2]
        status = httpx.get(f"{url}/files/demo-image/1/image.png", trust_env=False).status_code
        running.send_signal(number)
        stdout, stderr = running.communicate(timeout=20)
    config = Path(shlex.split(lines[2])[1].partition("=")[2])
    assert (config.name, config.parent.exists()) == ("config.json", False)
    assert (status, running.returncode) == (200, code)
    assert "".join(lines) + stdout == (
        f"export KIE_BASE_URL={url}\n"
        "export KIE_API_KEY=sandbox-key\n"
        f"export KIECLI_CONFIG={config}\n"
        "export NO_PROXY='127.0.0.1,localhost,a b'\n"
        "export no_proxy='127.0.0.1,localhost,a b'\n"
        "unset KIECLI_DIR KIECLI_TIMEOUT\n"
        f'export PATH={shlex.quote(scripts_folder())}:"$PATH"\n'
    )
    assert stderr == (
        f"sandbox: a simulated Kie is at {url} until Ctrl-C; run the lines above in another "
        "shell, then: kiecli wait demo-video\n"
    )


def on_terminal(line: Sequence[str], typed: str, cwd: Path) -> str:
    """Return what a terminal shows while somebody types."""
    with RawTerminal(line, os.environ, cwd) as terminal:
        terminal.type(typed)
        assert terminal.end() == 0
        return terminal.text


def test_a_shell_on_a_terminal_is_welcomed(tmp_path: Path) -> None:
    typed = "kiecli config check; kiecli config set timeout 1m; exit\n"
    shown = on_terminal([*SANDBOX, "sh"], typed, tmp_path)
    url = shown.partition(" at ")[2].partition(" ")[0]
    welcome = (
        f"sandbox: this shell uses a simulated Kie at {url} (no credits)\n"
        "sandbox: tasks  demo-image, demo-images, demo-video, demo-audio, demo-text,\n"
        "sandbox:        demo-fail, demo-slow, demo-expired\n"
        "sandbox: try    kiecli download --wait -d out demo-image demo-video\n"
        "sandbox: leave  exit\n"
    )
    assert welcome in shown
    assert "credits\t1250.5\n" in shown
    assert "this shell uses" not in on_terminal([*SANDBOX, "sh", "-c", "true"], "", tmp_path)


def test_exit_4_can_be_rehearsed() -> None:
    line = "kiecli config check"
    assert sandbox("sh", "-c", f"KIE_API_KEY=other {line}").returncode == 4
    assert sandbox("sh", "-c", f"KIE_API_KEY= {line}").returncode == 4
    assert sandbox("sh", "-c", line).returncode == 0


_NOWHERE = """
import tempfile
tempfile.tempdir = "/nowhere"
from kiecli.sandbox.__main__ import main
raise SystemExit(main(["true"], {}))
"""


def test_without_a_temporary_folder_it_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _NOWHERE], check=False, capture_output=True, text=True, timeout=30
    )
    reason = "sandbox: no temporary folder: no such file or directory; set TMPDIR\n"
    assert outcome(done) == (2, "", reason)


def test_a_port_that_is_taken_is_one_line() -> None:
    line = 'exec "$0" -m kiecli.sandbox --port "${KIE_BASE_URL##*:}" true'
    done = sandbox("sh", "-c", line, sys.executable)
    port = done.stderr.partition("127.0.0.1:")[2].partition(":")[0]
    message = f"sandbox: cannot listen on 127.0.0.1:{port}: address already in use"
    assert outcome(done) == (2, "", f"{message}; choose another --port, or none\n")


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_a_port_is_a_number(port: str) -> None:
    done = sandbox(f"--port={port}")
    message = f"error: argument --port: a port is a number up to 65535, not {port}\n"
    assert (done.returncode, done.stdout, done.stderr.endswith(message)) == (2, "", True)


def test_a_command_that_is_not_there_is_one_line() -> None:
    message = "sandbox: cannot run no-such-command: no such file or directory\n"
    assert outcome(sandbox("no-such-command")) == (127, "", message)


def test_its_help_names_the_tasks() -> None:
    done = sandbox("--help", COLUMNS="200")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "Tasks it knows: demo-image, demo-images, demo-video, demo-audio, demo-text, demo-fail, "
        "demo-slow, demo-expired. Without a command it serves until Ctrl-C.\n"
    ) in done.stdout


@pytest.mark.parametrize(
    ("ending", "code", "message"),
    [
        ("> /dev/full", 7, "sandbox: cannot write to stdout: no space left on device\n"),
        ("--help > /dev/full", 7, "sandbox: cannot write to stdout: no space left on device\n"),
        (">&-", 7, "sandbox: cannot write to stdout: it is closed\n"),
        ("> /dev/full 2>&1", 7, ""),
        (">&- 2>&-", 7, ""),
        ("true >&-", 0, ""),
        ("no-such-command >&- 2>&-", 127, ""),
    ],
)
def test_a_stream_that_cannot_be_written_is_one_line(ending: str, code: int, message: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m kiecli.sandbox {ending}', sys.executable],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},  # argparse would swallow the error
        timeout=30,
    )
    assert outcome(done) == (code, "", message)


@pytest.mark.parametrize("option", [[], ["--help"]])
def test_a_reader_that_went_away_ends_it_without_a_word(option: list[str]) -> None:
    # Unbuffered, argparse would swallow the error.
    environ = {**os.environ, "PYTHONUNBUFFERED": ""}
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*SANDBOX, *option],
        check=False,
        stdout=write,
        stderr=subprocess.PIPE,
        env=environ,
        timeout=30,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")
