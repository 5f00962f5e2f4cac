"""A command line as it was typed, right or wrong: whether it reads stdin, how to continue it. Pure.

Typer parses a line that is right; this also serves one that is not.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kiecli.task_ids.task_id import STDIN

TASK_COMMANDS = frozenset({"status", "wait", "download"})
"""The commands that take task ids."""

# They read something else from stdin, or nothing. Any other word is a mistyped command.
_NOT_OF_TASKS = frozenset({"config", "help", "version"})

LONG_WITH_VALUE = frozenset({"--timeout", "--interval", "--dir", "--output", "--jobs", "--archive"})
"""The options of these commands that take a value: `-o -` is stdout, not stdin."""

SHORT_WITH_VALUE = frozenset("tidoj")
"""Their short forms."""

# What is printed is decided anew each time; and a line that is to save results must save.
_NOT_REPEATED = frozenset({"-q", "--quiet", "-v", "--verbose", "-n", "--dry-run"})


class _Part(NamedTuple):
    """An argument, or an option with its value."""

    argv: tuple[str, ...]
    is_option: bool


def reads_stdin(argv: Sequence[str]) -> bool:
    """Return whether a line takes task ids from stdin.

    Args:
        argv: The arguments after the program's name.
    """
    stdin = _Part((STDIN,), is_option=False)
    return stdin in _parts(argv) and argv[0] not in _NOT_OF_TASKS


def resume_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """Return a line without its tasks, and without the options that are not to be repeated."""
    options = [part.argv for part in _parts(argv[1:]) if part.is_option]
    kept = [option for option in options if option[0] not in _NOT_REPEATED]
    return (*argv[:1], *(word for option in kept for word in option))


def safe_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the command of a line that is wrong, without its options."""
    command = argv[0] if argv and argv[0] in TASK_COMMANDS else "download"
    return waiting_argv([command]) if command == "download" else (command,)


def waiting_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """Return a line of `download` with `--wait`."""
    waits = not {"--wait", "-w"}.isdisjoint(argv[1:])
    return (*argv[:1], *([] if waits else ["--wait"]), *argv[1:])


def _parts(argv: Sequence[str]) -> Iterator[_Part]:
    rest = iter(argv)
    for word in rest:
        if word == "--":  # POSIX: what follows are operands, whatever they look like
            yield from (_Part((each,), is_option=False) for each in rest)
        elif word == STDIN or not word.startswith("-"):
            yield _Part((word,), is_option=False)
        elif word.startswith("--"):
            value = list(_next(rest)) if word in LONG_WITH_VALUE else []
            yield _Part((word, *value), is_option=True)
        else:
            yield from _short_options(word, rest)


def _short_options(word: str, rest: Iterator[str]) -> Iterator[_Part]:
    """Yield the options of a word such as `-qd`, the last of which may have a value."""
    for place, letter in enumerate(word[1:], start=2):
        if letter in SHORT_WITH_VALUE:
            value = [word[place:]] if word[place:] else list(_next(rest))
            yield _Part((f"-{letter}", *value), is_option=True)
            return
        yield _Part((f"-{letter}",), is_option=True)


def _next(rest: Iterator[str]) -> Iterator[str]:
    for word in rest:
        yield word
        return
