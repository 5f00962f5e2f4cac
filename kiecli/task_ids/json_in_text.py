"""JSON values in text that has other things around them, such as log lines. Pure.

One pass, whatever the text is: stdin may hold anything.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kiecli import safe_json

# Where JSON with an id can begin: `[INFO]`, `{x}` and `{}` do not. Possessive, as all of these: no
# text is read twice.
_START = re.compile(r'\{\s*+(?=")|\[\s*+(?=[\["{\]\-\dtfn])')
_STRING = r'"(?:[^"\\\n]++|\\.)*+"'
# Inside: a string (its closing quote may be missing; it never goes beyond its line), brackets, and
# a line that begins with one.
_TOKEN = re.compile(rf"{_STRING}?|[\[{{]|[\]}}]|\n(?=[\[{{])")
_PARTNER = {"}": "{", "]": "["}
_BEFORE_VALUE = (":", ",", "[", "{")
# What follows a name is part of a larger value, which is damaged: it may be a task's input.
_AFTER_NAME = re.compile(r'"\s*+(?::|=>)\s*+(?:\\*+")?\Z')
_MAX_DEPTH = 1000  # `safe_json` takes 64: what is deeper is searched as damaged text
_FILLED = ':"\\u0000"'  # the JSON of EMPTY, behind a name
# A value that is missing behind a name; strings are skipped.
_GAP = re.compile(r":\s*+(?=[,}])")
_STRING_OR_GAP = re.compile(rf"{_STRING}|(?P<gap>{_GAP.pattern})")
_MAY_BE_JSON = re.compile(r'\s*+[{\["]')
# Strings of JSON in values of JSON: with the 64 levels of each, far from Python's 1,000 calls.
_MAX_STRING_DEPTH = 40
_MAX_LOOK_BACK = 200  # characters: no name or line is indented by more


EMPTY = "\0"
"""What stands for the missing value in `{"hero": }`."""


class RepeatedNames(dict[str, object]):
    """An object in which a name stands twice; a dict has only the last value of it."""

    def __init__(self, pairs: Sequence[tuple[str, object]]) -> None:
        """Take all names and values, in their order."""
        super().__init__(pairs)
        self.pairs = pairs


class Piece(NamedTuple):
    """A JSON value, or what stands between two."""

    value: object = None
    noise: str | None = None
    """Text that is no JSON; None for a value."""


def pairs_of(value: dict[str, object]) -> Sequence[tuple[str, object]]:
    """Return the names and values of an object, repeated ones too."""
    return value.pairs if isinstance(value, RepeatedNames) else list(value.items())


def parse(text: str) -> object:
    """Return the value that a text holds; objects with a repeated name are `RepeatedNames`.

    Raises:
        ValueError: It is no JSON.
    """
    return safe_json.parse(text, object_pairs_hook=_object)


def decoded(value: object, depth: int) -> object:
    """Return what a string of JSON holds, or a string in that; any other value as it is.

    Args:
        value: Of JSON.
        depth: How many lists, objects and strings it stands in; from 40 on strings are not read.
    """
    while isinstance(value, str) and depth < _MAX_STRING_DEPTH and _MAY_BE_JSON.match(value):
        try:
            value = parse(value)
        except ValueError:
            break
    return value


def parse_all(text: str) -> list[object]:
    """Return the values of a text that holds one after the other and nothing else.

    A shell that puts an answer together leaves nothing where a command has printed nothing, as in
    `{"hero": , "footer": {...}}`: such a value is `EMPTY`.

    Raises:
        ValueError: There is something else.
    """
    try:
        return list(safe_json.parse_all(text, object_pairs_hook=_object))
    except ValueError:
        if not _GAP.search(text):  # looked for first, as going through all strings takes longer
            raise
    filled = _STRING_OR_GAP.sub(lambda found: _FILLED if found["gap"] else found[0], text)
    return list(safe_json.parse_all(filled, object_pairs_hook=_object))


def split(text: str) -> Iterator[Piece]:
    """Yield the JSON objects and lists in a text, and what is left between them, in order.

    Parts of a larger value that cannot be parsed are left, too.
    """
    start = at = 0  # where the noise began; where the search goes on
    while found := _START.search(text, at):
        at = _end(text, found.start())
        value = _value(text[found.start() : at])
        if value is not None and not _AFTER_NAME.search(_before(text, found.start())):
            yield Piece(noise=text[start : found.start()])
            yield Piece(value)
            start = at
    yield Piece(noise=text[start:])


def value_is_due(text: str, at: int) -> bool:
    """Return whether a value is due after what stands before a line's end."""
    return _before(text, at).rstrip().endswith(_BEFORE_VALUE)


def _before(text: str, at: int) -> str:
    return text[max(0, at - _MAX_LOOK_BACK) : at]


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    return value if len(value) == len(pairs) else RepeatedNames(pairs)


def _value(text: str) -> object:
    """Return the value of a text that has a string in it; None where it is no JSON."""
    try:
        return parse(text) if '"' in text else None
    except ValueError:
        return None


def _end(text: str, start: int) -> int:
    """Return where the value that begins at `start` ends, or where it turns out to be none."""
    brackets: list[str] = []
    for token in _TOKEN.finditer(text, start):
        first = token[0][0]
        if first in "{[":
            brackets.append(first)
            if len(brackets) > _MAX_DEPTH:
                return len(text)
        elif first in "}]":
            if brackets.pop() != _PARTNER[first] or not brackets:
                return token.end()
        elif first == "\n" and not value_is_due(text, token.start()):
            return token.end()
    return len(text)
