"""Results that are no files: an object or a text in the task's own answer."""

import json
from typing import Any


def as_file(document: Any) -> bytes:
    """Return a document as a JSON file."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    # Half a surrogate pair has no UTF-8; its escape is what JSON calls it, so it stays whole.
    return f"{text}\n".encode(errors="backslashreplace")


def as_text(document: Any) -> bytes:
    """Return a document for a reader: a text as it is, anything else as JSON."""
    if isinstance(document, str):
        return document.removesuffix("\n").encode(errors="replace") + b"\n"
    return as_file(document)
