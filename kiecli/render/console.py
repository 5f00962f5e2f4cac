"""A console of rich on one of our streams: what it may assume about the terminal."""

from collections.abc import Mapping

from rich.console import Console

from kiecli.streams import Output
from kiecli.terminal import rich_environ, wants_color


def console(output: Output, environ: Mapping[str, str]) -> Console:
    """Return a console that draws on a terminal; NO_COLOR and FORCE_COLOR decide colour only."""
    return Console(
        file=output,  # type: ignore[arg-type]  # as much of a file as rich uses
        force_terminal=True,
        no_color=not wants_color(environ),
        highlight=False,
        markup=False,
        emoji=False,
        # Asked on its own, rich looks at stdout alone, and for a pipe draws as Windows 7 needed it;
        # only a terminal that obeys control sequences comes here.
        legacy_windows=False,
        _environ=rich_environ(environ),
    )
