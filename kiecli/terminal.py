"""What environment variables ask of a terminal's look: colour, width, animation. Pure."""

from collections.abc import Mapping

_OFF = ("", "0", "false")

# What rich may read of the environment. Left out: variables by which it would take the stream for
# something else than it is (TTY_COMPATIBLE, TTY_INTERACTIVE, JUPYTER_*), and NO_COLOR, which is
# decided here.
_RICH_READS = ("TERM", "COLORTERM")
_SIZES = ("COLUMNS", "LINES")


def wants_color(environ: Mapping[str, str]) -> bool:
    """Return whether a terminal gets colour (https://no-color.org, https://force-color.org)."""
    return not environ.get("NO_COLOR") or _is_on(environ, "FORCE_COLOR")


def wants_animation(environ: Mapping[str, str]) -> bool:
    """Return whether a terminal gets spinners and bars: not in CI, where it is only a log."""
    return not _is_on(environ, "CI")


def in_github_actions(environ: Mapping[str, str]) -> bool:
    """Return whether stderr is a log in which GitHub Actions looks for workflow commands."""
    return environ.get("GITHUB_ACTIONS") == "true"


def rich_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for rich: COLUMNS and LINES only where they are positive numbers."""
    kept = {name: environ[name] for name in _RICH_READS if name in environ}
    sizes = {name: environ[name] for name in _SIZES if _is_size(environ.get(name, ""))}
    return kept | sizes


def _is_on(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").lower() not in _OFF


def _is_size(text: str) -> bool:
    # A terminal wider than this does not exist; the number could be longer than int() takes.
    return text.isascii() and text.isdigit() and len(text) <= 5 and int(text) > 0  # noqa: PLR2004
