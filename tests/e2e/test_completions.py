"""TAB in real shells: the scripts that are committed, loaded as packages install them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.raw_terminal import RawTerminal

SCRIPTS = Path(__file__).parents[2] / "completions"
LIMIT = 30.0  # seconds for a shell to answer

CASES = [
    ("kiecli sta", "kiecli status"),
    ("kiecli conf", "kiecli config"),
    ("kiecli --vers", "kiecli --version"),
    ("kiecli status --exit", "kiecli status --exit-status"),
    ("kiecli download --ov", "kiecli download --overwrite"),
    ("kiecli config unse", "kiecli config unset"),
    ("kiecli config get base", "kiecli config get base-url"),
    ("kiecli config set a", "kiecli config set api-key"),
    ("kiecli status ecf8", "kiecli status ecf8"),
    ("kiecli download --dir pla", "kiecli download --dir plain/"),
    ("kiecli download -o '{la", "kiecli download -o {label}"),
]

# zsh finds it by its name in fpath, as it finds what packages install under site-functions.
LOADED = {
    "bash": f"source '{SCRIPTS}/kiecli.bash'",
    "zsh": f"fpath=('{SCRIPTS}' $fpath); autoload -Uz compinit; compinit -D -u",
    "fish": f"source '{SCRIPTS}/kiecli.fish'",
}
PLAIN = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config"],
}


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and folders to be offered, or not, in the folder of the shell."""
    monkeypatch.chdir(tmp_path)
    for name in ("plain", "two words/inside/deep", ".hidden"):
        Path(name).mkdir(parents=True)
    for name in ("ids.txt", "ecf8.png"):
        Path(name).touch()


def environment(home: Path) -> dict[str, str]:
    """A world in which kiecli is the one beside this Python."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    covered = {name: text for name, text in os.environ.items() if name.startswith("COVERAGE_")}
    return {**covered, "PATH": path, "HOME": str(home), "TERM": "xterm", "PS1": "$ "}


def completed(shell: str, begun: str, env: dict[str, str]) -> str:
    """Return the line that TAB makes of one that has been begun."""
    with RawTerminal(PLAIN[shell], env) as terminal:
        terminal.type(f"{LOADED[shell]}; echo is-' 'loaded\r")
        terminal.await_text("is- loaded\n")
        # Ctrl-A goes to the start of the line, which is then printed instead of being run.
        terminal.type(f"{begun}\t\x01echo it-' 'is \x05-' 'end\r")
        terminal.await_text("- end\n")
    return terminal.text.rpartition("it- is ")[2].partition("- end")[0].strip()


@pytest.fixture(params=["bash", "zsh"])
def shell(request: pytest.FixtureRequest) -> str:
    """A shell that is installed here."""
    name: str = request.param
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    return name


@pytest.mark.parametrize(("begun", "whole"), CASES)
def test_a_tab_completes(shell: str, begun: str, whole: str, tmp_path: Path) -> None:
    assert completed(shell, begun, environment(tmp_path)) == whole


@pytest.mark.parametrize(("begun", "whole"), CASES)
@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_completes(begun: str, whole: str, tmp_path: Path) -> None:
    """Fish itself tells what a TAB would offer."""
    ask = f'{LOADED["fish"]}; complete -C "{begun}"'
    answer = subprocess.run(
        [*PLAIN["fish"], "-c", ask],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=True,
    )
    offered = [line.partition("\t")[0] for line in answer.stdout.splitlines()]
    assert (offered, answer.stderr) == ([whole.rpartition(" ")[2]], "")


_FIELDS = ["label", "task_id", "n", "name", "ext", "model", "date", "prompt"]


@pytest.mark.parametrize(
    ("begun", "offered"),
    [
        ("status ", ["-", "--exit-status", "--json", "--quiet", "--verbose"]),
        ("status demo-image ", ["-", "--exit-status", "--json", "--quiet", "--verbose"]),
        ("wait ecf8", ["ecf8"]),
        ("download -d ", ["plain/", "two\\ words/"]),
        ("download -d t", ["two\\ words/", "two\\ words/inside/"]),
        ("download -d .h", [".hidden/"]),
        ("download -d ~/pl", ["~/plain/"]),
        ("download -d new", ["new"]),
        ("download -d plain/", ["plain/"]),
        ("download -d nowhere/", ["nowhere/"]),
        ("download -o ", ["-", *(f"{{{name}}}" for name in _FIELDS), "plain/", "two\\ words/"]),
        ("download -o '{", [f"{{{name}}}" for name in _FIELDS]),
        ("download -o '{label}-{n", ["{label}-{n}", "{label}-{name}"]),
        ("download -o pl", ["plain/"]),
        ("download -o '{label}", ["{label}"]),
        ("wait -t ", ["5m", "15m", "1h"]),
        ("wait --timeout 1", ["15m", "1h"]),
        ("wait -t 90", ["90"]),
        ("wait -i ", ["auto", "5s", "30s"]),
        ("download -j ", ["1", "4", "16", "64"]),
        ("config set dir ", ["plain/", "two\\ words/"]),
        ("config set timeout ", ["5m", "15m", "1h"]),
        ("config set api-key ", ["-"]),
        ("config set base-url https:", ["https:"]),
    ],
)
def test_what_a_tab_offers(begun: str, offered: list[str], tmp_path: Path) -> None:
    """Never nothing: bash and zsh would offer files in its place."""
    line = f"kiecli {begun}"
    variables = {"_KIECLI_COMPLETE": "complete_bash", "COMP_WORDS": line}
    word = str(line.count(" "))
    answer = subprocess.run(
        ["kiecli"],
        env={**environment(tmp_path), **variables, "COMP_CWORD": word},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=True,
    )
    assert (answer.stdout.splitlines(), answer.stderr) == (offered, "")


@pytest.mark.parametrize(
    ("shell", "name"),
    [
        ("bash", "kiecli.bash"),
        ("zsh", "_kiecli"),
        ("fish", "kiecli.fish"),
        ("powershell", "kiecli.ps1"),
    ],
)
def test_the_committed_script_is_the_one_that_typer_writes(
    shell: str, name: str, tmp_path: Path
) -> None:
    env = {**environment(tmp_path), "_KIECLI_COMPLETE": f"source_{shell}"}
    written = subprocess.run(
        ["kiecli"], env=env, capture_output=True, text=True, timeout=LIMIT, check=True
    ).stdout
    committed = (SCRIPTS / name).read_text()
    if shell == "zsh":
        # compinit looks for `#compdef` on the first line only, and the last lines are ours.
        assert committed.startswith("#compdef kiecli\n")
        assert committed.startswith(written.strip())
    else:
        assert committed == written
