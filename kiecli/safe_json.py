"""Parses untrusted JSON: a value or a ValueError, never another exception."""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from functools import cache
from math import isfinite
from typing import Any

PairsHook = Callable[[list[tuple[str, Any]]], object]
"""What makes a value of an object's names and values, in their order."""

# Real answers nest three levels deep, six with their inner strings. Far below what Python's
# own encoder can write again, so what was read can always be shown.
_MAX_DEPTH = 64
# How URLs begin, as no JSON does: a result may list hundreds, and to fail takes a parser a while.
_NO_JSON = ("h", "H")
_SPACE = r"\s+"  # compiled at its first use, as `_STRING`: one value has none behind it
# Possessive, and the closing quote may be missing: one pass, whatever the text is.
_STRING = r'(?s)"(?:[^"\\]++|\\.)*+"?'


def parse(text: str | bytes, *, object_pairs_hook: PairsHook | None = None) -> Any:
    """Return the value that a JSON text holds; NaN and the infinities become null.

    Args:
        text: In UTF-8 where it is bytes, a byte order mark is allowed.
        object_pairs_hook: Makes each object from its names and values instead of `dict`.

    Raises:
        ValueError: It is no JSON, is nested too deeply, or holds a number too long to read.
    """
    if isinstance(text, bytes):
        # Not as "utf-8-sig": that codec is a module, whose import every run would pay for.
        text = text.removeprefix(BOM_UTF8).decode()
    if _depth_is_suspicious(text):
        raise ValueError("nested too deeply")
    decoder = _DECODER if object_pairs_hook is None else _decoder(object_pairs_hook)
    return decoder.decode(text)


def parse_all(text: str, *, object_pairs_hook: PairsHook | None = None) -> Iterator[Any]:
    """Yield the values of a text that holds one JSON value after the other.

    Args:
        text: Values, with white space between them or nothing.
        object_pairs_hook: Makes each object from its names and values instead of `dict`.

    Raises:
        ValueError: As `parse` does, at the value concerned.
    """
    if _depth_is_suspicious(text):
        raise ValueError("nested too deeply")
    text = text.strip()
    decoder = _DECODER if object_pairs_hook is None else _decoder(object_pairs_hook)
    at = 0
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        yield value
        gap = re.compile(_SPACE).match(text, end) if text[end : end + 1].isspace() else None
        at = gap.end() if gap else end


def decode_nested(value: object) -> object:
    """Return what a string of JSON holds; any other value as it is."""
    if not isinstance(value, str) or value[:1] in _NO_JSON:
        return value
    try:
        return parse(value)
    except ValueError:
        return value


def number(value: object) -> float | None:
    """Return a number, also one in a string; any other value is None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return _finite(value)
    except (ValueError, OverflowError):
        return None


def _depth_is_suspicious(text: str) -> bool:
    # Counting brackets costs microseconds; only a text with many is walked, without its strings:
    # a prompt may hold what it likes.
    if text.count("[") + text.count("{") <= _MAX_DEPTH:
        return False
    depth = 0
    for char in re.sub(_STRING, "", text):
        if char in "[{":
            depth += 1
            if depth > _MAX_DEPTH:
                return True
        elif char in "]}":
            depth -= 1
    return False


def _nothing(_name: str) -> None:
    return None


def _finite(value: str | float) -> float | None:
    number = float(value)
    return number if isfinite(number) else None


@cache
def _decoder(object_pairs_hook: PairsHook) -> json.JSONDecoder:
    return json.JSONDecoder(
        parse_constant=_nothing, parse_float=_finite, object_pairs_hook=object_pairs_hook
    )


# Made once: `json.loads` makes one for every text that it is given options for.
_DECODER = json.JSONDecoder(parse_constant=_nothing, parse_float=_finite)
