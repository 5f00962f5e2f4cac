"""What is to be saved and where: planned before the first byte."""

import os
from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple

from kiecli.api.models import Task
from kiecli.errors import KieError, SaveError, UsageError
from kiecli.files.template import Template, candidates, split_url_name, values_for


class SaveOptions(NamedTuple):
    """How the user wants results to be saved."""

    directory: str
    """The folder as typed, `~` expanded."""
    template: Template
    overwrite: bool = False
    """Fetch anew whatever is there."""
    checksum: bool = False
    """Whether a SHA-256 of each file is wanted."""

    def path(self, name: str) -> str:
        """Return the path that is printed: the folder as typed and the name, no `./`."""
        return name if self.directory in ("", ".") else os.path.join(self.directory, name)

    def check_folder(self) -> None:
        """Refuse a template that names a folder which is there.

        Raises:
            UsageError: It does; `-d` is what was meant.
        """
        folder = self.path(self.template.fill({}))
        if not self.template.words and os.path.isdir(folder):
            raise UsageError(
                f"--output {self.template.text} names an existing folder",
                hint=f"give the folder with -d {folder}",
            )


class Target(NamedTuple):
    """One result of a task and its place on the disk."""

    task_id: str
    n: int
    url: str | None
    """Where it is, or None when the task's own answer holds it."""
    inline_result: Any
    """What that answer holds: a JSON value, or text."""
    path: str
    """As printed; without an extension where only the host can tell that."""
    path_known: bool
    name_is_unique: bool
    """Whether a file under that name can only be this result."""
    completed_at: float | None
    """When the task finished, in seconds since 1970."""
    values: Mapping[str, str | None]
    """What the template is filled with."""

    @property
    def expected_extension(self) -> str | None:
        """The extension that the URL promises, or None."""
        return self.values["ext"]


class SavedFile(NamedTuple):
    """How a target ended: one entry of `files[]`."""

    n: int
    url: str | None
    path: str
    bytes: int | None
    sha256: str | None
    content_type: str | None
    status: str
    """`saved`, `kept` (it was there) or `failed`."""
    resumed: int
    """Bytes taken over from an earlier run."""
    error: KieError | None

    @classmethod
    def planned(cls, target: Target) -> "SavedFile":
        """Return a target that is only talked about (`--dry-run`)."""
        return cls(target.n, target.url, target.path, None, None, None, "planned", 0, None)

    @classmethod
    def failed(cls, target: Target, error: KieError) -> "SavedFile":
        """Return how a target ended that is not there."""
        return cls(target.n, target.url, target.path, None, None, None, "failed", 0, error)


class NameReservations:
    """The names that are taken in a run: no two results may have the same."""

    def __init__(self) -> None:
        """Begin with none."""
        self._taken: dict[tuple[str, str], Target] = {}

    def add(self, targets: list[Target]) -> None:
        """Take the names of one task's targets, all of them or none.

        Raises:
            UsageError: One is taken.
        """
        taken = ChainMap({}, self._taken)
        for target in targets:
            _claim(target, taken)
        self._taken.update(taken.maps[0])


def plan(
    task: Task, options: SaveOptions, reservations: NameReservations | None = None
) -> list[Target]:
    """Return what a succeeded task has to save, in the order of its results.

    Args:
        task: The task.
        options: How to save.
        reservations: The names that the run's other tasks have taken.

    Raises:
        SaveError: It has nothing at all to save.
        UsageError: Two results would have one name, or a name is an existing folder.
    """
    options.check_folder()
    targets = list(_targets(task, options))
    if not targets:
        raise SaveError(f"task {task.task_id} succeeded, but Kie lists nothing to save")
    (reservations or NameReservations()).add(targets)
    return targets


def _targets(task: Task, options: SaveOptions) -> Iterator[Target]:
    for result in task.results:
        extension = split_url_name(result.url)[1] or None
        yield _target(task, result.n, result.url, extension, options)
    if not task.results and task.inline_result is not None:
        yield _target(task, 1, None, "json", options)


def _target(
    task: Task, n: int, url: str | None, extension: str | None, options: SaveOptions
) -> Target:
    template = options.template
    known = extension is not None or "ext" not in template.words
    values = values_for(task, n, url, extension)
    return Target(
        task_id=task.task_id,
        n=n,
        url=url,
        inline_result=task.inline_result if url is None else None,
        path=options.path(template.fill(values) if known else template.fill_stem(values)),
        path_known=known,
        name_is_unique=template.is_unique_per_result(several_results=len(task.results) > 1),
        completed_at=task.completed_at,
        values=values,
    )


def _claim(target: Target, taken: MutableMapping[tuple[str, str], Target]) -> None:
    path, stem = target.path, _stem(target.path)
    own = {("path", path), ("stem", stem)} | (set() if target.path_known else {("open", path)})
    # A name without its extension may become any name that is it and an extension.
    others = [("path", path), ("open", stem), *([] if target.path_known else [("stem", path)])]
    for other in filter(None, map(taken.get, others)):
        raise _both(other, target)
    for name in own:
        taken.setdefault(name, target)


def _both(one: Target, other: Target) -> UsageError:
    if one.task_id == other.task_id:
        who, hint = f"results {one.n} and {other.n} of task {one.task_id}", "put {n} into --output"
    else:
        # `a:b` and `a-b` are the same once they are safe in a file's name.
        who = f"results of the tasks {one.task_id} and {other.task_id}"
        hint = "save each with a line and a folder of its own"
    return UsageError(f"{who} would both be saved as {other.path}", hint=hint)


def _stem(path: str) -> str:
    """Return a path without its extension, empty when it has none."""
    stem = path.rpartition(".")[0]
    return stem if candidates(stem, [path]) else ""
