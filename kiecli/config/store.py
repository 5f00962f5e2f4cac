"""The file that keeps settings: read with care, replaced whole, never damaged."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kiecli.errors import ConfigError

# Settings fill some hundred bytes; what is longer is something else, a device for one.
_LARGEST = 1 << 20


class ConfigStore:
    """A JSON object in a file that only its owner may read.

    Attributes:
        path: Where the file is, or would be. A link there is followed and stays.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any]:
        """Return what the file holds; a missing or an empty file holds nothing.

        Raises:
            ConfigError: It cannot be read, or is no JSON object in UTF-8.
        """
        try:
            content = _content(_target(self.path))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unusable("read", error) from error
        if len(content) > _LARGEST:
            raise self._broken("larger than any configuration")
        return self._parsed(content) if content.strip() else {}

    def set(self, name: str, text: str) -> None:
        """Keep a value; everything else in the file stays.

        Raises:
            ConfigError: The file is broken, or cannot be written.
        """
        self._write({**self.read(), name: text})

    def remove(self, name: str) -> bool:
        """Forget a value; return whether there was one.

        Raises:
            ConfigError: The file is broken, or cannot be written.
        """
        values = self.read()
        if name not in values:
            return False
        del values[name]
        self._write(values)
        return True

    def is_exposed(self) -> bool:
        """Whether others than its owner may do anything with the file."""
        try:
            mode = self.path.stat().st_mode
        except OSError:
            return False
        return stat.S_ISREG(mode) and bool(mode & 0o077)

    def _parsed(self, content: bytes) -> dict[str, Any]:
        from kiecli import safe_json

        try:
            values = safe_json.parse(content)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise self._broken(f"not UTF-8 in line {line}") from error
        except ValueError as error:
            raise self._broken(_reason(error)) from error
        if not isinstance(values, dict):
            raise self._broken("not a JSON object")
        return values

    def _write(self, values: Mapping[str, Any]) -> None:
        import json

        # Escapes keep file names whole that are not UTF-8.
        content = json.dumps(values, indent=2).encode() + b"\n"
        try:
            target = _target(self.path)
            if target.exists() and not target.is_file():
                raise self._broken("not a regular file")
            _make_folder(target.parent)
            _replace(target, content)
        except OSError as error:
            raise self._unusable("write", error) from error

    def _broken(self, reason: str) -> ConfigError:
        return ConfigError(
            f"the config file {self.path} is broken: {reason}",
            hint="correct or remove it; it was left as it is",
        )

    def _unusable(self, verb: str, error: OSError) -> ConfigError:
        return ConfigError(
            f"cannot {verb} the config file {self.path}: {error.strerror}",
            hint="correct that, or name another file with KIECLI_CONFIG",
        )


def _reason(error: ValueError) -> str:
    """Return what is wrong and in which line, as far as the parser tells."""
    line = getattr(error, "lineno", None)
    said = getattr(error, "msg", str(error))
    return said if line is None else f"{said} in line {line}"


def _target(path: Path) -> Path:
    """Return where the content is: what a link in the file's place leads to."""
    if not path.is_symlink():
        return path
    try:
        return Path(os.path.realpath(path, strict=True))
    except FileNotFoundError:
        # Not a missing file: whoever made the link meant something.
        raise OSError(0, "it is a link that leads nowhere") from None


def _content(path: Path) -> bytes:
    # Without O_NONBLOCK a named pipe in the file's place would hold us for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(descriptor, _LARGEST + 1)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    """Make what is missing of it, for its owner only, whatever the umask says."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(0o700, exist_ok=True)
        place.chmod(0o700)


def _replace(target: Path, content: bytes) -> None:
    """Put the content there in one step: the old file or the new one, never a half."""
    fresh = target.with_name(f".{target.name}.{os.urandom(6).hex()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError:  # pragma: no cover - file systems that cannot flush a folder
        pass
    finally:
        os.close(descriptor)
