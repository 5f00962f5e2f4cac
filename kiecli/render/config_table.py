"""Settings in columns, as tab-separated lines and as JSON; the API key comes masked. Pure."""

from collections.abc import Iterable
from typing import Any

from kiecli.config.listing import Entry
from kiecli.safe_text import sanitize

_HEADER = ("NAME", "VALUE", "SOURCE", "OVERRIDES")


def table(entries: Iterable[Entry], width: int) -> list[str]:
    """Return a header and a line for each setting, or paragraphs where lines would not fit.

    Args:
        entries: The settings.
        width: Columns of the terminal.
    """
    cells = [_cells(entry, unset="(not set)") for entry in entries]
    columns = [*zip(_HEADER, *cells, strict=True)]
    # Most people override nothing: a column of nothing is left out.
    if not any(columns[-1][1:]):
        columns.pop()
    widths = [max(map(len, column)) for column in columns]
    lines = [
        "  ".join(cell.ljust(room) for cell, room in zip(row, widths, strict=True)).rstrip()
        for row in zip(*columns, strict=True)
    ]
    if max(map(len, lines)) <= width:
        return lines
    return [line for row in cells for line in _paragraph(*row)]


def _paragraph(name: str, value: str, source: str, overridden: str) -> list[str]:
    facts = (value, source, f"overrides {overridden}" if overridden else "")
    return [name, *(f"  {fact}" for fact in facts if fact)]


def fields(entries: Iterable[Entry]) -> list[str]:
    """Return tab-separated name, value, source and what is overridden, for programs."""
    return ["\t".join(_cells(entry)) for entry in entries]


def _cells(entry: Entry, unset: str = "") -> tuple[str, str, str, str]:
    """Return the cells of a setting's row; `unset` stands for the value that it has not."""
    overridden = ", ".join(f"{value.source} {value.shown}" for value in entry.overridden)
    if entry.value is None:
        return entry.setting.name, unset, "", overridden
    return entry.setting.name, sanitize(entry.value.shown), entry.value.source, sanitize(overridden)


def record(entry: Entry) -> dict[str, Any]:
    """Return the fields of a setting's JSON object."""
    value = entry.value
    return {
        "name": entry.setting.name,
        "value": None if value is None else value.shown,
        "source": None if value is None else value.source,
        # Once called so: fields are only ever added.
        "hides": [{"source": other.source, "value": other.shown} for other in entry.overridden],
    }
