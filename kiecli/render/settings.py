"""Settings as lines and as JSON: nothing here ever holds the whole key."""

from collections.abc import Iterable
from typing import Any

from kiecli.render.words import clean
from kiecli.settings import Entry

_HEADER = ("NAME", "VALUE", "SOURCE", "HIDES")


def table(entries: Iterable[Entry]) -> list[str]:
    """Return a header and a line for each setting, in columns, for people."""
    rows = [_HEADER, *map(_cells, entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def fields(entries: Iterable[Entry]) -> list[str]:
    """Return tab-separated name, value, source and what is hidden, for programs."""
    return ["\t".join(_cells(entry)) for entry in entries]


def _cells(entry: Entry) -> tuple[str, str, str, str]:
    hidden = ", ".join(f"{value.source} {value.shown}" for value in entry.hidden)
    if entry.value is None:
        return entry.setting.name, "", "", hidden
    return entry.setting.name, clean(entry.value.shown), entry.value.source, clean(hidden)


def record(entry: Entry) -> dict[str, Any]:
    """Return the fields of a setting's JSON object."""
    value = entry.value
    return {
        "name": entry.setting.name,
        "value": None if value is None else value.shown,
        "source": None if value is None else value.source,
        "hides": [{"source": other.source, "value": other.shown} for other in entry.hidden],
    }
