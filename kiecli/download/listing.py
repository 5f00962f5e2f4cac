"""Cached folder listings, to find an existing file whose extension is not known yet."""

import os
from collections import defaultdict
from threading import Lock

from kiecli.clock import Clock
from kiecli.files.sanitize import fold_path
from kiecli.files.template import split_extension

MAX_AGE = 1.0
"""Seconds for which a listing is reused: listing a folder for each of 4,000 results took 10 s.

A file that another kiecli saves in the meantime is found by the rename to the final name.
"""

_Index = dict[str, list[str]]


class FolderListings:
    """Lists each folder once for all results that go there; thread-safe."""

    def __init__(self, clock: Clock) -> None:
        """Start with nothing listed.

        Args:
            clock: Tells how old a listing is.
        """
        self._clock = clock
        self._lock = Lock()
        self._indexes: dict[str, tuple[float, _Index]] = {}

    def candidates(self, path: str, *, fresh: bool = False) -> list[str]:
        """Return the paths of existing files that are `path` with any extension.

        Some disks give names back in another Unicode form or case. The paths are spelled as the
        one that was given, so that they are found on those disks, and on others only where they
        are spelled in the same way.

        Args:
            path: Without its extension.
            fresh: Ignore cached listings.

        Raises:
            OSError: The folder cannot be read.
        """
        folder, stem = os.path.split(path)
        extensions = self._index(folder, fresh=fresh).get(fold_path(stem), [])
        return [f"{path}.{extension}" for extension in sorted(extensions)]

    def _index(self, folder: str, *, fresh: bool) -> _Index:
        # Held while the folder is read: other files of the run would only read the same.
        with self._lock:
            now = self._clock.now()
            listed, index = self._indexes.get(folder, (now, {}))
            if fresh or folder not in self._indexes or now - listed > MAX_AGE:
                index = _by_stem(folder)
                self._indexes[folder] = now, index
            return index


def _by_stem(folder: str) -> _Index:
    """Return the extensions of the files in a folder, by the folded rest of their names."""
    index: defaultdict[str, list[str]] = defaultdict(list)
    try:
        names = os.listdir(folder or ".")
    except FileNotFoundError:
        return index
    for name in names:
        stem, extension = split_extension(name)
        # A part is not complete, so it is never an existing result.
        if extension and extension != "part":
            index[fold_path(stem)].append(extension)
    return index
