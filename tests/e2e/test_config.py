"""`kiecli config` in a process of its own: the prompt, strange users, real files."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.processes import KEY, PROGRAM, Installed, Ran
from tests.support.raw_terminal import RawTerminal

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


def become(start: str) -> list[str]:
    """Return a program that runs kiecli by way of another."""
    return [sys.executable, "-c", start, sys.executable, "-m", "kiecli"]


@pytest.fixture
def kiecli(kiecli: Installed) -> Installed:
    """The command without a key in the environment."""
    del kiecli.environ["KIE_API_KEY"]
    return kiecli


def config_file(kiecli: Installed) -> Path:
    return Path(kiecli("config", "path").out.rstrip("\n"))


@pytest.mark.parametrize(
    ("typed", "code", "shown"),
    [
        (f"{KEY}\n", 0, "API key saved; verify it with: kiecli config check\n"),
        ("\x03", -signal.SIGINT, "interrupted\n"),
        ("\x04", -signal.SIGINT, "interrupted\n"),
    ],
    ids=["Enter", "Ctrl-C", "Ctrl-D"],
)
def test_the_key_is_asked_for_without_echo(
    kiecli: Installed, typed: str, code: int, shown: str
) -> None:
    with RawTerminal([PROGRAM, "config", "set", "api-key"], kiecli.environ) as terminal:
        terminal.await_text("hidden): ")
        terminal.type(typed)
        assert terminal.end() == code
        assert terminal.text == f"API key (typing stays hidden): \n{shown}"
    assert config_file(kiecli).exists() is (code == 0)


def test_what_is_set_is_kept_in_the_platforms_folder_for_its_owner_alone(kiecli: Installed) -> None:
    assert kiecli("config", "set", "api-key", input=KEY.encode()).code == 0
    assert kiecli("config", "set", "dir", "~/out") == Ran(0, "", "")
    path = config_file(kiecli)
    assert kiecli.home in path.parents
    assert path.parts[-2:] == ("kiecli", "config.json")
    assert [place.stat().st_mode & 0o777 for place in (path, path.parent)] == [0o600, 0o700]
    assert json.loads(path.read_text()) == {"api-key": KEY, "dir": "~/out"}
    assert kiecli("config", "get", "dir") == Ran(0, f"{kiecli.home}/out\n", "")
    assert kiecli("config", "check") == Ran(0, f"key\tapi-key in {path}\ncredits\t1250.5\n", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user whom no system knows")
def test_a_user_without_a_home_has_defaults_and_no_file(kiecli: Installed) -> None:
    program = become(_BY_NOBODY)
    assert kiecli("config", "get", "timeout", program=program) == Ran(0, "15m\n", "")
    assert kiecli("config", "set", "timeout", "5m", program=program) == Ran(
        2,
        "",
        "kiecli: no folder for the config file: the home folder is unknown. "
        "Set HOME, or set KIECLI_CONFIG to a file\n",
    )


def test_a_folder_that_cannot_be_written(kiecli: Installed) -> None:
    path = config_file(kiecli)
    path.parent.mkdir(parents=True, mode=0o500)
    program = become(_BY_ANYBODY)
    assert kiecli("config", "get", "timeout", program=program) == Ran(0, "15m\n", "")
    assert kiecli("config", "set", "timeout", "5m", program=program) == Ran(
        2,
        "",
        f"kiecli: cannot write the config file {path}: permission denied. "
        "Fix that, or set KIECLI_CONFIG to another file\n",
    )
