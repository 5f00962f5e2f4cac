"""What is to be saved and where: planned before the first byte.

No two results of a run may write the same file, nor one the file of `--archive`.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

from kiecli.api.models import Task
from kiecli.errors import KieError, SaveError, UsageError
from kiecli.files.sanitize import fold_path
from kiecli.files.template import (
    Template,
    extension_for,
    split_extension,
    split_url_name,
    task_values,
)
from kiecli.system.syntax import SHELL


class SaveOptions(NamedTuple):
    """How the user wants results to be saved."""

    directory: str
    """The folder as typed, `~` expanded."""
    template: Template
    overwrite: bool = False
    """Fetch anew whatever is there."""
    checksum: bool = False
    """Whether a SHA-256 of each file is wanted."""
    write_metadata: bool = False
    """Whether a file with what is known of it is wanted beside each."""

    def path(self, name: str) -> str:
        """Return the path that is printed: the folder as typed and the name, no `./`."""
        return name if self.directory in ("", ".") else os.path.join(self.directory, name)

    def check_folder(self) -> None:
        """Refuse a template that names a folder which is there.

        Raises:
            UsageError: It does; `-d` is what was meant.
        """
        if self.template.fields:
            return  # what they are filled with is not known yet, and the disk refuses it in time
        folder = self.path(self.template.fill({}))
        if os.path.isdir(folder):
            raise UsageError(
                f"--output {self.template.text} names an existing folder",
                hint=f"to save into it: -d {SHELL.quote(folder)}",
            )


class Target(NamedTuple):
    """One result of a task and its place on the disk."""

    task: Task
    label: str | None
    """The user's own name for the task."""
    n: int
    """The result's place among those of its task, from 1."""
    url: str | None
    """Where it is, or None when the task's own answer holds it."""
    path: str
    """As printed; without an extension where only the host can tell that."""
    path_known: bool
    """Whether the path is the final one: nothing of it is left for the host to tell."""
    name_is_unique: bool
    """Whether a file under that name can only be this result."""
    values: Mapping[str, str | None]
    """What the template is filled with."""

    @property
    def task_id(self) -> str:
        """The id of its task."""
        return self.task.task_id

    @property
    def completed_at(self) -> float | None:
        """When the task finished, in seconds since 1970."""
        return self.task.completed_at

    @property
    def inline_result(self) -> Any:
        """What the task's own answer holds: a JSON value, or text; None for a file on a host."""
        return self.task.inline_result if self.url is None else None

    @property
    def expected_extension(self) -> str | None:
        """The extension that the URL promises, or None."""
        return self.values["ext"]

    @property
    def name(self) -> str:
        """What people call its task."""
        return self.label or self.task_id


class SavedFile(NamedTuple):
    """What became of a target, saved or not: one entry of `files` in the JSON output."""

    n: int
    url: str | None
    path: str
    bytes: int | None
    sha256: str | None
    content_type: str | None
    status: str
    """`saved`, `kept` (it was there), `failed`, or `planned` (`--dry-run`)."""
    resumed: int
    """Bytes taken over from an earlier run."""
    error: KieError | None

    @classmethod
    def planned(cls, target: Target) -> "SavedFile":
        """Return the entry of a target that would be saved (`--dry-run`)."""
        return cls(target.n, target.url, target.path, None, None, None, "planned", 0, None)

    @classmethod
    def saved(
        cls,
        target: Target,
        path: str,
        size: int,
        sha256: str | None,
        content_type: str | None,
        resumed: int = 0,
    ) -> "SavedFile":
        """Return the entry of a target that was fetched and saved."""
        return cls(target.n, target.url, path, size, sha256, content_type, "saved", resumed, None)

    @classmethod
    def kept(cls, target: Target, path: str, size: int, sha256: str | None) -> "SavedFile":
        """Return the entry of a target whose file was there already."""
        return cls(target.n, target.url, path, size, sha256, None, "kept", 0, None)

    @classmethod
    def failed(cls, target: Target, error: KieError) -> "SavedFile":
        """Return the entry of a target that could not be saved."""
        return cls(target.n, target.url, target.path, None, None, None, "failed", 0, error)


def plan(task: Task, options: SaveOptions, label: str | None = None) -> list[Target]:
    """Return what a succeeded task has to save, in the order of its results.

    Args:
        task: The task.
        options: How to save.
        label: The user's own name for the task, if it has one.

    Raises:
        SaveError: It has nothing at all to save.
    """
    found: list[tuple[int, str | None, str, str]] = [
        (result.n, result.url, *split_url_name(result.url)) for result in task.results
    ]
    if not found and task.inline_result is not None:
        found = [(1, None, "", "json")]
    if not found:
        raise SaveError("the task succeeded, but Kie lists nothing to save", rerun_helps=False)
    template = options.template
    common = task_values(task, label, template.fields)
    is_unique = template.is_unique_per_result(
        several_results=len(task.results) > 1, has_label=label is not None
    )
    targets = []
    for n, url, url_name, extension in found:
        values = {**common, "n": str(n), "name": url_name, "ext": extension or None}
        # A URL without an extension may be anything: the host tells, with the body's type.
        is_known = bool(extension) or "ext" not in template.fields
        name = template.fill(values) if is_known else template.fill_stem(values)
        targets.append(
            Target(
                task=task,
                label=label,
                n=n,
                url=url,
                path=options.path(name),
                path_known=is_known,
                # `a:b` and `a-b` are one name, and a long id may have been shortened.
                name_is_unique=is_unique and task.task_id in name,
                values=values,
            )
        )
    return targets


def final_path(
    target: Target, options: SaveOptions, content_type: str | None, head: Callable[[], bytes]
) -> str:
    """Return the path that a complete file gets.

    Args:
        target: The result.
        options: How to save.
        content_type: The type that the host gave, or None.
        head: Returns its first bytes; called where the path is not known yet.
    """
    if target.path_known:
        return target.path
    # The same values as in the plan, so that only the extension is new.
    values = {**target.values, "ext": extension_for(content_type, head())}
    return options.path(options.template.fill(values))


def metadata_path(path: str) -> str:
    """Return the path of the metadata of a file."""
    return f"{path}.json"


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
