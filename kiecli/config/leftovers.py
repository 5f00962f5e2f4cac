"""The temporary file that becomes the config file, and removing those that a kill left."""

import os
import re
from pathlib import Path


def temporary_path(target: Path) -> Path:
    """Return a new path beside the config file, for what is to replace it."""
    # Random: nobody can put a link there beforehand, and two processes never meet.
    return target.with_name(f".{target.name}.{os.urandom(6).hex()}")


def remove_leftovers(target: Path) -> None:
    """Remove what killed runs left: its content may be a key.

    Only the holder of the lock may, as nobody else is using one then.

    Raises:
        OSError: The folder cannot be read, or a file in it cannot be removed.
    """
    for place in target.parent.iterdir():
        if re.fullmatch(rf"\.{re.escape(target.name)}\.[0-9a-f]{{12}}", place.name):
            place.unlink(missing_ok=True)
