"""What TAB offers for task ids, folders, file name templates and the values of options.

Shells fall back to file names where a program offers nothing: so it always offers something.
"""

import os
from collections.abc import Iterable, Iterator

from typer import Context

from kiecli.runtime import Runtime


def task_ids(ctx: Context, incomplete: str) -> list[str]:
    """Offer `-` and the command's options; an id that was begun stays as it is."""
    if incomplete:
        return [incomplete]
    # Long options only: the short ones would double the list.
    options = (name for each in ctx.command.params for name in each.opts)
    return ["-", *(name for name in options if name.startswith("--"))]


def folders(ctx: Context, incomplete: str) -> list[str]:
    """Offer folders; a single one together with those inside it."""
    found = [*_folders(incomplete)]
    if len(found) == 1:
        # Several candidates make the shell add no space, so that TAB can go on inside.
        found += _folders(found[0])
    return [_escaped(ctx, name) for name in found] or [incomplete or "."]


def templates(ctx: Context, incomplete: str) -> list[str]:
    """Offer the words of a file name template, and folders where no word has been begun."""
    from kiecli.files.template import FIELDS

    head, brace, begun = incomplete.rpartition("{")
    if brace and "}" not in begun:
        return [f"{head}{{{name}}}" for name in FIELDS if name.startswith(begun)]
    fields = [] if incomplete else ["-", *(f"{{{name}}}" for name in FIELDS)]
    return [*fields, *folders(ctx, incomplete)]


def durations(incomplete: str) -> list[str]:
    """Offer time limits that suit images, videos and queues."""
    return _matching(("5m", "15m", "1h"), incomplete)


def intervals(incomplete: str) -> list[str]:
    """Offer pauses between two polls."""
    return _matching(("auto", "5s", "30s"), incomplete)


def jobs(incomplete: str) -> list[str]:
    """Offer numbers of parallel downloads."""
    return _matching(("1", "4", "16", "64"), incomplete)


def setting_values(ctx: Context, incomplete: str) -> list[str]:
    """Offer values of the setting whose name stands before."""
    match ctx.params.get("name"):
        case "dir":
            return folders(ctx, incomplete)
        case "timeout":
            return durations(incomplete)
        case _:  # `-` is stdin: a key must not be typed here
            return [incomplete or "-"]


def _matching(values: Iterable[str], incomplete: str) -> list[str]:
    """Return the values that begin like this, or what was typed: any other is right, too."""
    return [value for value in values if value.startswith(incomplete)] or [incomplete]


def _folders(incomplete: str) -> Iterator[str]:
    """Yield the folders whose names begin like this, with a separator at their ends, in order."""
    # Here and not above: only a folder that is being typed needs it, and every run imports this.
    from kiecli.system.syntax import PATHS

    begun = PATHS.split(incomplete)[-1]
    parent = incomplete.removesuffix(begun)
    try:
        with os.scandir(os.path.expanduser(parent) or ".") as entries:  # noqa: PTH111  `~` of others
            names = sorted(entry.name for entry in entries if entry.is_dir())
    except OSError:
        return
    # Hidden folders, too, once a dot has been typed.
    for name in names:
        if name.startswith(begun) and (begun or not name.startswith(".")):
            yield f"{parent}{name}{PATHS.separator}"


def _escaped(ctx: Context, name: str) -> str:
    # bash inserts what it is given as it is; the other shells quote it themselves. Typer drops what
    # does not begin as typed: inside a folder with a space in its name bash completes by itself.
    if ctx.ensure_object(Runtime).environ.get("_KIECLI_COMPLETE") != "complete_bash":
        return name
    import re

    return re.sub(r"([^\w/.,~+@%=:-])", r"\\\1", name)
