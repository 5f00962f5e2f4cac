"""Wrong usage as Typer finds it, said in kiecli's words."""

from collections.abc import Sequence
from itertools import takewhile

from kiecli.render.text import sanitize


def usage_line(error: Exception, argv: Sequence[str]) -> str:
    """Return one line: what is wrong, what was probably meant, and the help that tells more.

    Args:
        error: One of Typer's usage errors.
        argv: The words after the program's name.
    """
    said = _said(error)
    stop = "" if said.endswith("?") else "."
    return sanitize(
        f"kiecli: {said[:1].lower()}{said[1:]}{stop} See: {_command(error, argv)} --help"
    )


def _said(error: Exception) -> str:
    if hasattr(error, "possibilities"):
        # Typer lists all that look alike in words of their own; the first is the likest.
        likest = f". Did you mean {error.possibilities[0]!r}?" if error.possibilities else ""
        return f"no such option {error.option_name!r}{likest}"  # type: ignore[attr-defined]
    said: str = error.format_message()  # type: ignore[attr-defined]
    return said.rstrip(".").replace("argument(s)", "argument")


def _command(error: Exception, argv: Sequence[str]) -> str:
    """Return the command whose help tells more."""
    ctx = getattr(error, "ctx", None)
    if ctx is not None:
        return str(ctx.command_path)
    # Typer leaves it out where an option lacks its value. All options of `kiecli` itself are flags.
    depth = 2 if list(argv[:1]) == ["config"] else 1
    return " ".join(["kiecli", *takewhile(lambda word: not word.startswith("-"), argv[:depth])])
