"""The ids in createTask's answer as YAML, or as PowerShell lays out objects: without brackets.

`taskId : …` on a line of its own (`yq`, `Format-List`), and tables with a line of dashes below the
names, which PowerShell makes of objects that are piped to another program. Pure, and one pass.
"""

import re
from collections.abc import Iterator

from kiecli.task_ids.damaged_json import damaged_task
from kiecli.task_ids.json_answers import ID_NAMES, OPAQUE_NAMES, RECORD_NAMES
from kiecli.task_ids.task_id import FoundTask

# Objects are separated by a line that is empty, `---`, or an item of the outermost list.
_BORDER = re.compile(r"\n(?=[ \t]*+\r?\n|---|- )")
_FIELD = re.compile(
    r"^(?P<indent>[ ]*+(?:-[ ]++)*+)(?P<name>[\w-]++)[ ]*+:(?:[ ]++(?P<value>[^\r\n]*+))?",
    re.MULTILINE,
)
_ID = re.compile(r"(?P<quote>[\"']?)(?P<id>[A-Za-z0-9][\w.:-]*+)(?P=quote)(?P<after>\u2026?)[ ]*+")
_DASHED_LINE = re.compile(r"[ ]*+-[ -]*+")
_DASHES = re.compile(r"-+")


def ids_in_fields(text: str, *, indented: bool) -> Iterator[FoundTask]:
    """Yield the tasks of `taskId : …` on lines of their own, without those of inputs.

    Args:
        text: Any text.
        indented: Whether lines that are indented count.
    """
    for part in _BORDER.split(text):
        yield from _ids_in_object(part, indented=indented)


def _ids_in_object(text: str, *, indented: bool) -> Iterator[FoundTask]:
    """Yield the tasks of the outermost fields that have ids."""
    tasks: list[FoundTask] = []
    task_indent = opaque_indent = -1
    is_record = False
    for field in _FIELD.finditer(text):
        indent, name = len(field["indent"]), field["name"]
        if 0 <= opaque_indent < indent or (indent and not indented):
            continue  # below an input, or not wanted
        opaque_indent = indent if name in OPAQUE_NAMES else -1
        is_record = is_record or name in RECORD_NAMES
        found = _ID.fullmatch(field["value"] or "") if name in ID_NAMES else None
        if found and (not tasks or indent == task_indent):
            task_indent = indent
            tasks.append(damaged_task(found["id"], name, found["after"] or " "))
    for task in tasks:
        yield task._replace(created=task.created and not is_record)


def ids_in_tables(text: str) -> Iterator[FoundTask]:
    """Yield the tasks of tables with a column of ids."""
    previous = ""
    columns: dict[str, slice] = {}
    for line in text.splitlines():
        if _DASHED_LINE.fullmatch(line):
            columns = _columns(previous, line)
        elif columns:
            columns = columns if line.strip() else {}
            yield from _ids_in_row(line, columns)
        previous = line


def _ids_in_row(line: str, columns: dict[str, slice]) -> Iterator[FoundTask]:
    for name in columns.keys() & ID_NAMES:
        for word in line[columns[name]].split()[:1]:
            task = damaged_task(word.rstrip("\u2026"), name, word[-1])
            yield task._replace(created=task.created and RECORD_NAMES.isdisjoint(columns))


def _columns(names: str, dashes: str) -> dict[str, slice]:
    """Return where the columns of a table stand, by their names."""
    starts = [column.start() for column in _DASHES.finditer(dashes)]
    places = [slice(start, end) for start, end in zip(starts, [*starts[1:], None], strict=True)]
    return {names[place].strip(): place for place in places}
