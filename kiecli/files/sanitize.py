"""One part of a path, between two slashes: what was typed, and values from the network made safe.

Filled-in values can never leave the folder that was meant, hide a file, or upset a shell or
another system. What was typed stays as it is.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from os.path import normpath
from typing import NamedTuple
from unicodedata import category, normalize

UNKNOWN = "unknown"
"""What stands for a value that is not known."""

# Characters that no shell needs quoted, and that no file system gives a meaning.
_SAFE_PUNCTUATION = frozenset("_.-+=@,")
_MAX_VALUE = 200  # bytes of UTF-8
_MAX_EXTENSION = 10
# A name may have 255 bytes nearly everywhere. This leaves room for what comes after the part
# that is measured: an extension, `.part.json` and the suffix of a temporary file.
_MAX_COMPONENT = 220
# The fields to shorten first: the others tell a file from its neighbours.
_DESCRIPTIVE = frozenset({"name", "model", "prompt"})
_NEVER_CUT = frozenset({"n", "ext"})  # short, and another one when a digit or letter is missing
_DEVICES = {"con", "prn", "aux", "nul"}
_DEVICES |= {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}


class Token(NamedTuple):
    """Typed text, or the name of a field to be filled in."""

    text: str
    is_field: bool


class PathComponent(tuple[Token, ...]):
    """What one part of a path is made of."""

    __slots__ = ()

    @property
    def typed(self) -> str | None:
        """The whole text when nothing in it is to be filled in, else None."""
        return None if any(t.is_field for t in self) else "".join(t.text for t in self)

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the name that these sanitized values make.

        It has at most 220 bytes and the extension, unless more were typed. Windows takes names
        such as `con.png` for devices; one that came about by filling in gets a `_` before it.
        """
        name = self._join(values)
        # The extension does not count, but it is seldom the reason: most names fit with it.
        if len(name.encode(errors="replace")) > _MAX_COMPONENT:
            name = self._join(self._shorten_to_fit(values))
        is_device = name.partition(".")[0].lower() in _DEVICES
        return f"_{name}" if is_device and self._begins_with_field() else name

    def _join(self, values: Mapping[str, str]) -> str:
        return "".join(values[t.text] if t.is_field else t.text for t in self)

    def _shorten_to_fit(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """Return the values cut until the name fits, those first that matter least."""
        less_described = self._shorten(values, _DESCRIPTIVE)
        shortened = self._shorten(less_described, values.keys() - _NEVER_CUT)
        # Where the typed text alone is too long, cutting what tells tasks apart does not help.
        return shortened if self._size(shortened) <= _MAX_COMPONENT else less_described

    def _shorten(self, values: Mapping[str, str], fields: AbstractSet[str]) -> Mapping[str, str]:
        for limit in range(_MAX_VALUE, 0, -1):
            if self._size(values) <= _MAX_COMPONENT:
                break
            values = {
                field: shorten(value, limit) or "_" if field in fields else value
                for field, value in values.items()
            }
        return values

    def _size(self, values: Mapping[str, str]) -> int:
        # Without the extension: a file's stem is to be the same before that is known.
        return len(self._join({**values, "ext": ""}).encode(errors="replace"))

    def _begins_with_field(self) -> bool:
        """Whether a field stands before the first typed dot, where Windows looks for devices."""
        first = next((t for t in self if t.is_field or "." in t.text), None)
        return first is not None and first.is_field


@lru_cache(maxsize=256)  # the results of a task share all values but three
def sanitize(field: str, value: str | None) -> str:
    """Return a field's value as text that is harmless between two slashes.

    Letters, marks and digits of any script stay, and `_.-+=@,`. Each run of anything else, and of
    more than one dot, becomes one `-`. Leading dots and dashes go, final dots too; then at most
    200 bytes of UTF-8 are kept (of an extension 10), in whole characters, of a prompt without
    final dashes. If nothing is left, the value is unknown.
    """
    limit = _MAX_EXTENSION if field == "ext" else _MAX_VALUE
    if value and len(value) <= limit and value.isascii() and value.isalnum():
        return value  # nearly every number and extension, hundreds of them
    # Controls, direction marks, lone surrogates and spaces are of other categories.
    marked = "".join(
        char if char in _SAFE_PUNCTUATION or category(char)[0] in "LMN" else "/"
        for char in value or ""
    )
    single = re.sub(r"(?:/|\.\.+)+", "-", marked)
    text = shorten(single.lstrip(".-"), limit)
    if field == "prompt":  # cut between words, often behind a quote or a full stop
        text = text.rstrip("-.")
    return text or UNKNOWN


def shorten(value: str, limit: int) -> str:
    """Return as many whole characters as fit into a number of bytes, without a dot at the end."""
    return value.encode()[:limit].decode(errors="ignore").rstrip(".")


def fold_path(path: str) -> str:
    """Return the same text for all paths that some disk takes for one file.

    APFS compares names after normalisation and case folding, exFAT and NTFS without regard to
    case. See "canonical caseless match", https://www.unicode.org/versions/latest/ (chapter 3.13).
    """
    if path.isascii():
        return normpath(path.lower())
    return normpath(normalize("NFC", normalize("NFD", path).casefold()))
