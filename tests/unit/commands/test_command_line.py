"""Whether a line reads stdin, and how it is continued, also when it is wrong."""

import pytest
from typer.main import get_command

from kiecli.cli.app import build
from kiecli.commands.command_line import (
    LONG_WITH_VALUE,
    SHORT_WITH_VALUE,
    TASK_COMMANDS,
    reads_stdin,
    resume_argv,
    safe_argv,
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
    ("argv", "safe"),
    [
        (["status", "--wrong"], ("status",)),
        (["download", "-d"], ("download", "--wait")),
        (["dowload"], ("download", "--wait")),
        ([], ("download", "--wait")),
    ],
)
def test_a_wrong_line_is_continued_without_its_options(
    argv: list[str], safe: tuple[str, ...]
) -> None:
    assert safe_argv(argv) == safe


def test_the_options_with_values_are_those_of_the_commands() -> None:
    commands = get_command(build()).commands  # type: ignore[attr-defined]
    options = [
        option
        for name in TASK_COMMANDS
        for each in commands[name].params
        if each.param_type_name == "option" and not each.is_flag
        for option in each.opts
    ]
    long = {option for option in options if option.startswith("--")}
    assert long - {"--help"} == LONG_WITH_VALUE
    assert {option[1:] for option in options if option not in long} == SHORT_WITH_VALUE
