"""What a raw argv says without being parsed: its task ids, and the argv that resumes it. Pure.

Typer parses a valid command line; this also serves one that Typer has refused.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from kiecli.task_ids.task_id import STDIN

TASK_COMMANDS = frozenset({"status", "wait", "download"})
"""The commands that take task ids."""

# Their `-` is no task ids. Any other first word counts as a mistyped task command.
_NOT_OF_TASKS = frozenset({"config", "help", "version"})

LONG_WITH_VALUE = frozenset({"--timeout", "--interval", "--dir", "--output", "--jobs", "--archive"})
"""The options of these commands that take a value: `-o -` is stdout, not stdin."""

SHORT_WITH_VALUE = frozenset("tidoj")
"""Their short forms."""

_LONG = {
    "-d": "--dir",
    "-h": "--help",
    "-i": "--interval",
    "-j": "--jobs",
    "-n": "--dry-run",
    "-o": "--output",
    "-q": "--quiet",
    "-t": "--timeout",
    "-v": "--verbose",
    "-w": "--wait",
}

ALL_OPTIONS = LONG_WITH_VALUE.union(
    _LONG,
    _LONG.values(),
    ("--any", "--exit-status", "--fail-fast", "--json", "--overwrite", "--write-metadata"),
)
"""All options of these commands."""

# How much is printed is the user's choice of the moment; --dry-run and --help would save nothing.
_NOT_REPEATED = frozenset({"--quiet", "--verbose", "--dry-run", "--help"})


class _Part(NamedTuple):
    """An argument, or an option with its value."""

    argv: tuple[str, ...]
    is_option: bool


def reads_stdin(argv: Sequence[str]) -> bool:
    """Return whether a command line takes task ids from stdin (`-`).

    Args:
        argv: The arguments after the program's name.
    """
    stdin = _Part((STDIN,), is_option=False)
    return stdin in _parts(argv) and argv[0] not in _NOT_OF_TASKS


def arguments_of(argv: Sequence[str]) -> list[str]:
    """Return the arguments of a command line that are certainly tasks (or `-`), as they were typed.

    Args:
        argv: The arguments after the program's name.
    """
    if not argv or argv[0] in _NOT_OF_TASKS:
        return []
    arguments: list[str] = []
    is_command, may_be_value = True, False
    for part in _parts(argv):
        first = part.argv[0]
        if part.is_option:
            # An option that is not ours may take a value; what follows it is no certain task.
            may_be_value = not ("=" in first or first in ALL_OPTIONS)
            continue
        if first == STDIN or "taskId" in first or not (is_command or may_be_value):
            arguments.append(first)
        is_command = may_be_value = False
    return arguments


def resume_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the argv that resumes a command, to which task ids are added.

    It has the command and its options, but for those that a resumed run should not repeat.
    """
    return (*argv[:1], *(word for option in _repeated(argv) for word in option))


def corrected_argv(
    argv: Sequence[str], is_valid: Callable[[Sequence[str]], bool], message: str = ""
) -> tuple[str, ...]:
    """Return the argv that resumes a refused command, without the options at fault.

    Task ids are to be added. A `download` gets `--wait`: the tasks were only just created.

    Args:
        argv: The arguments after the program's name.
        is_valid: Returns whether an argv without task ids can be parsed.
        message: The error; where all options can be parsed, the one that it names is left out.
    """
    command = argv[0] if argv and argv[0] in TASK_COMMANDS else "download"
    options = _repeated(argv)
    if is_valid((command, *(word for option in options for word in option))):
        at_fault = next((_long_name(word) for word in message.split() if word in ALL_OPTIONS), "")
        options = [each for each in options if _long_name(each[0]) != at_fault]
    kept: tuple[str, ...] = (command,)
    if command == "download" and not any(_long_name(each[0]) == "--wait" for each in options):
        kept = waiting_argv(kept)
    # One after the other: what makes the line invalid is left out, and nothing else.
    for option in options:
        if is_valid((*kept, *option)):
            kept = (*kept, *option)
    return kept


def _repeated(argv: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the options that a resumed run repeats, each with its value."""
    options = [part.argv for part in _parts(argv[1:]) if part.is_option]
    return [option for option in options if _long_name(option[0]) not in _NOT_REPEATED]


def _long_name(option: str) -> str:
    """Return the long name of an option: `--dir` for `-d` and for `--dir=out`."""
    name = option.partition("=")[0]
    return _LONG.get(name, name)


def waiting_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the argv of a `download`, with `--wait` added if it is missing."""
    waits = not {"--wait", "-w"}.isdisjoint(argv[1:])
    return (*argv[:1], *([] if waits else ["--wait"]), *argv[1:])


def _parts(argv: Sequence[str]) -> Iterator[_Part]:
    """Yield the arguments and options of an argv, as getopt would split it."""
    rest = iter(argv)
    for word in rest:
        if word == "--":  # POSIX: what follows are operands, whatever they look like
            yield from (_Part((each,), is_option=False) for each in rest)
        elif word == STDIN or not word.startswith("-"):
            yield _Part((word,), is_option=False)
        elif word.startswith("--"):
            value = _value_of(rest) if word in LONG_WITH_VALUE else []
            yield _Part((word, *value), is_option=True)
        else:
            yield from _short_options(word, rest)


def _short_options(word: str, rest: Iterator[str]) -> Iterator[_Part]:
    """Yield the short options joined in a word such as `-qd`; the last may take a value."""
    for place, letter in enumerate(word[1:], start=2):
        if letter in SHORT_WITH_VALUE:
            value = [word[place:]] if word[place:] else _value_of(rest)
            yield _Part((f"-{letter}", *value), is_option=True)
            return
        yield _Part((f"-{letter}",), is_option=True)


def _value_of(rest: Iterator[str]) -> list[str]:
    """Take the next word, the value of an option; nothing at the end of the line."""
    return list(islice(rest, 1))
