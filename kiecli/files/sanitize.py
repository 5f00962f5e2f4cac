"""One part of a path, between two slashes: what was typed, and values from the network made safe.

Filled-in values can never leave the folder that was meant, hide a file, or upset a shell or
another system. What was typed stays as it is.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from os.path import normpath
from typing import NamedTuple
from unicodedata import category, normalize

UNKNOWN = "unknown"
"""What stands for a value that nobody knows."""

# Needs no quotes in a shell and is part of no file system's own language.
_SAFE_PUNCTUATION = frozenset("_.-+=@,")
_MAX_VALUE = 200  # bytes of UTF-8
_MAX_EXTENSION = 10
# A name may have 255 bytes nearly everywhere. This leaves room for what comes after the part
# that is measured: an extension, `.part.json` and the suffix of a temporary file.
_MAX_COMPONENT = 220
# The values to shorten first: of the others, each tells a file from its neighbours.
_ELASTIC = frozenset({"name", "model", "prompt"})
_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\.|$)", re.IGNORECASE)


class Token(NamedTuple):
    """Typed text, or a word to be filled in."""

    text: str
    is_word: bool


class PathComponent(tuple[Token, ...]):
    """The pieces of one part of a path."""

    __slots__ = ()

    @property
    def typed(self) -> str | None:
        """The whole text when nothing in it is to be filled in, else None."""
        return None if any(p.is_word for p in self) else "".join(p.text for p in self)

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the name that these values, cleaned before, make.

        It has at most 220 bytes and the extension, unless more were typed. Windows takes names
        such as `con.png` for devices; one that came about by filling in gets a `_` before it.
        """
        name = self._joined(self._shortened(values))
        return f"_{name}" if self._fills_stem() and _DEVICE.match(name) else name

    def _joined(self, values: Mapping[str, str]) -> str:
        return "".join(values[p.text] if p.is_word else p.text for p in self)

    def _shortened(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """Return the values so short that the name fits."""
        fitted = values
        for elastic in (_ELASTIC, values.keys()):
            for limit in range(_MAX_VALUE, 0, -1):
                if self._size(fitted) <= _MAX_COMPONENT:
                    return fitted
                fitted = {
                    word: _cut(value, limit) or "_" if word in elastic else value
                    for word, value in values.items()
                }
        return fitted

    def _size(self, values: Mapping[str, str]) -> int:
        # Without the extension: a file's stem is to be the same before that is known.
        return len(self._joined({**values, "ext": ""}).encode(errors="replace"))

    def _fills_stem(self) -> bool:
        """Whether a word stands before the first typed dot."""
        before = next((p for p in self if p.is_word or "." in p.text), None)
        return before is not None and before.is_word


@lru_cache(maxsize=256)  # of all that hundreds of results are named by, little differs
def sanitize(word: str, value: str | None) -> str:
    """Return a word's value from the network as something harmless between two slashes.

    Letters, marks and digits of any script stay, and `_.-+=@,`. Each run of anything else, and of
    more than one dot, becomes one `-`. Leading dots and dashes go, final dots too; then at most
    200 bytes of UTF-8 are kept (of an extension 10), in whole characters. If nothing is left, the
    value is unknown.
    """
    marked = "".join(char if _is_safe(char) else "/" for char in value or "")
    single = re.sub(r"(?:/|\.\.+)+", "-", marked)
    limit = _MAX_EXTENSION if word == "ext" else _MAX_VALUE
    return _cut(single.lstrip(".-"), limit) or UNKNOWN


def _is_safe(char: str) -> bool:
    # Controls, direction marks, lone surrogates and spaces are of other categories.
    return char in _SAFE_PUNCTUATION or category(char)[0] in "LMN"


def _cut(value: str, limit: int) -> str:
    return value.encode()[:limit].decode(errors="ignore").rstrip(".")


def fold_path(path: str) -> str:
    """Return the same text for all paths that some disk takes for one file.

    APFS compares names after normalisation and case folding, exFAT and NTFS without regard to
    case. See "canonical caseless match", https://www.unicode.org/versions/latest/ (chapter 3.13).
    """
    if path.isascii():
        return normpath(path.lower())
    return normpath(normalize("NFC", normalize("NFD", path).casefold()))
