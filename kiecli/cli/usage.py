"""Turns Typer's usage errors into kiecli's messages, with a hint for likely mistakes."""

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from typer import Context

from kiecli.safe_text import lower_first

# Common in other clients; kiecli has none, as the key would end up in the shell's history.
_KEY_OPTIONS = ("--api-key", "--apikey", "--key", "--token")
_KEY_LINE = "to save the API key: kiecli config set api-key"

# What people type who know other programs, or Kie's API, and the line that does it here.
_INSTEAD = {
    "submit create createtask generate run new": "kiecli does not submit tasks. Pipe the answer of "
    "createTask into: kiecli download --wait -",
    "credits credit balance account": "to see the credits left: kiecli config check",
    "login auth key api-key setup init": _KEY_LINE,
    "save get fetch": "to save the results of a task: kiecli download ID",
    "poll watch": "to wait for a task: kiecli wait ID",
    "show view info describe": "to see a task: kiecli status ID",
    "list ls tasks history logs": "kiecli does not list tasks: see https://kie.ai/logs",
    "cancel delete rm stop kill": "kiecli does not cancel or delete tasks",
    "completion completions": "to set up completion: kiecli --install-completion",
}

# The same for options, by the commands in which they are typed.
_OPTIONS_INSTEAD = (
    ("kiecli", "-V", "to print the version: kiecli --version"),
    ("status", "-w --wait --watch -f --follow", "to wait for a task: kiecli wait ID"),
    (
        "status wait",
        "-d --dir --download --save",
        "to save the results too: kiecli download --wait ID",
    ),
    (
        "status wait",
        "-o --output --format",
        "for JSON: --json, to save the results: kiecli download ID",
    ),
    ("download", "-f --force", "to replace existing files: --overwrite"),
    ("download", "--output-dir --directory", "to save into a folder: --dir"),
)

# Not repeated in the message: ids and keys look alike.
_ID_OR_KEY = r"(?=.*[0-9])[^/ ]{8,}|[A-Za-z0-9_-]{16,}|https?://.*|demo-[a-z]+|[^=]+=.+"
_AFTER_THE_COMMAND = "options come after the command, as in: kiecli wait -q ID"
_COMMAND_IS_MISSING = "a task id needs a command before it, as in: kiecli status ID"


def usage_message(error: Exception, argv: Sequence[str]) -> str:
    """Return one line: what is wrong, what was probably meant, and where the help is.

    Args:
        error: One of Typer's usage errors.
        argv: The arguments of the process.
    """
    command = _command(error, argv)
    message = _message(error, command)
    if message.startswith("No such command"):
        message = _instead(argv[0]) or message
    stop = "" if message.endswith("?") else "."
    see = "" if "kiecli " in message else f"{stop} See: {command} --help"
    return lower_first(message) + see


def _instead(word: str) -> str:
    """Return the line that helps somebody who typed this in the place of a command, if one does."""
    for names, line in _INSTEAD.items():
        if word.lower() in names.split():
            return f"no such command {word!r}; {line}"
    return _COMMAND_IS_MISSING if re.fullmatch(_ID_OR_KEY, word) else ""


def _message(error: Exception, command: str) -> str:
    if hasattr(error, "possibilities"):
        option: str = error.option_name  # type: ignore[attr-defined]
        instead = _instead_of_option(option, command.rpartition(" ")[2])
        if not instead and command == "kiecli" and option in _options_of_commands(error):
            instead = _AFTER_THE_COMMAND
        if instead:
            return f"no such option {option!r}; {instead}"
        return f"no such option {option!r}{_likeliest(option, error.possibilities or ())}"
    message: str = error.format_message()  # type: ignore[attr-defined]
    # "Got unexpected extra argument(s)": only ever one of them is named.
    message = message.rstrip(".").replace("argument(s)", "argument")
    # Whoever pipes ids in, and knows jq or grep, expects stdin to be read without being named.
    return f"{message}; to read ids from stdin, give '-'" if "TASK...|-" in message else message


def _instead_of_option(option: str, command: str) -> str:
    """Return the line that helps somebody who typed this option of a command, if one does."""
    if option in _KEY_OPTIONS:
        return _KEY_LINE
    lines = (
        line
        for commands, options, line in _OPTIONS_INSTEAD
        if command in commands.split() and option in options.split()
    )
    return next(lines, "")


def _options_of_commands(error: Exception) -> set[str]:
    """Return the options of all commands together, when `kiecli` itself was given an option."""
    ctx: Context = error.ctx  # type: ignore[attr-defined]
    commands = ctx.command.commands.values()  # type: ignore[attr-defined]
    return {name for command in commands for each in command.params for name in each.opts}


def _likeliest(option: str, possibilities: Iterable[str]) -> str:
    """Return which of the options that Typer lists was meant, where one is near."""
    from difflib import get_close_matches

    # Without the dashes, which all have: `--bogus` is not near `--verbose`.
    names = {each.lstrip("-"): each for each in possibilities}
    near = get_close_matches(option.lstrip("-"), names, n=1)
    return f". Did you mean {names[near[0]]!r}?" if near else ""


def _command(error: Exception, argv: Sequence[str]) -> str:
    """Return the command whose help explains more."""
    ctx = getattr(error, "ctx", None)
    if ctx is not None:
        return str(ctx.command_path)
    # Typer leaves it out where an option lacks its value. All options of `kiecli` itself are flags.
    depth = 2 if list(argv[:1]) == ["config"] else 1
    return " ".join(["kiecli", *takewhile(lambda word: not word.startswith("-"), argv[:depth])])
