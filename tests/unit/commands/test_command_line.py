"""Whether a line reads stdin, and how it is continued, also when it is wrong."""

from collections.abc import Sequence

import pytest
from typer.main import get_command

from kiecli.cli.main import build
from kiecli.commands.command_line import (
    ALL_OPTIONS,
    LONG_WITH_VALUE,
    SHORT_WITH_VALUE,
    TASK_COMMANDS,
    arguments_of,
    corrected_argv,
    reads_stdin,
    resume_argv,
    waiting_argv,
)


@pytest.mark.parametrize(
    ("line", "reads"),
    [
        ("wait -", True),
        ("status a - b", True),
        ("wait -t 5s -", True),
        ("wait --wrong -", True),
        ("wait --timeout=5s -", True),
        ("download -qwd out -", True),
        ("download -o - -", True),
        ("download -- -", True),
        ("download -ox -", True),
        ("wiat -", True),
        ("-", True),
        ("--wrong -", True),
        ("", False),
        ("help -", False),
        ("wait", False),
        ("wait a", False),
        ("config set api-key -", False),
        ("download -o - a", False),
        ("download --output - a", False),
        ("download -qo - a", False),
        ("download a -d -", False),
        ("download a -d", False),
        ("wait -- a", False),
    ],
)
def test_a_dash_that_is_no_value_stands_for_stdin(line: str, reads: bool) -> None:
    assert reads_stdin(line.split()) is reads


@pytest.mark.parametrize(
    ("line", "resumed"),
    [
        ("wait a b", "wait"),
        ("wait -q a -v --quiet --verbose", "wait"),
        ("wait -t 30m hero=a --interval 5s -", "wait -t 30m --interval 5s"),
        ("wait --timeout=30m --json -- a -b", "wait --timeout=30m --json"),
        ("download -qwd out -vnj8 a", "download -w -d out -j 8"),
        ("download --dry-run -n --overwrite -o - a", "download --overwrite -o -"),
        ("download a -d", "download -d"),
        ("status --exit-status a", "status --exit-status"),
    ],
)
def test_what_continues_repeats_the_options(line: str, resumed: str) -> None:
    assert resume_argv(line.split()) == tuple(resumed.split())


@pytest.mark.parametrize(
    ("argv", "with_wait"),
    [
        (("download", "-d", "out"), ("download", "--wait", "-d", "out")),
        (("download", "-w"), ("download", "-w")),
        (("download", "--wait"), ("download", "--wait")),
    ],
)
def test_a_download_can_be_made_to_wait(argv: tuple[str, ...], with_wait: tuple[str, ...]) -> None:
    assert waiting_argv(argv) == with_wait


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("", ""),
        ("wait a hero=b -", "a hero=b -"),
        ("wiat a -", "a -"),
        ("-", "-"),
        ("config set api-key -", ""),
        ("wait -t 5m a --any b --json -- -", "a b -"),
        ("wait --wrong may-be-its-value a -", "a -"),
        ("wait --wrong=5m a", "a"),
        ("wait --wrong --json a", "a"),
        ("wait --wrong - a", "- a"),
        ("--wrong wait a", "a"),
        ('{"taskId":1}', '{"taskId":1}'),
    ],
)
def test_tasks_are_what_can_be_nothing_else(line: str, arguments: str) -> None:
    assert arguments_of(line.split()) == arguments.split()


def parses(words: Sequence[str]) -> bool:
    line = " ".join(words)
    return not ("bad" in line or ("-t" in line and "wait" not in line))


@pytest.mark.parametrize(
    ("line", "message", "mended"),
    [
        ("", "", "download --wait"),
        ("dowload -d out a", "", "download --wait -d out"),
        ("status --bad --json a -", "", "status --json"),
        ("wait -t bad -i 5s --any --help a", "", "wait -i 5s --any"),
        ("download -t 5m -", "--timeout needs --wait", "download --wait -t 5m"),
        ("download -w -d out -q -", "argument 1 is not a task id", "download -w -d out"),
        ("download -d file -j 2 -", "--dir file is not a folder", "download --wait -j 2"),
        ("download --dir=file -w -", "--dir file is not a folder", "download -w"),
        ("download -o ../x -d out -", "--output ../x leads out of --dir", "download --wait -d out"),
    ],
)
def test_a_wrong_line_is_continued_without_the_options_at_fault(
    line: str, message: str, mended: str
) -> None:
    assert corrected_argv(line.split(), parses, message) == tuple(mended.split())


def test_the_options_are_those_of_the_commands() -> None:
    commands = get_command(build()).commands  # type: ignore[attr-defined]
    params = [each for name in TASK_COMMANDS for each in commands[name].params]
    options = [each for each in params if each.param_type_name == "option"]
    assert {name for each in options for name in each.opts} | {"-h", "--help"} == ALL_OPTIONS
    with_value = {name for each in options if not each.is_flag for name in each.opts}
    long = {name for name in with_value if name.startswith("--")}
    assert long == LONG_WITH_VALUE
    assert {name[1:] for name in with_value - long} == SHORT_WITH_VALUE
