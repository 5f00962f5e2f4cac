"""The list of tasks that need not be asked about again: `--archive FILE`."""

import os
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from errno import EISDIR
from pathlib import Path

from kiecli.clock import Clock, iso_timestamp
from kiecli.download.disk_checks import check_can_append
from kiecli.download.disk_errors import disk_hint, disk_reason
from kiecli.errors import SaveError, UsageError
from kiecli.system.disk_interface import Disk
from kiecli.system.path_syntax import PathSyntax
from kiecli.system.syntax import PATHS
from kiecli.system.system_disk import SYSTEM_DISK

SAVED, FAILED = "saved", "failed"
"""What the second word of a line says of a task."""

_UTF16_MARKS = (BOM_UTF16_LE, BOM_UTF16_BE)
_LOCK_PAUSE = 0.05  # seconds between two attempts to get the lock
# Another kiecli holds it for the time of one write. Whoever holds it for longer is stuck.
_MAX_LOCK_WAIT = 10.0  # seconds


class ArchiveLocked(OSError):
    """Another process does not release its lock on the file."""


class Archive:
    """A file with a line for each task: its id, how it came out, and when that was written.

    Several kiecli may append to it at once.

    Attributes:
        path: Relative to the working folder.
    """

    def __init__(
        self, path: str, clock: Clock, disk: Disk = SYSTEM_DISK, syntax: PathSyntax = PATHS
    ) -> None:
        """Name the file; a missing one is made by the first line.

        Args:
            path: Relative to the working folder.
            clock: For the time in a line, and for waiting.
            disk: Where it is.
            syntax: How the system reads paths.

        Raises:
            UsageError: No file can have that name.
        """
        if not path:
            raise UsageError("--archive is empty", hint="give the name of a file")
        if problem := syntax.problem(path):
            raise UsageError(f"--archive {path}: {problem}", hint="give another name")
        self.path = path
        self._clock = clock
        self._disk = disk

    def read(self) -> dict[str, str]:
        """Return the listed ids, each with the second word of its line, or nothing.

        Raises:
            UsageError: The file cannot be read, or is not UTF-8.
        """
        try:
            data = _content(Path(self.path))
        except FileNotFoundError:
            return {}
        except OSError as error:
            # Windows calls every folder one that may not be read.
            found = IsADirectoryError(EISDIR, "") if os.path.isdir(self.path) else error
            raise UsageError(
                f"--archive {self.path} cannot be read: {disk_reason(found)}"
            ) from error
        # UTF-16, as old PowerShells write it, has a NUL in each line; UTF-8 that is appended to it
        # would be read by nobody.
        if b"\0" in data or data.startswith(_UTF16_MARKS):
            raise UsageError(
                f"--archive {self.path} cannot be read: it is not UTF-8 but probably UTF-16",
                hint="convert it to UTF-8, or give another file",
            )
        return parse(data.decode("utf-8-sig", errors="replace"))

    def check_writable(self) -> None:
        """Find out whether lines can be added, without making the file.

        Raises:
            UsageError: They cannot.
        """
        try:
            check_can_append(self.path)
        except OSError as error:
            raise UsageError(
                f"--archive {self.path} cannot be written: {disk_reason(error)}"
            ) from error

    def add(self, task_id: str, outcome: str) -> None:
        """Add a task.

        Args:
            task_id: Its id.
            outcome: `saved` or `failed`.

        Raises:
            SaveError: The line cannot be written.
        """
        line = f"{task_id}\t{outcome}\t{iso_timestamp(self._clock.wall())}\n"
        try:
            self._disk.append_line(self.path, line.encode(), self._waiter())
        except OSError as error:
            raise SaveError(
                f"could not add {task_id} to {self.path}: {disk_reason(error)}",
                hint=disk_hint(error, "give another file with --archive"),
            ) from error

    def _waiter(self) -> Callable[[], None]:
        until = self._clock.now() + _MAX_LOCK_WAIT

        def wait() -> None:
            if self._clock.now() >= until:
                raise ArchiveLocked(0, "another program holds its lock")
            self._clock.sleep(_LOCK_PAUSE)

        return wait


def _content(path: Path) -> bytes:
    if path.is_char_device():
        return b""  # such as /dev/null, and /dev/full never ends
    if path.is_fifo():  # reading may never end, and of `<(...)` what is added would be lost
        raise OSError(0, "it is not a regular file")
    return path.read_bytes()


def parse(text: str) -> dict[str, str]:
    """Return the ids that stand first in the lines of an archive, each with its second word.

    Lists that were written by hand may hold ids alone, blank lines and comments.
    """
    listed: dict[str, str] = {}
    for line in text.splitlines():
        fields = line.split(maxsplit=2)
        if fields and not fields[0].startswith("#"):
            listed[fields[0]] = fields[1] if len(fields) > 1 else ""
    return listed
