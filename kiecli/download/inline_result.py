"""Encodes a result that is part of the task's record, for a file or for a stream."""

import json
from typing import Any

CONTENT_TYPE = "application/json"
"""What `files[]` says of such a file."""


def as_file(value: Any) -> bytes:
    """Return a JSON value as the bytes of a file, laid out for people."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    # Half a surrogate pair has no UTF-8; its escape is what JSON calls it, so it stays whole.
    return f"{text}\n".encode(errors="backslashreplace")


def as_text(inline_result: Any) -> bytes:
    """Return the result for a reader: a text as it is, anything else as JSON."""
    if isinstance(inline_result, str):
        return inline_result.removesuffix("\n").encode(errors="replace") + b"\n"
    return as_file(inline_result)
