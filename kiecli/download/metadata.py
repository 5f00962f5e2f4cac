"""The metadata file beside a result: what was requested, what it cost, which file it became.

It also proves later, when the link has died, whose file the one beside it is.
"""

import json
import os
from typing import Any

from kiecli.clock import iso_timestamp
from kiecli.download.inline_result import as_file
from kiecli.download.plan import SavedFile, Target, metadata_path

# Bytes that are read: parameters may hold pictures in base64, but no metadata file is so long.
_MAX_SIZE = 64 * 1024 * 1024


def encode(target: Target, saved: SavedFile) -> bytes:
    """Return the metadata of a file, as JSON for people and programs.

    Args:
        target: The result.
        saved: The file that it became, with its SHA-256.
    """
    task = target.task
    record = {
        "label": target.label,
        "task_id": task.task_id,
        "n": target.n,
        "url": target.url,
        "model": task.model,
        "prompt": task.prompt,
        "params": task.params,
        "credits": task.credits,
        "created_at": iso_timestamp(task.created_at),
        "completed_at": iso_timestamp(task.completed_at),
        "duration_s": task.duration,
        "path": saved.path,
        "bytes": saved.bytes,
        "sha256": saved.sha256,
        "content_type": saved.content_type,
        "object": task.inline_result,
    }
    return as_file(record)


def read(path: str, target: Target) -> dict[str, Any] | None:
    """Return the metadata at a path if it is of a target, else None.

    Raises:
        OSError: It cannot be read.
    """
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        data = file.read(_MAX_SIZE)
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return None
    is_ours = isinstance(record, dict) and (
        (record.get("task_id"), record.get("n")) == (target.task_id, target.n)
    )
    return record if is_ours else None


def proves(path: str, size: int | None, target: Target) -> bool:
    """Whether the metadata beside a file says that it is the target, with this many bytes.

    Raises:
        OSError: It cannot be read.
    """
    record = read(metadata_path(path), target)
    return record is not None and record.get("bytes") == size
