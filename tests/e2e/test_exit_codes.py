"""Each exit code once, by a real process, with all that it says."""

import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from kiecli import __version__
from tests.support.faults import envelope, record
from tests.support.processes import KEY, SIGNALS, Installed, Ran
from tests.support.server import FaultyServer, closed_port

_PLUG = """
import httpcore
def send(self, request):
    headers = {name.lower(): value.decode() for name, value in request.headers}
    raise RuntimeError("sent with " + headers[b"authorization"])
httpcore.ConnectionPool.handle_request = send
"""

_IN_TCSH = """
import shellingham
shellingham.detect_shell = lambda: ("tcsh", "/bin/tcsh")
"""


class Case(NamedTuple):
    """A line and all that it says."""

    line: str
    err: str = ""
    out: str = ""


_CASES = {
    0: Case(
        "wait demo-image",
        out="{url}/files/demo-image/1/image.png\n",
        err="kiecli: demo-image: success (took 13s), 1 result\n",
    ),
    1: Case(
        "wait -q demo-fail",
        "kiecli: demo-fail: Kie says the task failed (422): The input was flagged as sensitive by "
        "content moderation. Blocked by content moderation; change the prompt or the input\n",
    ),
    2: Case(
        "status https://kie.ai/market",
        "kiecli: argument 1 is a URL, not a task id: 'https://kie.ai/marke…'."
        " Give the taskId of the task\n",
    ),
    5: Case(
        "status nope",
        "kiecli: nope: Kie has no task with this id. Check the id. Tasks made with the older Veo,"
        " Suno, 4o, Runway or Kontext APIs, or more than two months ago, cannot be looked up\n",
        out="nope\tunknown\t\t\t\t\t\t\n",
    ),
    7: Case(
        "download -q demo-expired",
        "kiecli: demo-expired: could not save demo-expired-1.png: the file is gone (the file host "
        "answered 404 Not Found, with a new link too); the task finished 30 hours ago, and links "
        "usually last 24 hours, files 14 days. Running this again cannot bring it back\n",
    ),
    8: Case(
        "download demo-slow",
        "kiecli: not finished yet: waiting. To wait for it: kiecli download --wait demo-slow\n",
    ),
    124: Case(
        "wait -q -t 1 demo-slow",
        "kiecli: still waiting after 1s. The task is still running at Kie; to keep waiting: "
        "kiecli wait -t 1 demo-slow\n",
    ),
}


@pytest.mark.parametrize("code", _CASES)
def test_a_line_says_what_to_do_next(code: int, kie: FaultyServer, kiecli: Installed) -> None:
    case = _CASES[code]
    assert kiecli(*case.line.split()) == Ran(code, case.out.format(url=kie.url), case.err)


def test_the_module_is_the_command(kiecli: Installed) -> None:
    """`python -m kiecli` is for where no scripts folder is in PATH."""
    ran = kiecli("status", "-q", "demo-image", program=[sys.executable, "-m", "kiecli"])
    assert ran == Ran(0, "success\n", "")


def test_4_no_key(kiecli: Installed) -> None:
    assert kiecli("status", "demo-image", environ={"KIE_API_KEY": None}) == Ran(
        4,
        "",
        "kiecli: no API key is set, in KIE_API_KEY or the config file. Get one at"
        " https://kie.ai/api-key, then run: kiecli config set api-key\n",
    )


def test_4_a_refused_key(kie: FaultyServer, kiecli: Installed) -> None:
    kie.faults.always("recordInfo", envelope(401, "You do not have access permissions"))
    assert kiecli("wait", "demo-image", "demo-fail") == Ran(
        4,
        "",
        "kiecli: Kie refused the API key (KIE_API_KEY): You do not have access permissions"
        " (code 401). Get a key at https://kie.ai/api-key; to test one: kiecli config check\n",
    )


def test_6_nobody_is_there(kiecli: Installed) -> None:
    """With a timeout of 0 there is one look and no patience."""
    url = f"http://127.0.0.1:{closed_port()}"
    assert kiecli("wait", "-t", "0", "demo-image", environ={"KIE_BASE_URL": url}) == Ran(
        6,
        "",
        f"kiecli: could not reach {url.removeprefix('http://')}: connection refused. To try again: "
        "kiecli wait -t 0 demo-image\n",
    )


def test_2_a_shell_that_has_no_completion(kiecli: Installed, tmp_path: Path) -> None:
    """Typer's own exit code for it is 1, which would mean a failed task."""
    (tmp_path / "sitecustomize.py").write_text(_IN_TCSH)
    assert kiecli("--show-completion", environ={"PYTHONPATH": str(tmp_path)}) == Ran(
        2,
        "",
        "Shell tcsh not supported.\n"
        "kiecli: there is no completion for this shell. Run it in bash, zsh, fish or PowerShell\n",
    )


@pytest.mark.parametrize("line", ["--help", "status -h", "--version", "config list"])
def test_7_a_full_disk_has_no_place_for_the_answer(kiecli: Installed, line: str) -> None:
    ran = kiecli.shell(f"kiecli {line} > /dev/full; echo $?")
    assert ran == Ran(0, "7\n", "kiecli: cannot write to stdout: no space left on device\n")


def test_7_completion_has_no_place(kiecli: Installed, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environ = {
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
        "HOME": str(tmp_path / "file"),
    }
    assert kiecli("--install-completion", "bash", environ=environ) == Ran(
        7, "", f"kiecli: cannot write to {tmp_path}/file: file exists\n"
    )


def test_70_a_bug(kiecli: Installed, tmp_path: Path) -> None:
    """It is shown with all that helps to mend it, and without the key."""
    (tmp_path / "sitecustomize.py").write_text(_PLUG)
    ran = kiecli("status", "demo-image", environ={"PYTHONPATH": str(tmp_path)})
    lines = ran.err.splitlines()
    assert (ran.code, ran.out) == (70, "")
    assert (lines[0], lines[-1]) == (
        "Traceback (most recent call last):",
        f"kiecli: this is a bug in kiecli {__version__}; please report it",
    )
    assert "RuntimeError: sent with Bearer ****" in lines
    assert KEY not in ran.err


@pytest.mark.parametrize("signum", SIGNALS)
def test_130_and_143_a_signal(signum: int, kiecli: Installed) -> None:
    """A shell makes 130 and 143 of it."""
    with kiecli.start("wait", "demo-slow") as running:
        running.await_stderr("waiting\n")
        assert running.end_by(signum) == Ran(
            -signum,
            "",
            "kiecli: demo-slow: waiting\nkiecli: interrupted; to continue: kiecli wait demo-slow\n",
        )


def test_141_the_reader_has_gone(kie: FaultyServer, kiecli: Installed) -> None:
    """Without a word, as `cat` would be."""
    kie.faults.next("recordInfo", record("a", "waiting"))
    kie.faults.task("a", urls=["https://files.test/a.png"])
    ran = kiecli.shell("kiecli wait -q -i 1 a | true; echo ${PIPESTATUS[0]}")
    assert ran == Ran(0, "141\n", "")
