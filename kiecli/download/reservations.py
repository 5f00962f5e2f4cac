"""Refuses a run in which two results would write the same file, or one that of `--archive`."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache

from kiecli.download.plan import Target
from kiecli.errors import UsageError
from kiecli.files.sanitize import fold_path
from kiecli.files.template import Template, split_extension
from kiecli.system.syntax import SHELL

# What a target reserves: a path; a path without its known extension; or a path with any extension,
# since only the host can tell which.
_FILE, _STEM, _ANY = "file", "stem", "any"
_Key = tuple[str, str]

_PART, _METADATA = "part", "metadata"
"""What goes to a path beside the result."""
_Owner = tuple[Target, str]
"""A target, and what of it goes to a path: nothing for the result itself."""


class NameReservations:
    """The paths that the results of a run will write.

    | path of the target       | reserves             | must not meet       |
    |--------------------------|----------------------|---------------------|
    | known, as `a.png`        | FILE a.png, STEM a   | FILE a.png, ANY a   |
    | known but for its ending | ANY a                | ANY a, STEM a       |

    What is written beside a target (its part, what is known of the part, its metadata) counts as a
    known path. Paths are compared as `fold_path` returns them: APFS, exFAT and NTFS take `A.png`
    and `a.png` for one file.
    """

    def __init__(
        self, template: Template, *, with_metadata: bool = False, archive: str | None = None
    ) -> None:
        """Start with no path reserved but the archive's.

        Args:
            template: What names the files, for the advice how to tell them apart.
            with_metadata: Whether metadata is written beside each file.
            archive: The file of `--archive`: a result in its place would be damaged by the next
                line that is added to it.
        """
        self._template = template
        self._with_metadata = with_metadata
        # Asked for once: tasks by the hundred go into one folder, and no run moves it.
        self._real_folder = cache(_real_path)
        # What a result must not meet: a link in the archive's place, and where that leads to.
        places = [] if archive is None else [self._place(archive), _real_path(archive)]
        known = [(fold_path(place), "") for place in places]
        self._archive = {key for key, _ in _keys_of_known(known)[0]}
        self._owners: dict[_Key, _Owner] = {}

    def add(self, targets: Iterable[Target]) -> None:
        """Reserve the paths of one task's targets, all of them or none.

        Raises:
            UsageError: Two of these targets, or one of them and an earlier one or the archive, are
                one file.
        """
        owners: dict[_Key, _Owner] = {}
        for target in targets:
            if self._archive:
                self._refuse_archive(target)
            reserved, conflicts = _keys(target, self._known_paths(target))
            for key, use in conflicts:
                other = owners.get(key) or self._owners.get(key)
                if other is not None:
                    raise self._same_file(other, (target, use))
            owners.update((key, (target, use)) for key, use in reserved)
        self._owners.update(owners)

    def _refuse_archive(self, target: Target) -> None:
        """Raise UsageError for a target that may be the archive, whatever links lead to either."""
        placed = target._replace(path=self._place(target.path))
        for key, use in _keys(placed, self._known_paths(placed))[1]:
            if key in self._archive:
                raise _is_archive(target, use, is_sure=key[0] == _FILE)

    def _place(self, path: str) -> str:
        """Return a path below the real one of its folder; its own name may be that of a link."""
        folder, name = os.path.split(path)
        return os.path.join(self._real_folder(folder), name)

    def _known_paths(self, target: Target) -> list[tuple[str, str]]:
        """Return every path that saving a target may write and that is known beforehand.

        Each with what goes there, nothing for the result itself.
        """
        path = fold_path(target.path)  # so is each that follows: what is added needs no folding
        part = f"{path}.part"
        paths = [(part, _PART), (f"{part}.json", _PART)]
        if target.path_known:
            paths.insert(0, (path, ""))
            if self._with_metadata:
                from kiecli.download.metadata import metadata_path

                beside = metadata_path(path)
                paths += [(beside, _METADATA), (f"{beside}.part", _METADATA)]
        return paths

    def _same_file(self, first: _Owner, second: _Owner) -> UsageError:
        (one, use), (other, other_use) = first, second
        if other_use and not use:  # whose part or metadata it is comes first
            one, use, other = other, other_use, one
        if one.task_id == other.task_id:
            who = f"results {one.n} and {other.n}"
            hint = f"add {{n}}, as in: -o {SHELL.quote(self._template.with_field('n'))}"
        else:
            # `a:b` and `a-b` are the same once they are safe in a file's name.
            who = f"results of the tasks {one.name} and {other.name}"
            hint = "save each into a folder of its own, with -d"
        if one.path == other.path:
            return UsageError(f"{who} would both be {other.path}", hint=hint)
        where = f"where the {use} of the first goes" if use else "which can be one file"
        paths = f"{one.path} and {other.path}, {where}"
        return UsageError(f"{who} would be {paths}", hint=hint)


def _real_path(path: str) -> str:
    """Return an absolute path without links, as far as the disk can say."""
    real = path
    with suppress(OSError):  # the working folder was removed
        real = os.path.realpath(path)
    return real


_Uses = list[tuple[_Key, str]]


def _keys(target: Target, known: Iterable[tuple[str, str]]) -> tuple[_Uses, _Uses]:
    """Return what a target reserves, and what no other target may have reserved.

    Args:
        target: The result.
        known: Every path that saving it may write, as far as it is known, with what goes there.
    """
    reserved, conflicts = _keys_of_known(known)
    if not target.path_known:
        path = fold_path(target.path)
        reserved.append(((_ANY, path), ""))
        conflicts += [((_ANY, path), ""), ((_STEM, path), "")]
    return reserved, conflicts


def _keys_of_known(known: Iterable[tuple[str, str]]) -> tuple[_Uses, _Uses]:
    """Return what known paths reserve, and what must not be reserved."""
    reserved: _Uses = []
    conflicts: _Uses = []
    for path, use in known:
        reserved.append(((_FILE, path), use))
        conflicts.append(((_FILE, path), use))
        for stem in _stems(path):
            # Of the other one only the stem is known: nothing tells that they are one for sure.
            reserved.append(((_STEM, stem), ""))
            conflicts.append(((_ANY, stem), ""))
    return reserved, conflicts


def _is_archive(target: Target, use: str, *, is_sure: bool) -> UsageError:
    what = f"the {use} of {target.path}" if use else target.path
    verb = "is" if is_sure else "can be"
    return UsageError(f"{what} {verb} the file of --archive", hint="give the archive another name")


def _stems(name: str) -> Iterator[str]:
    """Yield a path without its extension, and without a second one before `.json`.

    The metadata of a target that is still without its extension has both.
    """
    stem, extension = split_extension(name)
    yield stem
    if extension == "json":
        yield split_extension(stem)[0]
