"""What must hold for all that is shown, whoever wrote it."""

import re
from collections.abc import Callable
from typing import TypeVar

from kiecli.errors import ExitCode, KieError

T = TypeVar("T")

FAILURES = frozenset(ExitCode) - {ExitCode.BUG, ExitCode.DONE}
"""The exit codes that an error may have."""

BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_OBEYED = re.compile(f"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{BIDI}]")
_ANNOTATION = re.compile(r"::error title=kiecli::[^\n]*")
# What rich itself writes: colours, the cursor's way up, a line's erasure, links; a return only
# where a block is drawn again.
_DRAWING = re.compile(
    r"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\x1b\[\d+A|\x1b\[2K|\r"
    r"|\x1b\]8;(?:id=\d+)?;[^\x00-\x1f\x7f-\x9f]*\x1b\\"
)


def attempt(call: Callable[[], T]) -> tuple[T | None, KieError | None]:
    """Return what a call returns, or the error of ours that it raises; no other is caught."""
    try:
        return call(), None
    except KieError as error:
        return None, error


def undrawn(text: str) -> str:
    """Return what was written to a terminal without what rich wrote to draw it."""
    return _DRAWING.sub("", text)


def assert_tame(text: str, *, annotations: bool = False, log: bool = True) -> None:
    """Assert that no terminal and no log obeys anything in a text, line feeds excepted.

    Args:
        text: What was shown.
        annotations: Whether it may have annotations of ours.
        log: Whether a log may keep its lines as they are; a terminal folds them anywhere.
    """
    found = _OBEYED.search(text)
    assert found is None, f"{found[0]!r} at {found.start()} in {text!r}"
    assert "##[" not in text, f"a command in {text!r}"
    for line in text.split("\n") if log else ():
        is_ours = annotations and _ANNOTATION.fullmatch(line) is not None
        assert is_ours or not line.lstrip().startswith("::"), f"a command: {line!r}"
