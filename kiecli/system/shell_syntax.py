"""How command lines are written that people copy from a message into their shell."""

import re
from collections.abc import Iterable
from typing import Protocol

from kiecli.safe_text import sanitize


class ShellSyntax(Protocol):
    """The syntax of a shell, or of several that agree."""

    def quote(self, word: str) -> str:
        """Return the word as it is to be typed, in quotes where it needs them."""
        ...

    def with_stdin(self, line: str, path: str) -> str:
        """Return a line that runs a command with a file as its stdin."""
        ...


class PosixShell:
    """sh and the shells that follow it: bash, zsh, fish."""

    # What needs no escape in `$'...'`; a space may stay as well.
    _PLAIN = "[A-Za-z0-9 _./=:,@%+~{}-]"

    def quote(self, word: str) -> str:
        """Return the word as it is to be typed.

        A newline, and what else a message would not show as it is, comes in escapes (`$'...'`, see
        POSIX.1-2024, 2.2.4): the line, copied from there, would name another folder.
        """
        if sanitize(word) == word:
            import shlex

            return shlex.quote(word)
        return "$'" + "".join(map(self._escaped, word)) + "'"

    def _escaped(self, char: str) -> str:
        if re.fullmatch(self._PLAIN, char):
            return char
        # File names are bytes, and Python has those that are no UTF-8 as halves of characters.
        return "".join(f"\\x{byte:02x}" for byte in char.encode(errors="surrogateescape"))

    def with_stdin(self, line: str, path: str) -> str:
        """Return a line that runs a command with a file as its stdin."""
        return f"{line} < {self.quote(path)}"


class WindowsShells:
    """PowerShell and cmd, where both can be served alike; else PowerShell.

    See https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_parsing
    and .../about_quoting_rules.
    """

    # Compiled at their first use: other systems have none.
    # Not `{}`, which is a script block, `,`, which is an array, nor `@`, `#` and `~` at the start.
    _PLAIN = r"[\w./\\:=+%-][\w./\\:=+%@#~-]*"
    # PowerShell takes `-o.x` for two arguments.
    _DASHED = r"-.*[.:]"
    # Nothing is special between single quotes but they themselves, the typographic ones too.
    _SINGLE = "(['\u2018\u2019\u201a\u201b])"
    _NEEDS_SINGLE = '[$`"\u201c\u201d\u201e]'

    def quote(self, word: str) -> str:
        """Return the word as it is to be typed."""
        if re.fullmatch(self._PLAIN, word) and not re.match(self._DASHED, word):
            return word
        if re.search(self._NEEDS_SINGLE, word):
            return "'" + re.sub(self._SINGLE, r"\1\1", word) + "'"
        # A program takes `\"` for a quote, so a backslash at the end is doubled.
        stem = word.rstrip("\\")
        return f'"{stem}{word[len(stem) :] * 2}"'

    def with_stdin(self, line: str, path: str) -> str:
        """Return a line that runs a command with a file as its stdin; PowerShell has no `<`."""
        return f"Get-Content {self.quote(path)} | {line}"


def join(shell: ShellSyntax, argv: Iterable[str]) -> str:
    """Return the arguments as a line."""
    return " ".join(map(shell.quote, argv))
