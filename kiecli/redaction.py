"""Masks the API key in what is shown, written to files or sent to file hosts. Pure.

Values are masked before they are laid out or encoded: a panel wraps a key and JSON escapes it, and
what is left of it then can still be read. Streams mask what they write once more.

A quoted key may have any of its characters escaped, in any way and more than once, and readers of
the text undo that: `%53` becomes the `S` of a file name. So a text is searched as it is, and as it
reads with one layer of escapes after the other taken off.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

MASK = "****"

MIN_KEY_LENGTH = 8
"""Characters of a key that is masked: a shorter one is none of Kie's, and may be in any word."""

# Real answers have JSON in a string in JSON in a string, with URLs in it; and nobody may make a
# text that takes long to read.
_MAX_LAYERS = 8

# One escaped character of ASCII, as keys have no others, or one that nobody sees and that
# `safe_text` or a terminal leaves out. Kept as text: it is compiled by the first text that needs
# it, and most runs have none.
_ESCAPE = r"""(?x)
    %(?:25)*(?:u00)?(?P<percent>[0-9A-Fa-f]{2})              # RFC 3986, 2.1
    | \\(?:[Uu](?:0000)?00|[Xx])(?P<code>[0-9A-Fa-f]{2})     # JSON, JavaScript, Python
    | \\(?P<char>[!-/:-@[-`{-~])                             # JSON, shells, Markdown
    | &(?:amp;)*\#(?:[Xx]0*(?P<hex>[0-9A-Fa-f]{2})|0*(?P<decimal>[0-9]{2,3}));?        # HTML
    | &(?:amp;)*(?P<name>[A-Za-z]{2,20});
    | [\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]
"""

# How the number of an ASCII character begins; `45%` and `\u4e2d` are in many texts.
_SIGNS = ("%2", "%3", "%4", "%5", "%6", "%7", "%u", "\\u00", "\\U00", "\\x", "\\X")

# HTML has names for punctuation only: in a key of letters and digits they begin a number, as in
# `&amp;#53;` or `&percnt;53`. `&` alone is no sign, as nearly every link has one.
_ENTITY_SIGNS = ("&#", "\\#", "&amp", "&AMP", "&num", "&percnt", "&bsol")

# What is no sign of such a character although `isprintable` says so: every written line has it.
_LINES = str.maketrans("", "", "\n\t")


class Redactor:
    """Replaces secrets in texts, and in values that were read from JSON."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Prepare for secrets; those too short to be a key are left out."""
        forms = [secret for secret in secrets if len(secret) >= MIN_KEY_LENGTH]
        special = {char for form in forms for char in form if not char.isalnum()}
        if not special.isdisjoint("%\\&"):
            # Half of it may come unescaped: such a key is also looked for as it reads then.
            unescaped = [each for form in forms for each in _layers(form)]
            forms += [form for form in unescaped if len(form) >= MIN_KEY_LENGTH]
        self._forms = tuple(dict.fromkeys(forms))
        self._min_length = min(map(len, self._forms), default=0)
        # A text without any of these hides nothing.
        entities = ("&",) if special else _ENTITY_SIGNS
        self._signs = (*_SIGNS, *entities, *(f"\\{char}" for char in special))

    def text(self, text: str) -> str:
        """Return the text without the secrets, however they are escaped in it."""
        # An escaped character takes more room, never less: of an answer most texts are too short.
        if not self._forms or len(text) < self._min_length:
            return text
        is_printable = text.isprintable() or text.translate(_LINES).isprintable()
        if not is_printable or any(map(text.__contains__, self._signs)):
            return self._without_escaped(text)
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def value(self, value: Any) -> Any:
        """Return the value without the secrets, wherever in it.

        Args:
            value: As JSON has it.
        """
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if isinstance(value, dict):
            return {self.text(name): self.value(each) for name, each in value.items()}
        return value

    def _without_escaped(self, text: str) -> str:
        if not any(form in layer for layer in _layers(text) for form in self._forms):
            return text
        kept: list[str] = []
        at = 0
        for start, end in sorted(self._spans(text)):
            if start >= at:
                kept += text[at:start], MASK
            # One that is found in several layers may have its last backslash doubled in the first.
            at = max(at, end)
        return "".join([*kept, text[at:]])

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where in a text secrets begin and end, each in every layer that shows it."""
        # Of each character of a layer, where in the text it comes from.
        places = [(at, at + 1) for at in range(len(text))]
        for layer in _layers(text):
            for form in self._forms:
                for found in re.finditer(re.escape(form), layer):
                    yield places[found.start()][0], places[found.end() - 1][1]
            places = _unescaped_places(layer, places)


def _layers(text: str) -> Iterator[str]:
    """Yield a text, then how it reads with one layer of escapes taken off, with two, and so on."""
    for _ in range(_MAX_LAYERS):
        yield text
        escaped, text = text, re.sub(_ESCAPE, _character, text)
        if text == escaped:
            return


def _unescaped_places(layer: str, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places of the next layer's characters, from those of this layer's."""
    kept, at = [], 0
    for found in re.finditer(_ESCAPE, layer):
        kept += places[at : found.start()]
        if _character(found):
            kept.append((places[found.start()][0], places[found.end() - 1][1]))
        at = found.end()
    return kept + places[at:]


def _character(found: re.Match[str]) -> str:
    """Return what an escape stands for; nothing for what is not seen."""
    kind, held = found.lastgroup, found[found.lastgroup or 0]
    match kind:
        case None:
            return ""
        case "char":
            return held
        case "name":
            from html.entities import html5

            # Other names stay, as what they mean cannot be part of a key.
            meant = html5.get(f"{held};", "")
            return meant if len(meant) == 1 else found[0]
        case _:
            return chr(int(held, 10 if kind == "decimal" else 16))
