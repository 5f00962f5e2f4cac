"""How a system reads the paths that a user types."""

import re
from typing import Protocol


class PathSyntax(Protocol):
    """What a typed path means."""

    separator: str
    """What is put between the parts of a path."""

    def split(self, text: str) -> list[str]:
        """Return the parts of a path, or of a piece of one, between its separators."""
        ...

    def is_absolute(self, path: str) -> bool:
        """Return whether a path starts somewhere else than in the current folder."""
        ...

    def is_parent(self, part: str) -> bool:
        """Return whether a part of a path leads to the folder above."""
        ...

    def problem(self, path: str) -> str | None:
        """Return why a path is invalid on this system, or None."""
        ...


class PosixPaths:
    """Paths of every system but Windows."""

    separator = "/"

    def split(self, text: str) -> list[str]:
        """Return the parts between slashes."""
        return text.split("/")

    def is_absolute(self, path: str) -> bool:
        """Return whether a path starts at the root."""
        return path.startswith("/")

    def is_parent(self, part: str) -> bool:
        """Return whether it is `..`."""
        return part == ".."

    def problem(self, path: str) -> str | None:  # noqa: ARG002 - only the disk knows
        """Return None: the disk itself refuses what it has no name for."""
        return None


class WindowsPaths:
    """Paths of Windows: both slashes, drives, device names.

    See https://learn.microsoft.com/windows/win32/fileio/naming-a-file.
    """

    separator = "\\"
    # Compiled at their first use: other systems have none.
    _DRIVE = r"(?i)\A[a-z]:"
    _DEVICE = r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|:|$)"
    # A colon would begin a hidden stream of the file whose name is before it.
    _FORBIDDEN = r'[<>:"|?*\x00-\x1f]'

    def split(self, text: str) -> list[str]:
        """Return the parts between slashes of either kind."""
        return re.split(r"[\\/]", text)

    def is_absolute(self, path: str) -> bool:
        """Return whether a path starts at a root or on a drive; `c:name` is elsewhere, too."""
        return path.startswith(("/", "\\")) or bool(re.match(self._DRIVE, path))

    def is_parent(self, part: str) -> bool:
        """Return whether it is `..`, also with the dots and spaces that Windows ignores."""
        return part.startswith("..") and not part.strip(" .")

    def problem(self, path: str) -> str | None:
        """Return why Windows accepts no such path, or None."""
        parts = self.split(re.sub(self._DRIVE, "", path, count=1))
        return next(filter(None, map(self._problem_of_part, parts)), None)

    def _problem_of_part(self, part: str) -> str | None:
        if found := re.match(self._DEVICE, part):
            return f"{found[1]} is a device on Windows"
        if found := re.search(self._FORBIDDEN, part):
            return f"a name cannot have {found[0]!r} on Windows"
        # Windows drops them without a word: the file would get another name.
        if part.strip(".") and part.endswith((".", " ")):
            return "a name cannot end in a dot or a space on Windows"
        return None
