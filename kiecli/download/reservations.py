"""Which names the results of a run will have, so that no two of them write one file."""

from collections.abc import Iterable, Iterator

from kiecli.download.metadata import metadata_path
from kiecli.download.plan import Target
from kiecli.errors import UsageError
from kiecli.files.sanitize import fold_path
from kiecli.files.template import Template, split_extension
from kiecli.system.syntax import SHELL

# What a target claims of a path: the path itself, the path and some extension, or the path and any
# extension, since only the host can tell which.
_FILE, _STEM, _ANY = "file", "stem", "any"
_Key = tuple[str, str]


class NameReservations:
    """The names that are taken in a run.

    | path of the target       | reserves             | must not meet       |
    |--------------------------|----------------------|---------------------|
    | known, as `a.png`        | FILE a.png, STEM a   | FILE a.png, ANY a   |
    | known but for its ending | ANY a                | ANY a, STEM a       |

    What is written beside a target (its part, what is known of the part, its metadata) counts as a
    known path. Paths are compared as `fold_path` returns them: APFS, exFAT and NTFS take `A.png`
    and `a.png` for one file.
    """

    def __init__(self, template: Template, *, with_metadata: bool = False) -> None:
        """Begin with none.

        Args:
            template: What names the files, for the advice how to tell them apart.
            with_metadata: Whether metadata is written beside each file.
        """
        self._template = template
        self._with_metadata = with_metadata
        self._owners: dict[_Key, Target] = {}

    def add(self, targets: Iterable[Target]) -> None:
        """Take the names of one task's targets, all of them or none.

        Raises:
            UsageError: Two of these targets, or one of them and an earlier one, are one file.
        """
        owners: dict[_Key, Target] = {}
        for target in targets:
            reserved, conflicts = _keys(target, self._known_paths(target))
            for key in conflicts:
                other = owners.get(key) or self._owners.get(key)
                if other is not None:
                    raise self._same_file(other, target)
            owners.update(dict.fromkeys(reserved, target))
        self._owners.update(owners)

    def _known_paths(self, target: Target) -> list[str]:
        """Return every path that saving a target may write and that is known beforehand."""
        part, path = f"{target.path}.part", target.path
        paths = [*([path] if target.path_known else []), part, f"{part}.json"]
        if self._with_metadata and target.path_known:
            beside = metadata_path(path)
            paths += [beside, f"{beside}.part"]
        return [fold_path(each) for each in paths]

    def _same_file(self, one: Target, other: Target) -> UsageError:
        if one.task_id == other.task_id:
            who = f"results {one.n} and {other.n}"
            hint = f"add {{n}}, as in: -o {SHELL.quote(self._template.with_field('n'))}"
        else:
            # `a:b` and `a-b` are the same once they are safe in a file's name.
            who = f"results of the tasks {one.name} and {other.name}"
            hint = "save each into a folder of its own, with -d"
        if one.path == other.path:
            return UsageError(f"{who} would both be {other.path}", hint=hint)
        paths = f"{one.path} and {other.path}, which can be one file"
        return UsageError(f"{who} would be {paths}", hint=hint)


def _keys(target: Target, known: Iterable[str]) -> tuple[list[_Key], list[_Key]]:
    """Return what a target reserved, and what no other target may have claimed.

    Args:
        target: The result.
        known: Every path that saving it may write, as far as it is known.
    """
    reserved: list[_Key] = []
    conflicts: list[_Key] = []
    for path in known:
        reserved.append((_FILE, path))
        conflicts.append((_FILE, path))
        for stem in _stems(path):
            reserved.append((_STEM, stem))
            conflicts.append((_ANY, stem))
    if not target.path_known:
        path = fold_path(target.path)
        reserved.append((_ANY, path))
        conflicts += [(_ANY, path), (_STEM, path)]
    return reserved, conflicts


def _stems(name: str) -> Iterator[str]:
    """Yield a path without its extension, and without a second one before `.json`.

    The metadata of a target that is still without its extension has both.
    """
    stem, extension = split_extension(name)
    yield stem
    if extension == "json":
        yield split_extension(stem)[0]
