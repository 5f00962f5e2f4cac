"""What is to be saved and where: planned before the first byte."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from kiecli.api.models import Task
from kiecli.errors import KieError, SaveError, UsageError
from kiecli.files.template import Template, split_url_name, task_values
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
    """How a target ended: one entry of `files[]`."""

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
