"""Settings as lines and as JSON: nothing here ever holds the whole key."""

from collections.abc import Iterable
from typing import Any

from kiecli.config.settings import Entry
from kiecli.render.text import sanitize

_HEADER = ("NAME", "VALUE", "SOURCE", "HIDES")


def table(entries: Iterable[Entry], width: int) -> list[str]:
    """Return a header and a line for each setting, in columns, for people.

    Where the lines would not fit into that many columns, each setting gets a paragraph.
    """
    rows = [_HEADER, *map(_cells, entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(room) for cell, room in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if max(map(len, lines)) <= width:
        return lines
    return [line for row in rows[1:] for line in _paragraph(*row)]


def _paragraph(name: str, value: str, source: str, overridden: str) -> list[str]:
    facts = (value, source, f"hides {overridden}" if overridden else "")
    return [name, *(f"  {fact}" for fact in facts if fact)]


def fields(entries: Iterable[Entry]) -> list[str]:
    """Return tab-separated name, value, source and what is hidden, for programs."""
    return ["\t".join(_cells(entry)) for entry in entries]


def _cells(entry: Entry) -> tuple[str, str, str, str]:
    overridden = ", ".join(f"{value.source} {value.shown}" for value in entry.overridden)
    if entry.value is None:
        return entry.setting.name, "", "", overridden
    return entry.setting.name, sanitize(entry.value.shown), entry.value.source, sanitize(overridden)


def record(entry: Entry) -> dict[str, Any]:
    """Return the fields of a setting's JSON object."""
    value = entry.value
    return {
        "name": entry.setting.name,
        "value": None if value is None else value.shown,
        "source": None if value is None else value.source,
        "hides": [{"source": other.source, "value": other.shown} for other in entry.overridden],
    }
