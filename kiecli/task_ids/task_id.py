"""One task as a user names it, `ID` or `LABEL=ID`: how it is read, and why it is refused. Pure."""

import re
from enum import Enum
from typing import NamedTuple
from unicodedata import category
from urllib.parse import unquote

from kiecli.errors import KieError, UsageError
from kiecli.safe_text import DIRECTION_MARKS

STDIN = "-"
"""The argument that stands for what stdin holds."""

MAX_LABEL_LENGTH = 100
"""Characters of a label; a table still shows it, and a file name has room for it."""

# Documented ids are 32 hex digits, `task_12345678` or `task_kling_1765187766581`. Checked loosely,
# so that a new form is no reason for a new release.
_MAX_ID = 128
_ALPHANUMERIC = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_OF_IDS = _ALPHANUMERIC | frozenset("_.:-")
# What jq, JavaScript and Python print for an answer that has no id.
_NULLS = frozenset({"null", "undefined", "None"})

# White space of any kind, what has no width at all, and quotes: pasted from a page or a chat.
_BLANKS = "\t\n\v\f\r \x85\xa0\u2028\u2029\u202f\u3000\u2060\ufeff"
_EDGES = _BLANKS + "".join(map(chr, range(0x2000, 0x200E))) + "\"'`\u2018\u2019\u201c\u201d"
_QUOTES = "\"'`\u201c\u201d"
# Compiled at their first use, as all patterns here: a plain id, which nearly every line has, needs
# none, and compiling takes as long as importing four modules.
_ID_IN_URL = r"(?i)[?&]task_?id=([^&#]*)"
_URL_BEFORE_EQUALS = r"(?i)://|[?&]task_?id$"
_QUOTED_LABEL = r"(.)[^\"'`]*\1\s*="
_USER_IN_URL = r"//[^/?#]*@"

_DAMAGED = "\ufffd"  # what stands for bytes that are not UTF-8, of Latin-1 for one

_MAX_ECHO = 20  # characters of a refused text: enough to recognise it by
_MIN_KEY = 24  # characters in a row that may be part of a key; Kie's have 32
_MAX_LIST = 10_000  # characters of a list with commas; no shell line is longer
# A bearer token (RFC 6750, 2.1) has none but these, an id none but these and a colon.
_OF_IDS_AND_KEYS = r"[A-Za-z0-9._~+/=:-]*"
# Text that may have a key in it, whatever stands around: it is not repeated.
_KEY_LIKE = rf"(?i)sk-|bearer|authorization|api.?key|[A-Za-z0-9_-]{{{_MIN_KEY}}}"

FILL_HINT = "did the command that should fill it fail?"
"""Advice where an id is null or empty."""

_ID_HINT = "a task id has letters, digits and _ . : - only, 128 at most"


class Source(Enum):
    """What a task was read from: how sure it is that an id was meant."""

    OBJECT = "an object with a taskId"
    TEXT = "an id by itself: a word, an item of a list, a value of a map"
    ERROR = "an error that Kie answered instead of a task"
    MISSING = "an answer without an id, or null where an id is due"
    NOISE = "something else, such as a log line in JSON"


class FoundTask(NamedTuple):
    """A task that the line or stdin names, not yet checked, or what stands in its place."""

    task_id: str
    place: str
    """Where it stands: `argument 2`, `value 1 on stdin`."""
    label: str | None = None
    source: Source = Source.TEXT
    created: bool = False
    """Whether it came out of a createTask answer: paid for, and known nowhere else."""
    error: KieError | None = None
    """Why there is no task id at this place."""

    @property
    def id_place(self) -> str:
        """Where the id stands; of `hero=` the argument is not empty, its id is."""
        return self.place if self.label is None else f"the id of {self.place}"


def parse_task(text: str, place: str) -> FoundTask:
    """Read `ID`, `LABEL=ID` or a URL with a `taskId=`; nothing is checked yet."""
    task_id, label = split_label(text)
    return FoundTask(task_id, place, label)


def split_label(text: str) -> tuple[str, str | None]:
    """Return the id and the label of `ID`, `LABEL=ID` or a URL with a `taskId=`, unchecked."""
    if is_task_id(text):  # nearly always
        return text, None
    text = _unquoted(text.strip())
    if "=" not in text:
        return trim_id(text), None
    label, _, task_id = text.partition("=")
    # A label may begin like JSON, but hardly any JSON ends in `=ID`.
    is_json = text.startswith(("{", "[")) and not is_task_id(task_id.strip())
    if is_json or re.search(_URL_BEFORE_EQUALS, label):
        return trim_id(text), None
    return trim_id(task_id), _unquoted(label.strip())


