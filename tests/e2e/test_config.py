"""`kiecli config` in a process of its own: the prompt, strange users, real files."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Self

import pytest

from tests.support.server import serving

KIECLI = [sys.executable, "-m", "kiecli"]
KEY = "sk-canary-0123456789abcdef"

# Makes the process one without HOME, of a user whom no system knows; only root can.
_BY_NOBODY = """
import os, sys
os.setreuid(54321, -1)
del os.environ["HOME"]
os.execv(sys.argv[1], sys.argv[1:])
"""

# Takes away root's right to write where the permissions forbid it; others have none.
_BY_ANYBODY = """
import ctypes, os, sys
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""

# Makes the terminal on stdin the one that Ctrl-C comes from, then becomes kiecli.
_ON_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
_PATIENCE = 20.0


def environment(**variables: str) -> dict[str, str]:
    """A world without settings, in which kiecli is found."""
    ours = ("KIE_", "KIECLI_", "XDG_")
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    return {**inherited, "PYTHONPATH": os.getcwd(), **variables}  # noqa: PTH109


class Ended(NamedTuple):
    code: int
    out: str
    err: str


def kiecli(*words: str, start: str = "", **variables: str) -> Ended:
    """Run a line, by way of a program that becomes it."""
    done = subprocess.run(
        [sys.executable, "-c", start, *KIECLI, *words] if start else [*KIECLI, *words],
        check=False,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=_PATIENCE,
        env=environment(**variables),
    )
    return Ended(done.returncode, done.stdout, done.stderr)


class Terminal:
    """kiecli on a terminal of its own.

    Attributes:
        screen: All that the terminal has shown.
    """

    def __init__(self, *words: str, **variables: str) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, *KIECLI, *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=environment(**variables),
        )
        os.close(slave)
        self.screen = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def await_text(self, text: str) -> None:
        """Read until the screen shows a text."""
        while text not in self.screen:
            assert self._read(), f"the screen ended without {text!r}: {self.screen!r}"

    def end(self) -> int:
        """Read to the end and return the code, negative for a signal."""
        while self._read():
            pass
        return self._process.wait(_PATIENCE)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], _PATIENCE)
        assert ready, f"nothing came: {self.screen!r}"
        try:
            data = os.read(self._master, 4096)
        except OSError:  # how Linux says that the other side is closed
            data = b""
        self.screen += data.decode()
        return bool(data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


def test_the_key_is_asked_for_without_echo(path: Path) -> None:
    with Terminal("config", "set", "api-key", KIECLI_CONFIG=str(path)) as terminal:
        terminal.await_text("hidden): ")
        terminal.type(f"{KEY}\n")
        assert terminal.end() == 0
        assert terminal.screen == (
            "API key (typing stays hidden): \r\n"
            "kiecli: API key saved; verify it with: kiecli config check\r\n"
        )
    assert json.loads(path.read_text()) == {"api-key": KEY}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_leaving_the_prompt_is_an_interrupt(path: Path, key: str) -> None:
    with Terminal("config", "set", "api-key", "-", KIECLI_CONFIG=str(path)) as terminal:
        terminal.await_text("hidden): ")
        terminal.type(key)
        assert terminal.end() == -signal.SIGINT
        assert terminal.screen == "API key (typing stays hidden): \r\nkiecli: interrupted\r\n"
    assert not path.exists()


def test_the_key_is_found_and_tried(path: Path) -> None:
    path.write_text(json.dumps({"api-key": KEY}))
    path.chmod(0o600)
    with serving() as kie:
        ended = kiecli("config", "check", KIECLI_CONFIG=str(path), KIE_BASE_URL=kie.url)
    assert ended == Ended(0, f"key\tapi-key in {path}\ncredits\t1250.5\n", "")


def test_the_platforms_folder_is_used_and_made(tmp_path: Path) -> None:
    home = str(tmp_path)
    place = Path(kiecli("config", "path", HOME=home).out.rstrip("\n"))
    assert tmp_path in place.parents
    assert place.parts[-2:] == ("kiecli", "config.json")
    assert kiecli("config", "set", "dir", "~/out", HOME=home) == Ended(0, "", "")
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.parent.stat().st_mode & 0o777 == 0o700
    assert kiecli("config", "get", "dir", HOME=home) == Ended(0, f"{home}/out\n", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user whom no system knows")
def test_a_user_without_a_home_has_defaults_and_no_file() -> None:
    assert kiecli("config", "get", "timeout", start=_BY_NOBODY) == Ended(0, "15m\n", "")
    assert kiecli("config", "set", "timeout", "5m", start=_BY_NOBODY) == Ended(
        2,
        "",
        "kiecli: no folder for the config file: the home folder is unknown. "
        "Set HOME, or set KIECLI_CONFIG to a file\n",
    )


def test_a_folder_that_cannot_be_written(path: Path) -> None:
    path.parent.chmod(0o500)
    settings = {"start": _BY_ANYBODY, "KIECLI_CONFIG": str(path)}
    assert kiecli("config", "get", "timeout", **settings) == Ended(0, "15m\n", "")
    assert kiecli("config", "set", "timeout", "5m", **settings) == Ended(
        2,
        "",
        f"kiecli: cannot write the config file {path}: Permission denied. "
        "Fix that, or set KIECLI_CONFIG to another file\n",
    )
