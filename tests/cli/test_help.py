"""The surface: which commands and options there are, and how help tells of them."""

import re

import pytest

from tests.support.program import Program

OPTIONS = {
    (): {"--version", "--install-completion", "--show-completion", "-h", "--help"},
    ("status",): {"--exit-status", "--json", "-q", "--quiet", "-v", "--verbose", "-h", "--help"},
    ("wait",): {
        "-t",
        "--timeout",
        "-i",
        "--interval",
        "--any",
        "--fail-fast",
        "--json",
        "-q",
        "--quiet",
        "-v",
        "--verbose",
        "-h",
        "--help",
    },
    ("download",): {
        "-d",
        "--dir",
        "-o",
        "--output",
        "-w",
        "--wait",
        "-t",
        "--timeout",
        "-i",
        "--interval",
        "--any",
        "--fail-fast",
        "-j",
        "--jobs",
        "--archive",
        "--write-metadata",
        "--overwrite",
        "-n",
        "--dry-run",
        "--json",
        "-q",
        "--quiet",
        "-v",
        "--verbose",
        "-h",
        "--help",
    },
    ("config",): {"-h", "--help"},
    ("config", "list"): {"--json", "-h", "--help"},
    ("config", "get"): {"--reveal", "-h", "--help"},
    ("config", "set"): {"-h", "--help"},
    ("config", "unset"): {"-h", "--help"},
    ("config", "path"): {"-h", "--help"},
    ("config", "check"): {"--json", "-h", "--help"},
}
COMMANDS = {
    (): ["status", "wait", "download", "config"],
    ("config",): ["list", "get", "set", "unset", "path", "check"],
}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Typer asks the process's own environment for the width."""
    monkeypatch.setenv("COLUMNS", "80")


def help_of(kiecli: Program, capfd: pytest.CaptureFixture[str], *argv: str) -> str:
    """Return a help text; Typer writes it to the process's own stdout."""
    assert kiecli(*argv) == (0, "", "")
    captured = capfd.readouterr()
    assert captured.err == ""
    return captured.out


def options_in(text: str) -> set[str]:
    """Return the options of a help text's list of them."""
    section = text.partition("\nOptions:\n")[2].partition("\n\n")[0]
    heads = re.findall(r"^  (-.*?)(?:  |$)", section, re.MULTILINE)
    return {word for head in heads for word in re.findall(r"--?[a-z][a-z-]*", head)}