def trim_id(text: str) -> str:
    """Return an id without what copying and pasting leaves around it."""
    text = text.strip(_EDGES).rstrip(_EDGES + ",;")
    in_url = re.search(_ID_IN_URL, text) if "=" in text else None  # hardly any text has one
    # Not from a page or from JSON that has such a URL somewhere in it.
    if in_url and not text.startswith(("{", "[", "<")) and not re.search(r"\s", text):
        return unquote(in_url[1]).strip(_EDGES).rstrip(_EDGES + ",;")
    return text


def is_task_id(text: str) -> bool:
    """Return whether a trimmed text can be an id."""
    begins_well = text[:1] in _ALPHANUMERIC and len(text) <= _MAX_ID
    return begins_well and _OF_IDS.issuperset(text) and text not in _NULLS


def id_error(text: str, place: str) -> UsageError | None:
    """Return why a trimmed text cannot be an id, None if it can.

    It is named by its place, for it may be an API key.
    """
    if is_task_id(text):
        return None
    if text in _NULLS or not text:
        what = f"is {text}" if text else "is empty"
        return UsageError(f"{place} {what}", hint=FILL_HINT)
    if "://" in text:
        what, hint = "is a URL, not a task id", "give the taskId of the task"
    elif text[0] in "{[":
        what, hint = "is JSON, not a task id", "pipe JSON in and give '-' as the task"
    elif _has_commas(text):
        what, hint = "has commas in it", "separate task ids with spaces"
    else:
        what, hint = "is not a task id", _ID_HINT
    return UsageError(f"{place} {what}{echo(text)}", hint=hint)


def _has_commas(text: str) -> bool:
    """Return whether a text is ids with nothing but commas between them."""
    # In quotes, too, as `jq -r @csv` writes them.
    ids = [trim_id(each) for each in text.split(",")] if len(text) <= _MAX_LIST else []
    return len(ids) > 1 and all(map(is_task_id, ids))


def label_error(label: str, place: str) -> UsageError | None:
    """Return why a text cannot be a label, None if it can."""
    what = _label_fault(label)
    return UsageError(f"the label of {place} {what}") if what else None


def _label_fault(label: str) -> str:
    if not label:
        return "is empty"
    if len(label) > MAX_LABEL_LENGTH:
        return f"has {len(label)} characters; {MAX_LABEL_LENGTH} are the most"
    if label.startswith("-"):
        return "begins with '-'"
    for part in ("=", "://"):
        if part in label:
            return f"has {part!r} in it"
    if any(map(_is_control, label)):
        return "has a control character in it"
    return "is not in UTF-8" if _DAMAGED in label else ""


def _is_control(char: str) -> bool:
    # Line and paragraph separators, halves of characters and direction marks upset a line of a
    # terminal as much as the controls of ASCII do.
    return category(char) in {"Cc", "Cs", "Zl", "Zp"} or char in DIRECTION_MARKS


def echo(text: str) -> str:
    """Return `: 'the first 20…'` to put behind a message, nothing where it could show a key."""
    url = "://" in text  # no key is one, but user and password may stand in it
    shown = re.sub(_USER_IN_URL, "//", text, count=1) if url else text
    if re.search(_KEY_LIKE, shown[: _MAX_ECHO + _MIN_KEY]) or not (url or _is_neither(shown)):
        return ""
    cut = shown if len(shown) <= _MAX_ECHO else f"{shown[:_MAX_ECHO]}\u2026"
    return f": '{cut}'"


def _is_neither(text: str) -> bool:
    """Return whether a text can be no id and no API key."""
    return re.fullmatch(_OF_IDS_AND_KEYS, text) is None


def _unquoted(text: str) -> str:
    """Return the text without one pair of quotes around it."""
    if len(text) < 2 or text[0] != text[-1] or text[0] not in _QUOTES:  # noqa: PLR2004
        return text
    # In `"hero"="ID"` the first quote and the last are no pair.
    return text if re.match(_QUOTED_LABEL, text) else text[1:-1].strip()
