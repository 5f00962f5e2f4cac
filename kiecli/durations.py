"""Durations as people type them: `90`, `90s`, `15m`, `1h30m`, `1.5h`."""

import re

MAX_SECONDS = 365 * 86400.0
"""A year: a longer duration is a typing mistake."""

_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_DURATION = f"{_NUMBER}|(?:{_NUMBER}[hH])?(?:{_NUMBER}[mM])?(?:{_NUMBER}[sS])?"


def parse(text: str, *, zero: bool = False) -> float:
    """Return the seconds that a duration stands for.

    Args:
        text: Seconds, or hours, minutes and seconds with their units, in that order.
        zero: Whether 0 is allowed too.

    Raises:
        ValueError: It is not a duration; the message, without a full stop, is for the user.
    """
    # Not compiled ahead: most runs read no duration at all.
    found = re.fullmatch(_DURATION, text.strip())
    if not (found and found[0]):  # no unit at all is a match, too, but no duration
        raise ValueError(f"{text!r} is not a duration such as 90s, 15m or 1h30m")
    bare, hours, minutes, rest = (float(number or 0) for number in found.groups())
    seconds = bare + hours * 3600 + minutes * 60 + rest
    if seconds == 0 and not zero:
        raise ValueError("the duration must be greater than zero")
    if seconds > MAX_SECONDS:
        raise ValueError(f"{text!r} is longer than a year")
    return seconds


def show_pause(seconds: float) -> str:
    """Return a pause that a server asks for: `90` as `1m30s`, long ones in days.

    Some ask for ages, to be left alone.
    """
    if seconds > MAX_SECONDS:
        return "over a year"
    return f"{seconds / 86400:.0f} days" if seconds >= 2 * 86400 else show(max(1, round(seconds)))


def show(seconds: float) -> str:
    """Return `1h30m`, `15m`, `45s`, `2.5s`: tenths below ten seconds, whole seconds above.

    The result can be parsed again.
    """
    if seconds < 10:  # noqa: PLR2004
        return f"{max(0.0, seconds):.1f}".removesuffix(".0") + "s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)
