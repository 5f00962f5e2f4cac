"""Marks for tests of what only some systems have, with the reason, and limits of a process."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

WINDOWS = sys.platform == "win32"


def _posix_only(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(WINDOWS, reason=f"Windows has no {reason}")


needs_modes = _posix_only("file modes")
needs_named_pipes = _posix_only("named pipes among its files")
needs_process_limits = _posix_only("limits of a process on the size and number of files")
needs_proc = _posix_only("/proc")
needs_pty = _posix_only("pseudo-terminals that Python can open")
needs_posix_signals = _posix_only("signals that end a process by themselves")
needs_unlinking_open_files = _posix_only("names that can be taken from an open file")
needs_openssl = _posix_only("openssl command of its own")
needs_root = pytest.mark.skipif(
    WINDOWS or os.geteuid() != 0, reason="only root can make a file somebody else's"
)


def _has_links() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "link"
        try:
            link.symlink_to("nowhere")
        except OSError:
            return False
        return link.is_symlink()  # wine makes none, and says nothing


needs_links = pytest.mark.skipif(
    not _has_links(), reason="Windows lets not everybody make symbolic links, wine nobody"
)


@contextmanager
def limit(name: str, value: int) -> Iterator[None]:
    """Limit what this process may use.

    Args:
        name: Of the limit: `FSIZE` bytes of a file, `NOFILE` open files.
        value: The limit.
    """
    import resource

    number: int = getattr(resource, f"RLIMIT_{name}")
    soft, hard = resource.getrlimit(number)
    resource.setrlimit(number, (value, hard))
    try:
        yield
    finally:
        resource.setrlimit(number, (soft, hard))