@pytest.mark.parametrize("command", OPTIONS)
def test_each_command_has_these_options_and_no_others(
    kiecli: Program, capfd: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    assert options_in(help_of(kiecli, capfd, *command, "--help")) == OPTIONS[command]


@pytest.mark.parametrize("command", OPTIONS)
def test_each_option_and_argument_is_explained(
    kiecli: Program, capfd: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    text = help_of(kiecli, capfd, *command, "--help")
    for section in re.findall(r"^(?:Options|Arguments):\n(?:  .*\n)+", text, re.MULTILINE):
        heads = re.findall(r"^  \S.*$", section, re.MULTILINE)
        # On the same line, or below a head that is too long for it.
        explained = re.findall(r"^  \S.*?(?:  |\n {10,})\S", section, re.MULTILINE)
        assert len(explained) == len(heads)


@pytest.mark.parametrize("command", COMMANDS)
def test_there_are_these_commands_and_no_others(
    kiecli: Program, capfd: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    text = help_of(kiecli, capfd, *command, "--help")
    section = text.partition("\nCommands:\n")[2].partition("\n\n")[0]
    assert re.findall(r"^  (\w+)", section, re.MULTILINE) == COMMANDS[command]


@pytest.mark.parametrize("command", OPTIONS)
def test_each_help_starts_with_one_sentence_and_has_examples(
    kiecli: Program, capfd: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    text = help_of(kiecli, capfd, *command, "-h")
    usage, _, rest = text.partition("\n\n")
    first = " ".join(rest.partition("\n\n")[0].split())
    assert usage.startswith(" ".join(["Usage: kiecli", *command]))
    assert first.endswith(".")
    assert first.count(". ") == 0
    examples = re.split(r"Examples?:\n", text)[1].partition("\n\n")[0].splitlines()
    assert examples
    assert all("kiecli" in example for example in examples)


@pytest.mark.parametrize("command", [command for command in OPTIONS if command])
def test_tab_shows_the_first_sentence_whole(
    kiecli: Program, capfd: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    _, _, rest = help_of(kiecli, capfd, *command, "-h").partition("\n\n")
    assert len(rest.partition("\n\n")[0].strip()) <= 45  # zsh and fish get the rest as `...`


@pytest.mark.parametrize("command", OPTIONS)
def test_h_is_help_and_fits_80_columns(
    kiecli: Program, capfd: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    text = help_of(kiecli, capfd, *command, "-h")
    assert text == help_of(kiecli, capfd, *command, "--help")
    assert "\x1b" not in text
    assert text.isascii()  # in any locale
    too_long = [line for line in text.splitlines() if len(line) > 80]
    assert too_long == []


_OF_COMMANDS = OPTIONS["status",] | OPTIONS["wait",] | OPTIONS["download",]


@pytest.mark.parametrize("option", sorted(_OF_COMMANDS - OPTIONS[()]))
def test_an_option_before_the_command_gets_the_line_that_works(
    kiecli: Program, option: str
) -> None:
    ran = kiecli(option, "wait", "a")
    instead = "options come after the command, as in: kiecli wait -q ID"
    assert ran == (2, "", f"kiecli: no such option {option!r}; {instead}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_bare_command_is_its_help(
    kiecli: Program, capfd: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    bare = kiecli(*command)
    assert (bare.code, bare.err) == (0, "")
    assert bare.out.rstrip() == help_of(kiecli, capfd, *command, "--help").rstrip()


@pytest.mark.parametrize("command", OPTIONS)
def test_help_works_like_the_option(
    kiecli: Program, capfd: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    text = help_of(kiecli, capfd, *command, "--help")
    assert help_of(kiecli, capfd, "help", *command) == text


def test_help_of_help_is_the_help(kiecli: Program, capfd: pytest.CaptureFixture[str]) -> None:
    assert help_of(kiecli, capfd, "help", "help") == help_of(kiecli, capfd, "--help")


def test_the_longest_help_can_be_read_without_scrolling_far(
    kiecli: Program, capfd: pytest.CaptureFixture[str]
) -> None:
    assert len(help_of(kiecli, capfd, "download", "--help").splitlines()) <= 60


def test_the_help_has_the_table_of_exit_codes(
    kiecli: Program, capfd: pytest.CaptureFixture[str]
) -> None:
    text = help_of(kiecli, capfd, "--help")
    table = text.partition("Exit codes:\n")[2]
    assert re.findall(r"^ +([\d, ]+)  \S", table, re.MULTILINE) == [
        "0",
        "1",
        "2",
        "4",
        "5",
        "6",
        "7",
        "8",
        "70",
        "124",
        "130, 143, 141",
    ]


@pytest.mark.parametrize(
    ("command", "default"),
    [
        ("wait", "[default: 15m]"),
        ("wait", "[default: auto]"),
        ("download", "[default: .]"),
        ("download", "[default: {label}-{n}.{ext}]"),
        ("download", "[default: 4]"),
    ],
)
def test_defaults_are_shown(
    kiecli: Program, capfd: pytest.CaptureFixture[str], command: str, default: str
) -> None:
    assert default in " ".join(help_of(kiecli, capfd, command, "-h").split())


def test_the_completion_of_a_shell_can_be_shown(
    kiecli: Program, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    assert kiecli("--show-completion", "bash") == (0, "", "")
    assert "_KIECLI_COMPLETE=complete_bash" in capfd.readouterr().out
