"""How things are put into words, the same in every command. Pure."""

from kiecli import durations, sizes
from kiecli.errors import KieError

_STOPS = (".", "!", "?", "\u2026", "\u3002", "\uff01", "\uff1f")
_SPACES = "\t\n\v\f\r\x85\u2028\u2029"
_MAX_MESSAGE = 2000
_DIRECTION_MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

COMMAND = "##["
"""GitHub Actions obeys `##[command]` wherever in a line of a log it stands."""


def sanitize(text: str) -> str:
    """Return text from the network fit to be shown: one line, one direction, no controls."""
    if text.isascii() and text.isprintable() and COMMAND not in text:
        return text
    return "".join(map(_shown, text)).replace(COMMAND, "## [")


def shell_word(text: str) -> str:
    """Return text from the network as one word for a shell script, which is never a command."""
    return "-".join(sanitize(text).split()).lstrip(":") or "unknown"


def _shown(char: str) -> str:
    if char in _SPACES:
        return " "
    if char in _DIRECTION_MARKS or char < " " or "\x7f" <= char <= "\x9f":
        return ""
    return "\ufffd" if "\ud800" <= char <= "\udfff" else char  # half of a character


def shortened(text: str, length: int) -> str:
    """Return the text cut to a number of characters, with dots where it was cut."""
    return text if len(text) <= length else text[: length - 3].rstrip() + "..."


def error_line(error: KieError, *, about: str = "", resume_command: str = "") -> str:
    """Return the one line of an error: about what, what went wrong, what to do.

    Args:
        error: What happened.
        about: The tasks or the file that it happened to.
        resume_command: The line to run, where one helps.
    """
    hint = advice(error, resume_command)
    text = f"{about}: {error_message(error)}" if about else error_message(error)
    stop = "" if text.endswith(_STOPS) else "."  # Kie's own words bring theirs
    return sanitize(
        f"kiecli: {text}{stop} {hint[0].upper()}{hint[1:]}" if hint else f"kiecli: {text}"
    )


def error_message(error: KieError) -> str:
    """Return what went wrong, cut where nobody reads on: JSON keeps it whole."""
    return shortened(error.message, _MAX_MESSAGE)


def advice(error: KieError, resume_command: str) -> str:
    """Return what to do about an error, without a final stop."""
    if not resume_command:
        return error.hint
    lead = {
        "deadline": "the task is still running at Kie; to keep waiting",
        "unfinished": "to wait for it",
    }.get(error.kind, "to try again")
    return f"{error.hint + '; ' if error.hint else ''}{lead}: {resume_command}"


def named(task_ids: list[str]) -> str:
    """Return a few ids by name, many as the first three and how many more."""
    if len(task_ids) <= 4:  # noqa: PLR2004
        return ", ".join(task_ids)
    return f"{', '.join(task_ids[:3])} and {len(task_ids) - 3} more"


def count(number: int, noun: str) -> str:
    """Return `1 task`, `2 tasks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def counts(words: list[str]) -> str:
    """Return `2 generating, 1 waiting`, in order of first appearance."""
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


def decimal(number: float) -> str:
    """Return `13`, `13.1`, `1234567.5`: three places at most, and never an exponent."""
    return f"{number:.3f}".rstrip("0").rstrip(".")


def size(count_of_bytes: float) -> str:
    """Return `812 B`, `1.4 MB`: decimal units, as file managers and curl show them."""
    return sizes.show(count_of_bytes)


def humanize(seconds: float) -> str:
    """Return a rough age or time left: `12s`, `5m`, `3h10m`, `12 days`."""
    if seconds >= 48 * 3600:
        return f"{seconds / 86400:.0f} days"
    if seconds >= 60:  # noqa: PLR2004
        seconds = seconds // 60 * 60
    return durations.show(round(seconds))


def annotation(line: str) -> str:
    """Return a workflow command that marks an error in GitHub Actions.

    See https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
    """
    escaped = line.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::error title=kiecli::{escaped}"
