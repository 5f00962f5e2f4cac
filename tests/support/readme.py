"""The README as a program: its blocks, run against the sandbox.

`python -m tests.support.readme` prints each console block with what its commands really say.
"""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import yaml

README = Path(__file__).parents[2] / "README.md"
_BLOCK = re.compile(
    r"(?:<!-- terminal: (?P<terminal>.*?) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL
)
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\]8;.*?\x1b\\")
_MARK = "=== the next command ==="


class Block(NamedTuple):
    """A code block, and what stands beside it."""

    kind: str
    text: str
    heading: str
    terminal: str | None
    """The command whose look on a terminal it shows."""


def blocks() -> Iterator[Block]:
    """Yield the README's blocks in order."""
    text = README.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        heading = re.findall(r"^#+ (.*)$", text[: found.start()], re.MULTILINE)[-1]
        yield Block(found["kind"], found["text"], heading, found["terminal"])


def commands(block: Block) -> list[str]:
    """Return the commands of a console block."""
    return [line[2:] for line in block.text.splitlines() if line.startswith("$ ")]


def shown(block: Block) -> list[str]:
    """Return what the console block shows after each of its commands."""
    return [
        part.partition("\n")[2] for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    ]


def said(block: Block, folder: Path) -> list[str]:
    """Run a console block's commands; return what each of them says, on both streams."""
    script = "exec 2>&1\n" + f"\necho '{_MARK}'\n".join(commands(block))
    result = run(script, folder)
    return [settled(part) for part in re.split(rf"^{_MARK}\n", result.stdout, flags=re.MULTILINE)]


def scripts(block: Block) -> list[str]:
    """Return the shell scripts of a workflow, one for each job."""
    jobs = yaml.safe_load(block.text)
    if "jobs" in jobs:  # GitHub Actions
        steps = [step.get("run") for job in jobs["jobs"].values() for step in job["steps"]]
    else:  # GitLab CI
        steps = [line for job in jobs.values() for line in job["script"]]
    wanted = [step for step in steps if step and not step.startswith("pip install")]
    return ["\n".join(wanted).replace("https://api.kie.ai", "$KIE_BASE_URL")]


def run(script: str, folder: Path, *, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a script in bash under a sandbox of its own."""
    return subprocess.run(
        [sys.executable, "-m", "kiecli.sandbox", "bash", "-c", script],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={
            **os.environ,
            "KIECLI_CONFIG": str(folder / "config.json"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "TERM": "xterm",
        },
    )


def on_terminal(command: str, folder: Path) -> str:
    """Return what a terminal of 80 columns shows of a command, without colours and links."""
    screen, terminal = pty.openpty()
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    with (
        os.fdopen(screen, "rb", buffering=0) as reader,
        subprocess.Popen(
            [sys.executable, "-m", "kiecli.sandbox", *command.split()],
            cwd=folder,
            stdout=terminal,
            stderr=terminal,
            env=environ,
        ),
    ):
        os.close(terminal)
        shown_bytes = b"".join(_until_closed(reader))
    text = shown_bytes.decode().replace("\r\n", "\n")
    return settled(_CONTROLS.sub("", text))


def _until_closed(reader: IO[bytes]) -> Iterator[bytes]:
    while True:
        try:
            yield reader.read(4096)
        except OSError:  # how Linux says that nobody has the terminal open any more
            return


def settled(text: str) -> str:
    """Return a text without what differs from run to run: ports, dates, new ids."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8000", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-11-23 12:00:00", text)
    text = re.sub(r"\(\d+s ago\)", "(13s ago)", text)
    return re.sub(r"\b[0-9a-f]{32}\b", "ecf8cf8611cc40ff28e6f1ff8ebc4a12", text)


if __name__ == "__main__":
    import tempfile

    for each in blocks():
        if each.kind == "console":
            with tempfile.TemporaryDirectory() as place:
                for command, output in zip(commands(each), said(each, Path(place)), strict=True):
                    sys.stdout.write(f"$ {command}\n{output}")
