"""The wording of messages, shared by all commands. Pure."""

from collections.abc import Collection, Sequence

from kiecli import durations
from kiecli.errors import KieError
from kiecli.safe_text import sanitize

_STOPS = (".", "!", "?", "\u2026", "\u3002", "\uff01", "\uff1f")
MAX_MESSAGE = 2000
"""Characters of an error message at most; JSON has it whole."""


def shortened(text: str, length: int) -> str:
    """Return the text cut to a number of characters, with dots where it was cut."""
    return text if len(text) <= length else text[: length - 3].rstrip() + "..."


def error_text(
    error: KieError, *, about: str = "", resume_command: str = "", tasks: int = 1
) -> str:
    """Return what an error is about, what went wrong, and what to do.

    Args:
        error: What happened.
        about: The tasks or the file that it happened to.
        resume_command: The line to run, where one helps.
        tasks: How many tasks it happened to.
    """
    hint = advice(error, resume_command, tasks)
    text = f"{about}: {error_message(error)}" if about else error_message(error)
    stop = "" if text.endswith(_STOPS) else "."  # Kie's own messages may end in one
    return f"{text}{stop} {hint[0].upper()}{hint[1:]}" if hint else text


def error_message(error: KieError) -> str:
    """Return the message of an error, cut to a length that people read; JSON has it whole."""
    return shortened(error.message, MAX_MESSAGE)


def advice(error: KieError, resume_command: str, tasks: int = 1) -> str:
    """Return what to do about an error of one task or several, without a final stop."""
    parts = [error.hint]
    if error.kind == "deadline":  # nobody must submit it again, and pay for it twice
        is_one = tasks == 1
        parts.append(f"the {'task is' if is_one else 'tasks are'} still running at Kie")
    if resume_command:
        parts.append(f"{resume_lead({error.kind}, tasks)}: {resume_command}")
    return "; ".join(filter(None, parts))


def resume_lead(kinds: Collection[str], tasks: int) -> str:
    """Return what is printed before a resume command, such as `to keep waiting`.

    Args:
        kinds: The kinds of the errors that the tasks ended with.
        tasks: How many tasks the line names.
    """
    match list(kinds):
        case ["deadline"]:
            return "to keep waiting"
        case ["unfinished"]:
            return "to wait for it" if tasks == 1 else "to wait for them"
        case [_]:
            return "to try again"
        case _:
            return "to continue"


def named(task_ids: Sequence[str]) -> str:
    """Return a few ids by name, many as the first three and how many more."""
    if len(task_ids) <= 4:  # noqa: PLR2004  four are as short as three and `1 more`
        return ", ".join(task_ids)
    return f"{', '.join(task_ids[:3])} and {len(task_ids) - 3} more"


def count(number: int, noun: str) -> str:
    """Return `1 task`, `2 tasks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def counts(states: list[str]) -> str:
    """Return `2 generating, 1 waiting`, in order of first appearance."""
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))


def decimal(number: float) -> str:
    """Return `13`, `13.1`, `1234567.5`: three places at most, and never an exponent."""
    return f"{number:.3f}".rstrip("0").rstrip(".")


def humanize(seconds: float) -> str:
    """Return a rough age or time left: `12s`, `5m`, `3h10m`, `12 days`."""
    if seconds >= 48 * 3600:  # up to two days, hours say more
        return f"{seconds / 86400:.0f} days"
    if seconds >= 60:  # noqa: PLR2004
        seconds = seconds // 60 * 60
    return durations.show(round(seconds))


def humanize_past(seconds: float) -> str:
    """Return how long ago something was, to the nearest minute: `6h`, `12 days`."""
    return humanize(round(seconds / 60) * 60 if seconds >= 60 else seconds)  # noqa: PLR2004


def annotation(text: str) -> str:
    """Return a workflow command that marks an error in GitHub Actions.

    See https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
    """
    escaped = sanitize(text).replace("%", "%25")  # no line end is left to be escaped
    return f"::error title=kiecli::{escaped}"
