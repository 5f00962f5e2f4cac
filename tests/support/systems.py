"""Marks for tests of what only some systems have, with the reason, and limits of a process."""

import os
import socket
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

WINDOWS = sys.platform == "win32"


def native(path: str) -> str:
    """Return a path with the slashes that this system prints."""
    return path.replace("/", os.sep)


def _posix_only(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(WINDOWS, reason=f"Windows has no {reason}")


needs_modes = _posix_only("file modes")
needs_named_pipes = _posix_only("named pipes among its files")
needs_process_limits = _posix_only("limits of a process on the size and number of files")
needs_proc = _posix_only("/proc")
needs_pty = _posix_only("pseudo-terminals that Python can open")
needs_posix_signals = _posix_only("signals that end a process by themselves")
needs_unlinking_open_files = _posix_only("names that can be taken from an open file")
needs_devices = _posix_only("devices that can be appended to")
needs_root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root can make a file somebody else's"
)


def _has_links() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "link"
        try:
            link.symlink_to("nowhere")
        except OSError:
            return False
        return link.is_symlink()  # wine makes none, and says nothing


needs_bytes_as_names = _posix_only("names of bytes: all of Unicode is a name, halves of pairs too")
needs_exact_path_errors = _posix_only("error of its own for a file where a folder should be")
needs_home_folders_of_others = _posix_only("list of other users' home folders")
needs_links = pytest.mark.skipif(
    not _has_links(), reason="Windows lets not everybody make symbolic links, wine nobody"
)


def _tells_resets() -> bool:
    """Return whether a reset connection is told from one that was closed."""
    linger = struct.pack("hh" if WINDOWS else "ii", 1, 0)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
    ):
        accepted, _ = server.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        accepted.close()
        try:
            client.recv(1)
        except ConnectionError:
            return True
    return False


needs_resets = pytest.mark.skipif(
    WINDOWS and not _tells_resets(), reason="under wine a reset connection has simply ended"
)


def make_named_pipe(path: Path) -> None:
    """Make one, for a test that `needs_named_pipes`."""
    if sys.platform != "win32":
        os.mkfifo(path)


def make_socket(path: Path) -> None:
    """Make one that nobody listens on, for a test that `needs_named_pipes`."""
    if sys.platform != "win32":
        with socket.socket(socket.AF_UNIX) as unbound:
            unbound.bind(str(path))


def open_terminal() -> tuple[int, int]:
    """Return both ends of a new terminal, for a test that `needs_pty`."""
    if sys.platform == "win32":
        raise NotImplementedError
    return os.openpty()


@contextmanager
def limit(name: str, value: int) -> Iterator[None]:
    """Limit what this process may use.

    Args:
        name: Of the limit: `FSIZE` bytes of a file, `NOFILE` open files.
        value: The limit.
    """
    import resource

    if sys.platform == "win32":  # for the types: tests that come here are skipped there
        return
    number: int = getattr(resource, f"RLIMIT_{name}")
    soft, hard = resource.getrlimit(number)
    resource.setrlimit(number, (value, hard))
    try:
        yield
    finally:
        resource.setrlimit(number, (soft, hard))
