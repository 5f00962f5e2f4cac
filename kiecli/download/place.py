"""A target's place on the disk: what stands there, and whether that may stay."""

import os
from collections.abc import Callable
from typing import NamedTuple

from kiecli.download.existing import Condition, Decision, Existing, Kind, decide, look
from kiecli.download.target import SaveOptions, Target
from kiecli.download.verify import condition
from kiecli.errors import SaveError
from kiecli.naming import extension_for, siblings, split_url_name


class Kept(NamedTuple):
    """A file that is there already and complete."""

    path: str
    size: int


class Place:
    """Where one target goes.

    Attributes:
        part: The path of its part file.
    """

    def __init__(self, target: Target, options: SaveOptions) -> None:
        """Look at nothing yet."""
        self._target = target
        self._options = options
        self.part = f"{target.path}.part"

    def look(self) -> dict[str, Existing]:
        """Return what stands under the names that the target has or may get.

        Raises:
            OSError: Nobody may look.
        """
        return {path: look(path) for path in self._names()}

    def settle(self, found: dict[str, Existing], ask: Callable[[str], int | None]) -> Kept | None:
        """Return the file that needs no fetching, or None.

        Args:
            found: What `look` returned.
            ask: Returns the length of the file as its host tells, or None; it is given the path
                of the file that is to be compared.

        Raises:
            SaveError: Something is in the way that must not be replaced.
            OSError: It cannot be read.
        """
        for path, existing in found.items():
            decision = self._decide(path, existing, ask)
            if decision is Decision.KEEP:
                return Kept(path, existing.size)
            if decision is Decision.REFUSE and self._target.path_known:
                raise self._in_the_way(path, existing)
        return None

    def final(self, content_type: str | None, head: bytes) -> str:
        """Return the path that the complete file gets.

        Raises:
            SaveError: Only now is the name known, and another file has it.
        """
        if self._target.path_known:
            return self._target.path
        values = {**self._target.values, "ext": extension_for(content_type, head)}
        path = self._options.path(self._options.template.fill(values))
        existing = look(path)
        untouchable = not self._target.counts and not self._options.overwrite
        if existing.kind is not Kind.NOTHING and untouchable:
            raise self._in_the_way(path, existing)
        return path

    def _names(self) -> list[str]:
        path = self._target.path
        if self._target.path_known:
            return [path]
        folder, stem = os.path.split(path)
        try:
            names = os.listdir(folder or ".")
        except FileNotFoundError:
            return []
        return [os.path.join(folder, name) for name in siblings(stem, names)]

    def _decide(self, path: str, existing: Existing, ask: Callable[[str], int | None]) -> Decision:
        bytes_tell = self._condition(path, existing)
        counts, overwrite = self._target.counts, self._options.overwrite
        decision = decide(existing, bytes_tell, counts=counts, overwrite=overwrite)
        if decision is not Decision.ASK:
            return decision
        return decide(existing, bytes_tell, counts=counts, overwrite=overwrite, length=ask(path))

    def _condition(self, path: str, existing: Existing) -> Condition:
        if existing.kind is not Kind.FILE or self._options.overwrite:
            return Condition.UNCLEAR
        with open(path, "rb") as file:
            return condition(file, existing.size, self._target.due or split_url_name(path)[1])

    def _in_the_way(self, path: str, existing: Existing) -> SaveError:
        if existing.kind in (Kind.FILE, Kind.LINK):
            words, hint = "another file is there", "--overwrite replaces it, -o gives another name"
        else:
            words, hint = f"{existing.kind.value} is there", "-o gives another name"
        return SaveError(f"could not save {path}: {words}", hint=hint)
